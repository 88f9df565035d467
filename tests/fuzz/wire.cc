// Protobuf's bytes as one of several requests: what is taken comes back from its own bytes as it
// was, and what is refused is explained within bounds.
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "scoring/error.h"
#include "scoring/text.h"
#include "service/http/rpc_bytes.h"
#include "service/rpc_status.h"
#include "tests/fuzz/fuzz.h"

namespace tiermark {
namespace {

using google::protobuf::Message;

void Feed(absl::string_view input) {
  Message* const request = SomeRequests()[TakeChoice(SomeRequests().size(), &input)];
  const absl::Status read = ParseRpcMessage(false, input, request);
  if (!read.ok()) {
    MUST(absl::IsInvalidArgument(read));
    const std::string reason = ReasonOf(read);
    MUST(reason == "INVALID_FIELDS" || reason == "MALFORMED_MESSAGE");
    MUST(IsUtf8(read.message()));
    return;
  }
  const std::string bytes = BytesOf(*request);
  MUST(ParseRpcMessage(false, bytes, request).ok());
  MUST(BytesOf(*request) == bytes);
}

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds;
  for (const ChosenRequest& sample : SampleRequests()) {
    seeds.push_back(sample.choice + BytesOf(*sample.request));
  }
  return seeds;
}

}  // namespace

const Fuzzer kFuzzer = {Feed, 256, Seeds};

}  // namespace tiermark
