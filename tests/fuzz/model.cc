// Models as protobuf's bytes, sound or not; see models.h.
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/models.h"

namespace tiermark {
namespace {

void Feed(absl::string_view input) {
  static auto& model = *new v1::ScoringModel;
  if (!model.ParseFromArray(input.data(), static_cast<int>(input.size()))) return;
  model.DiscardUnknownFields();
  model.clear_version();
  CheckAnyModel(model);
}

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds;
  for (const v1::ScoringModel& model : SmallModels()) seeds.push_back(BytesOf(model));
  return seeds;
}

}  // namespace

const Fuzzer kFuzzer = {Feed, 256, Seeds};

}  // namespace tiermark
