// JSON as one of several requests: what is taken is JSON to others too and comes back from its own
// JSON as it was; what is refused is told with a known reason.
#include "service/http/json.h"

#include "absl/strings/str_cat.h"
#include "scoring/error.h"
#include "tests/fuzz/fuzz.h"
#include <nlohmann/json.hpp>

namespace tiermark {
namespace {

using google::protobuf::Message;

void Feed(absl::string_view input) {
  static std::vector<Message*>& again = *new std::vector<Message*>;
  if (again.empty()) {
    for (const Message* request : SomeRequests()) again.push_back(request->New());
  }
  const size_t choice = TakeChoice(SomeRequests().size(), &input);
  Message* const request = SomeRequests()[choice];
  const absl::Status read = ParseJson(input, request);
  if (!read.ok()) {
    MUST(absl::IsInvalidArgument(read));
    const std::string reason = ReasonOf(read);
    MUST(reason == "INVALID_FIELDS" || reason == "MALFORMED_JSON");
    return;
  }
  MUST(nlohmann::json::accept(input.begin(), input.end()));
  std::string json;
  MUST(PrintJson(*request, &json).ok());
  MUST(ParseJson(json, again[choice]).ok());
  MUST(BytesOf(*again[choice]) == BytesOf(*request));
}

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds;
  for (const ChosenRequest& sample : SampleRequests()) {
    std::string json;
    MUST(PrintJson(*sample.request, &json).ok());
    seeds.push_back(absl::StrCat(sample.choice, json));
  }
  return seeds;
}

std::vector<std::string> Words() {
  std::vector<std::string> words = {"null", "true", "1e2", "\\\\u00e9", "\\\"", "\\\":", "{}"};
  for (const Message* request : SomeRequests()) {
    for (const std::string& name : NamesIn(*request->GetDescriptor())) {
      words.push_back(absl::StrCat("\\\"", name, "\\\""));
    }
  }
  return words;
}

}  // namespace

const Fuzzer kFuzzer = {Feed, 256, Seeds, Words};

}  // namespace tiermark
