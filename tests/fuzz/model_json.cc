// Models in JSON: a fault has its place in the text, and a sound one comes back from its own.
#include "service/http/json.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/models.h"

namespace tiermark {
namespace {

void Feed(absl::string_view input) {
  CheckReading(
      input, [](absl::string_view text) { return ReadModelJson(text); }, ModelToJson);
}

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds;
  for (const v1::ScoringModel& model : SmallModels()) {
    MUST(PrintJson(model, &seeds.emplace_back()).ok());
  }
  return seeds;
}

std::vector<std::string> Words() { return NamesIn(*v1::ScoringModel::descriptor()); }

}  // namespace

const Fuzzer kFuzzer = {Feed, 420, Seeds, Words};

}  // namespace tiermark
