#include "service/catalog.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "scoring/error.h"
#include "scoring/shipped.h"

namespace tiermark {
namespace {

constexpr size_t kSegments = 4;

}  // namespace

Catalog::Contents Catalog::Shipped() {
  return {ShippedModels(), ShippedPlaybooks(), ShippedExchangeRates(), DefaultPolicy()};
}

Catalog::Catalog(Contents contents, RateTable rates, std::string reference_currency)
    : rates_(std::move(rates)),
      reference_currency_(std::move(reference_currency)),
      policy_(std::make_shared<const CompiledPolicy>(std::move(contents.policy))) {
  for (v1::Playbook& playbook : contents.playbooks) {
    const v1::Segment segment = playbook.segment();
    const int version = playbook.version();
    playbooks_[segment].emplace(version, std::move(playbook));
  }
}

absl::StatusOr<std::unique_ptr<Catalog>> Catalog::Make(Contents contents) {
  std::set<v1::Segment> segments;
  for (const v1::Playbook& playbook : contents.playbooks) segments.insert(playbook.segment());
  if (contents.playbooks.size() != kSegments || segments.size() != kSegments ||
      segments.count(v1::SEGMENT_UNSPECIFIED) > 0) {
    return absl::InvalidArgumentError("each of the four segments needs one playbook");
  }
  const std::vector<v1::ScoringModel> models = std::move(contents.models);
  const v1::ExchangeRates rates = std::move(contents.rates);
  // Faults of the rates show when the models are compiled.
  Violations violations;
  RateTable table(rates, "rates", &violations);
  std::unique_ptr<Catalog> catalog(
      new Catalog(std::move(contents), std::move(table), rates.reference_currency()));
  for (const v1::ScoringModel& model : models) {
    auto compiled = CompiledModel::Compile(model, rates);
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
  return catalog;
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

const CompiledModel* Catalog::risk_model() const {
  const auto active = active_.find(kRiskProfileModelId);
  return active == active_.end() ? nullptr : active->second;
}

const v1::Playbook& Catalog::PlaybookOf(v1::Segment segment) const {
  MutexLock lock(&mutex_);
  return playbooks_[segment].rbegin()->second;
}

const v1::Playbook* Catalog::FindPlaybook(v1::Segment segment, int version) const {
  MutexLock lock(&mutex_);
  const auto found = playbooks_[segment].find(version);
  return found == playbooks_[segment].end() ? nullptr : &found->second;
}

std::vector<v1::Playbook> Catalog::playbooks() const {
  MutexLock lock(&mutex_);
  std::vector<v1::Playbook> current;
  for (const auto& versions : playbooks_) {
    if (!versions.empty()) current.push_back(versions.rbegin()->second);
  }
  return current;
}

PlaybookVersions Catalog::playbook_versions() const {
  MutexLock lock(&mutex_);
  PlaybookVersions current = {};
  for (size_t segment = 0; segment < current.size(); ++segment) {
    if (!playbooks_[segment].empty()) current[segment] = playbooks_[segment].rbegin()->first;
  }
  return current;
}

void Catalog::AddPlaybook(v1::Playbook playbook) {
  MutexLock lock(&mutex_);
  const v1::Segment segment = playbook.segment();
  const int version = playbook.version();
  playbooks_[segment].emplace(version, std::move(playbook));
}

std::shared_ptr<const CompiledPolicy> Catalog::policy() const {
  MutexLock lock(&mutex_);
  return policy_;
}

void Catalog::SetPolicy(CompiledPolicy policy) {
  auto next = std::make_shared<const CompiledPolicy>(std::move(policy));
  MutexLock lock(&mutex_);
  if (policy_->version <= next->version) policy_ = std::move(next);
}

const std::string& ActionFor(const v1::Playbook& playbook, v1::LifecycleStage stage) {
  return stage == v1::LIFECYCLE_STAGE_CLIENT ? playbook.client_action()
                                             : playbook.prospect_action();
}

}  // namespace tiermark
