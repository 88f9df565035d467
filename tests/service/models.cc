#include "tests/service/models.h"

#include "absl/time/clock.h"
#include "scoring/shipped.h"

namespace tiermark {

v1::ScoringModel DraftOfSegmentation() {
  v1::ScoringModel model = SegmentationModel();
  model.clear_version();
  return model;
}

v1::ScoringModel CasesForNothing() {
  v1::ScoringModel model = DraftOfSegmentation();
  model.mutable_criteria(0)->set_weight_percent(20);
  model.mutable_criteria(1)->set_weight_percent(40);
  for (auto& tier : *model.mutable_criteria(1)->mutable_numeric_tiers()->mutable_tiers()) {
    tier.set_points(0);
  }
  return model;
}

std::string KeepDraft(TestService& service, const v1::ScoringModel& model) {
  v1::CreateDraftRequest request;
  *request.mutable_model() = model;
  const auto response = service.Call<v1::CreateDraftResponse>(request);
  EXPECT_OK(response);
  return response.ok() ? response->info().draft_id() : "";
}

v1::PublishModelRequest Publish(const std::string& draft_id, bool mark) {
  v1::PublishModelRequest request;
  request.set_draft_id(draft_id);
  request.set_mark_moved_accounts(mark);
  return request;
}

v1::ModelInfo PublishNow(TestService& service, const v1::ScoringModel& model, bool mark) {
  const auto response =
      service.Call<v1::PublishModelResponse>(Publish(KeepDraft(service, model), mark));
  EXPECT_OK(response);
  return response.ok() ? response->info() : v1::ModelInfo();
}

std::vector<v1::ModelInfo> ModelsOf(TestService& service, const std::string& model_id) {
  v1::ListModelsRequest request;
  request.set_model_id(model_id);
  const auto response = service.Call<v1::ListModelsResponse>(request);
  EXPECT_OK(response);
  if (!response.ok()) return {};
  return {response->models().begin(), response->models().end()};
}

v1::ModelMarking AwaitMarking(TestService& service) {
  v1::GetModelRequest request;
  request.set_model_id(kSegmentationModelId);
  while (true) {
    const auto response = service.Call<v1::GetModelResponse>(request);
    EXPECT_OK(response);
    if (!response.ok() || !response->info().has_marking() ||
        response->info().marking().has_finish_time()) {
      return response.ok() ? response->info().marking() : v1::ModelMarking();
    }
    absl::SleepFor(absl::Milliseconds(2));
  }
}

}  // namespace tiermark
