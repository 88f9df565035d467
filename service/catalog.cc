#include "service/catalog.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "scoring/error.h"
#include "scoring/shipped.h"

namespace tiermark {

Catalog::Contents Catalog::Shipped() {
  return {ShippedModels(), ShippedPlaybooks(), ShippedExchangeRates(), DefaultPolicy()};
}

absl::StatusOr<std::unique_ptr<const Catalog>> Catalog::Make(Contents contents) {
  std::sort(contents.playbooks.begin(), contents.playbooks.end(),
            [](const v1::Playbook& a, const v1::Playbook& b) { return a.segment() < b.segment(); });
  for (int i = 0; i < 4; ++i) {
    if (contents.playbooks.size() != 4 || contents.playbooks[i].segment() != i + 1) {
      return absl::InvalidArgumentError("each of the four segments needs one playbook");
    }
  }
  std::unique_ptr<Catalog> catalog(new Catalog(std::move(contents)));
  for (const v1::ScoringModel& model : catalog->contents_.models) {
    auto compiled = CompiledModel::Compile(model, catalog->contents_.rates);
    if (!compiled.ok()) return compiled.status();
    const CompiledModel* pointer = compiled->get();
    const auto key = std::pair(model.model_id(), static_cast<int>(model.version()));
    if (!catalog->models_.emplace(key, *std::move(compiled)).second) {
      return absl::InvalidArgumentError(absl::StrCat("model ", model.model_id(), " version ",
                                                     model.version(), " is there twice"));
    }
    const CompiledModel*& active = catalog->active_[model.model_id()];
    if (active == nullptr || active->model().version() < model.version()) active = pointer;
  }
  const auto segmentation = catalog->active_.find(kSegmentationModelId);
  if (segmentation == catalog->active_.end() ||
      segmentation->second->model().bands(0).segment() == v1::SEGMENT_UNSPECIFIED) {
    return absl::InvalidArgumentError("there is no segmentation model with segments");
  }
  catalog->segmentation_ = segmentation->second;
  return std::unique_ptr<const Catalog>(std::move(catalog));
}

absl::StatusOr<const CompiledModel*> Catalog::FindModel(absl::string_view model_id,
                                                        int version) const {
  const std::string id(model_id.data(), model_id.size());
  if (version == 0) {
    const auto active = active_.find(id);
    if (active != active_.end()) return active->second;
  } else {
    const auto model = models_.find({id, version});
    if (model != models_.end()) return model->second.get();
  }
  return ReasonedError(absl::StatusCode::kNotFound, "MODEL_NOT_FOUND",
                       "there is no such scoring model or version");
}

const v1::Playbook& Catalog::PlaybookOf(v1::Segment segment) const {
  return contents_.playbooks[segment - 1];
}

const std::string& ActionFor(const v1::Playbook& playbook, v1::LifecycleStage stage) {
  return stage == v1::LIFECYCLE_STAGE_CLIENT ? playbook.client_action()
                                             : playbook.prospect_action();
}

}  // namespace tiermark
