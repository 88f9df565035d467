#include "service/catalog.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "scoring/error.h"
#include "scoring/shipped.h"
#include "service/log.h"

namespace tiermark {
namespace {

constexpr size_t kSegments = 4;

// Compiled versions that are kept besides the active ones.
constexpr size_t kCompiledMax = 256;

absl::Status ModelNotFound() {
  return ReasonedError(absl::StatusCode::kNotFound, "MODEL_NOT_FOUND",
                       "there is no such scoring model or version");
}

absl::Status RatesNotFound() {
  return ReasonedError(absl::StatusCode::kNotFound, "EXCHANGE_RATES_NOT_FOUND",
                       "there is no such version of the exchange rates");
}

store::v1::StoredExchangeRates ReadRates(const std::string& bytes) {
  store::v1::StoredExchangeRates rates;
  // They were serialized here.
  rates.ParseFromString(bytes);
  return rates;
}

bool IsSegmentationModel(const v1::ScoringModel& model) {
  return model.bands_size() > 0 && model.bands(0).segment() != v1::SEGMENT_UNSPECIFIED;
}

}  // namespace

Catalog::Contents Catalog::Shipped() {
  return {ShippedModels(), ShippedPlaybooks(), ShippedExchangeRates(), DefaultPolicy()};
}

Catalog::Catalog(Contents contents)
    : policy_(std::make_shared<const CompiledPolicy>(std::move(contents.policy))) {
  for (v1::Playbook& playbook : contents.playbooks) {
    const v1::Segment segment = playbook.segment();
    const int version = playbook.version();
    playbooks_[segment].emplace(version, std::move(playbook));
  }
  store::v1::StoredExchangeRates rates;
  *rates.mutable_rates() = contents.rates;
  rates_.emplace(contents.rates.version(), rates.SerializeAsString());
  for (v1::ScoringModel& model : contents.models) {
    ModelVersion version;
    version.digest = ModelDigest(model);
    version.shipped = true;
    const int number = model.version();
    Model& known = models_[model.model_id()];
    version.model = std::make_shared<const v1::ScoringModel>(std::move(model));
    known.versions.emplace(number, std::move(version));
    known.active = known.versions.rbegin()->first;
  }
}

absl::StatusOr<std::unique_ptr<Catalog>> Catalog::Make(Contents contents) {
  std::set<v1::Segment> segments;
  for (const v1::Playbook& playbook : contents.playbooks) segments.insert(playbook.segment());
  if (contents.playbooks.size() != kSegments || segments.size() != kSegments ||
      segments.count(v1::SEGMENT_UNSPECIFIED) > 0) {
    return absl::InvalidArgumentError("each of the four segments needs one playbook");
  }
  std::set<std::pair<std::string, int>> versions;
  bool segmentation = false;
  for (const v1::ScoringModel& model : contents.models) {
    const auto compiled = CompiledModel::Compile(model, contents.rates);
    if (!compiled.ok()) return compiled.status();
    if (!versions.emplace(model.model_id(), model.version()).second) {
      return absl::InvalidArgumentError(absl::StrCat("model ", model.model_id(), " version ",
                                                     model.version(), " is there twice"));
    }
    segmentation |= model.model_id() == kSegmentationModelId && IsSegmentationModel(model);
  }
  if (!segmentation) {
    return absl::InvalidArgumentError("there is no segmentation model with segments");
  }
  std::unique_ptr<Catalog> catalog(new Catalog(std::move(contents)));
  MutexLock lock(&catalog->mutex_);
  if (absl::Status made = catalog->Refresh(); !made.ok()) return made;
  return catalog;
}

absl::Status Catalog::Refresh() {
  Violations violations;
  const v1::ExchangeRates current = ReadRates(rates_.rbegin()->second).rates();
  auto active = std::make_shared<ActiveModels>(current, &violations);
  absl::Status status = violations.ToStatus();
  for (const auto& [model_id, model] : models_) {
    if (model.active == 0) continue;
    const auto found = model.versions.find(model.active);
    if (found == model.versions.end()) {
      status =
          absl::DataLossError(absl::StrCat("the active version of ", model_id, " is not there"));
      continue;
    }
    const v1::ScoringModel& version = *found->second.model;
    absl::StatusOr<std::shared_ptr<const CompiledModel>> compiled =
        CompiledModel::Compile(version, current);
    for (auto rates = std::next(rates_.rbegin()); !compiled.ok() && rates != rates_.rend();
         ++rates) {
      compiled = CompiledModel::Compile(version, ReadRates(rates->second).rates());
    }
    if (compiled.ok()) {
      active->models[model_id] = *std::move(compiled);
    } else {
      status = compiled.status();
    }
  }
  active->segmentation = active->Find(kSegmentationModelId);
  active->risk = active->Find(kRiskProfileModelId);
  if (active->segmentation == nullptr) return status;
  active_ = std::move(active);
  compiled_.clear();
  return status;
}

std::shared_ptr<const ActiveModels> Catalog::active() const {
  MutexLock lock(&mutex_);
  return active_;
}

const ModelVersion* Catalog::FindLocked(absl::string_view model_id, int version) const {
  const auto model = models_.find(model_id);
  if (model == models_.end()) return nullptr;
  const auto found = model->second.versions.find(version == 0 ? model->second.active : version);
  return found == model->second.versions.end() ? nullptr : &found->second;
}

absl::Status ModelVersionLost() {
  return ReasonedError(absl::StatusCode::kDataLoss, "MODEL_VERSION_LOST",
                       "the model version of this evaluation is not the one that made it");
}

ModelVersion Catalog::FindVersion(absl::string_view model_id, int version) const {
  MutexLock lock(&mutex_);
  const ModelVersion* found = FindLocked(model_id, version);
  if (found == nullptr) return {};
  ModelVersion copy = *found;
  copy.active = models_.find(model_id)->second.active == copy.model->version();
  return copy;
}

std::vector<ModelVersion> Catalog::versions() const {
  MutexLock lock(&mutex_);
  std::vector<ModelVersion> versions;
  for (const auto& [model_id, model] : models_) {
    for (auto version = model.versions.rbegin(); version != model.versions.rend(); ++version) {
      versions.push_back(version->second);
      versions.back().active = model.active == version->first;
    }
  }
  return versions;
}

int Catalog::LatestVersion(absl::string_view model_id) const {
  MutexLock lock(&mutex_);
  const auto model = models_.find(model_id);
  if (model == models_.end() || model->second.versions.empty()) return 0;
  return model->second.versions.rbegin()->first;
}

absl::StatusOr<std::shared_ptr<const CompiledModel>> Catalog::FindModel(absl::string_view model_id,
                                                                        int version) const {
  int rates_version = 0;
  {
    MutexLock lock(&mutex_);
    const auto model = models_.find(model_id);
    if (model == models_.end()) return ModelNotFound();
    if (version == 0 && model->second.active == 0) {
      return ReasonedError(absl::StatusCode::kFailedPrecondition, "MODEL_RETIRED",
                           "no version of the model is active; name one, or publish one");
    }
    if (version == 0) version = model->second.active;
    if (version == model->second.active) {
      if (auto active = active_->Find(model_id); active != nullptr) return active;
    }
    rates_version = rates_.rbegin()->first;
  }
  return FindModelAt(model_id, version, rates_version);
}

absl::StatusOr<std::shared_ptr<const CompiledModel>> Catalog::FindModelAt(
    absl::string_view model_id, int version, int rates_version) const {
  VersionKey key;
  std::shared_ptr<const v1::ScoringModel> model;
  std::string rates;
  {
    MutexLock lock(&mutex_);
    const std::shared_ptr<const CompiledModel> active = active_->Find(model_id);
    if (active != nullptr && active->model().version() == version &&
        active->exchange_rates_version() == rates_version) {
      return active;
    }
    key = {std::string(model_id.data(), model_id.size()), version, rates_version};
    if (const auto known = compiled_.find(key); known != compiled_.end()) return known->second;
    const ModelVersion* found = version == 0 ? nullptr : FindLocked(model_id, version);
    if (found == nullptr) return ModelNotFound();
    const auto bytes = rates_.find(rates_version);
    if (bytes == rates_.end()) return RatesNotFound();
    model = found->model;
    rates = bytes->second;
  }
  auto compiled = CompiledModel::Compile(*model, ReadRates(rates).rates());
  if (!compiled.ok()) {
    return ReasonedError(absl::StatusCode::kFailedPrecondition, "EXCHANGE_RATE_MISSING",
                         absl::StrCat("the exchange rates have none for ",
                                      model->reference_currency(), ", the model's currency"));
  }
  MutexLock lock(&mutex_);
  if (compiled_.size() >= kCompiledMax) compiled_.clear();
  compiled_[std::move(key)] = *compiled;
  return compiled;
}

absl::StatusOr<std::shared_ptr<const CompiledModel>> Catalog::ModelOf(
    const store::v1::EvaluationEntry& entry) const {
  auto model = FindModelAt(entry.model().model_id(), entry.model().version(),
                           entry.exchange_rates_version());
  if (model.ok() && (*model)->reference().digest() == entry.model().digest()) return model;
  if (ReasonOf(model.status()) == "EXCHANGE_RATES_NOT_FOUND") {
    return ReasonedError(absl::StatusCode::kDataLoss, "EXCHANGE_RATES_LOST",
                         "this server does not have the exchange rates of this evaluation");
  }
  return ModelVersionLost();
}

bool Catalog::Counts(const CompiledModel& model) const {
  return model.reference().digest() == active()->segmentation->reference().digest();
}

void Catalog::AddModel(const store::v1::PublishedModel& published) {
  ModelVersion version;
  version.model = std::make_shared<const v1::ScoringModel>(published.model());
  version.digest = published.digest();
  version.publish_us = published.publish_us();
  MutexLock lock(&mutex_);
  ModelVersion& known = models_[published.model().model_id()].versions[published.model().version()];
  if (known.model == nullptr || known.shipped) known = std::move(version);
}

void Catalog::SetModelStatus(const std::string& model_id, const store::v1::ModelStatus& status,
                             int64_t record_version) {
  MutexLock lock(&mutex_);
  Model& model = models_[model_id];
  if (record_version <= model.record_version) return;
  model.record_version = record_version;
  model.active = status.active_version();
  for (auto& [number, version] : model.versions) version.retire_us = 0;
  for (const store::v1::ModelStatus::Retirement& retirement : status.retirements()) {
    const auto version = model.versions.find(retirement.version());
    if (version != model.versions.end()) version->second.retire_us = retirement.retire_us();
  }
  if (absl::Status made = Refresh(); !made.ok()) {
    Log(LogLevel::kError, "a model cannot be made active",
        {{"cause", std::string(made.message())}});
  }
}

void Catalog::AddExchangeRates(const store::v1::StoredExchangeRates& rates) {
  MutexLock lock(&mutex_);
  rates_.emplace(rates.rates().version(), rates.SerializeAsString());
  if (absl::Status made = Refresh(); !made.ok()) {
    Log(LogLevel::kError, "exchange rates cannot be put into effect",
        {{"cause", std::string(made.message())}});
  }
}

absl::StatusOr<store::v1::StoredExchangeRates> Catalog::ExchangeRates(int version) const {
  MutexLock lock(&mutex_);
  if (version == 0) return ReadRates(rates_.rbegin()->second);
  const auto found = rates_.find(version);
  if (found == rates_.end()) return RatesNotFound();
  return ReadRates(found->second);
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
