#include "service/model_settings.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "scoring/error.h"
#include "scoring/model_validation.h"
#include "scoring/shipped.h"
#include "service/answers.h"
#include "service/settings.h"
#include "tiermark/v1/admin_service.pb.h"

namespace tiermark {
namespace {

using store::v1::ModelDraft;
using store::v1::ModelIndex;
using store::v1::ModelStatus;

constexpr char kModelPrefix[] = "model/";

absl::Status DraftNotFound() {
  return ReasonedError(absl::StatusCode::kNotFound, "DRAFT_NOT_FOUND", "there is no such draft");
}

absl::Status TooManyModels(absl::string_view message) {
  return ReasonedError(absl::StatusCode::kFailedPrecondition, "TOO_MANY_MODELS", message);
}

// The message at a key; as it is by default where there is no record.
template <typename Message>
absl::StatusOr<Message> RecordAt(const TenantRecordMap& records, const std::string& key) {
  Message message;
  const auto found = records.find(key);
  if (found == records.end()) return message;
  if (absl::Status read = ReadRecord(found->second, &message); !read.ok()) return read;
  return message;
}

void ForgetDraft(const std::string& draft_id, ModelIndex* index) {
  auto* ids = index->mutable_draft_ids();
  ids->erase(std::remove(ids->begin(), ids->end(), draft_id), ids->end());
}

void Retire(int version, int64_t now_us, ModelStatus* status) {
  ModelStatus::Retirement* retirement = status->add_retirements();
  retirement->set_version(version);
  retirement->set_retire_us(now_us);
}

template <typename Answer>
std::string DraftAnswer(const ModelDraft& draft, const ModelWarnings& warnings) {
  Answer answer;
  *answer.mutable_info() = InfoOf(draft);
  *answer.mutable_model() = draft.model();
  answer.mutable_warnings()->Add(warnings.begin(), warnings.end());
  return answer.SerializeAsString();
}

}  // namespace

absl::StatusOr<ModelDraft> DraftAt(const TenantRecordMap& records, const DraftWrite& write) {
  const std::string key = DraftKey(write.draft_id);
  if (records.count(key) == 0) return DraftNotFound();
  auto draft = RecordAt<ModelDraft>(records, key);
  if (draft.ok() && write.expected_revision != 0 && write.expected_revision != draft->revision()) {
    return VersionStale(draft->revision());
  }
  return draft;
}

std::string RatesKey(int version) { return absl::StrFormat("%s/%010d", kRatesKey, version); }

std::string ModelStatusKey(absl::string_view model_id) {
  return absl::StrCat(kModelPrefix, model_id);
}

std::string ModelVersionKey(absl::string_view model_id, int version) {
  return absl::StrFormat("%s/%010d", ModelStatusKey(model_id), version);
}

std::string DraftKey(absl::string_view draft_id) { return absl::StrCat(kDraftPrefix, draft_id); }

absl::Status LoadModels(Store& store, TenantId tenant, Catalog* catalog) {
  const auto rates = store.ReadTenantRecords(tenant, absl::StrCat(kRatesKey, "/"));
  if (!rates.ok()) return rates.status();
  for (const auto& [key, record] : *rates) {
    store::v1::StoredExchangeRates version;
    if (absl::Status read = ReadRecord(record, &version); !read.ok()) return read;
    catalog->AddExchangeRates(version);
  }
  const auto models = store.ReadTenantRecords(tenant, kModelPrefix);
  if (!models.ok()) return models.status();
  // A status comes before its versions, which it needs: it is read after them.
  std::vector<const TenantRecord*> statuses;
  for (const auto& [key, record] : *models) {
    if (key.find('/', sizeof(kModelPrefix) - 1) == std::string::npos) {
      statuses.push_back(&record);
      continue;
    }
    store::v1::PublishedModel published;
    if (absl::Status read = ReadRecord(record, &published); !read.ok()) return read;
    catalog->AddModel(published);
  }
  for (const TenantRecord* record : statuses) {
    ModelStatus status;
    if (absl::Status read = ReadRecord(*record, &status); !read.ok()) return read;
    catalog->SetModelStatus(record->key.substr(sizeof(kModelPrefix) - 1), status, record->version);
  }
  return absl::OkStatus();
}

absl::StatusOr<ModelDraft> ReadDraft(Store& store, TenantId tenant, const std::string& draft_id) {
  const auto records = store.ReadTenantRecords(tenant, DraftKey(draft_id));
  if (!records.ok()) return records.status();
  return DraftAt(*records, {draft_id});
}

absl::StatusOr<std::vector<ModelDraft>> ReadDrafts(Store& store, TenantId tenant) {
  const auto records = store.ReadTenantRecords(tenant, kDraftPrefix);
  if (!records.ok()) return records.status();
  std::vector<ModelDraft> drafts;
  for (const auto& [key, record] : *records) {
    if (absl::Status read = ReadRecord(record, &drafts.emplace_back()); !read.ok()) return read;
  }
  return drafts;
}

void CheckPublishable(const v1::ScoringModel& model, const v1::ExchangeRates& rates,
                      Violations* violations) {
  v1::ScoringModel version = model;
  version.set_version(1);
  ValidateModel(version, violations);
  Violations none;  // The rates hold already.
  ValidateModelCurrency(version, RateTable(rates, "", &none), violations);
  if (model.model_id() == kSegmentationModelId && !model.bands().empty() &&
      model.bands(0).segment() == v1::SEGMENT_UNSPECIFIED) {
    violations->Add("bands[0].segment", "is required of the segmentation model, in every band");
  }
}

absl::Status ModelNotSound(const Violations& violations) {
  return violations.ToStatus(absl::StatusCode::kFailedPrecondition, "MODEL_NOT_SOUND");
}

absl::StatusOr<TenantChangeSet> DecideCreateDraft(const v1::ScoringModel& model,
                                                  const ModelWarnings& warnings,
                                                  const TenantRecordMap& records, absl::Time now) {
  auto index = RecordAt<ModelIndex>(records, kModelIndexKey);
  if (!index.ok()) return index.status();
  if (index->draft_ids_size() >= kDraftsMax) {
    return ReasonedError(absl::StatusCode::kFailedPrecondition, "TOO_MANY_DRAFTS",
                         absl::StrCat("there are ", kDraftsMax, " drafts; drop some first"));
  }
  ModelDraft draft;
  *draft.mutable_model() = model;
  draft.mutable_model()->clear_version();
  index->set_drafts_created(index->drafts_created() + 1);
  draft.set_draft_id(absl::StrCat(model.model_id(), ".", index->drafts_created()));
  draft.set_revision(1);
  draft.set_create_us(absl::ToUnixMicros(now));
  draft.set_update_us(draft.create_us());
  index->add_draft_ids(draft.draft_id());
  TenantChangeSet changes;
  changes.records.emplace_back(DraftKey(draft.draft_id()), draft.SerializeAsString());
  changes.records.emplace_back(kModelIndexKey, index->SerializeAsString());
  changes.answer = DraftAnswer<v1::CreateDraftResponse>(draft, warnings);
  return changes;
}

absl::StatusOr<TenantChangeSet> DecideUpdateDraft(const v1::ScoringModel& model,
                                                  const ModelWarnings& warnings,
                                                  const DraftWrite& write,
                                                  const TenantRecordMap& records, absl::Time now) {
  auto draft = DraftAt(records, write);
  if (!draft.ok()) return draft.status();
  if (model.model_id() != draft->model().model_id()) {
    Violations violations;
    violations.Add("model_id", "must be that of the draft; another model begins as another draft");
    return violations.ToStatus();
  }
  *draft->mutable_model() = model;
  draft->mutable_model()->clear_version();
  draft->set_revision(draft->revision() + 1);
  draft->set_update_us(absl::ToUnixMicros(now));
  TenantChangeSet changes;
  changes.records.emplace_back(DraftKey(draft->draft_id()), draft->SerializeAsString());
  changes.answer = DraftAnswer<v1::UpdateDraftResponse>(*draft, warnings);
  return changes;
}

absl::StatusOr<TenantChangeSet> DecideDeleteDraft(const DraftWrite& write,
                                                  const TenantRecordMap& records) {
  const auto draft = DraftAt(records, write);
  if (!draft.ok()) return draft.status();
  auto index = RecordAt<ModelIndex>(records, kModelIndexKey);
  if (!index.ok()) return index.status();
  ForgetDraft(draft->draft_id(), &*index);
  TenantChangeSet changes;
  changes.records.emplace_back(kModelIndexKey, index->SerializeAsString());
  changes.removed.push_back(DraftKey(draft->draft_id()));
  changes.answer = v1::DeleteDraftResponse().SerializeAsString();
  return changes;
}

absl::StatusOr<TenantChangeSet> DecidePublish(const PublishWrite& write,
                                              const v1::ExchangeRates& rates,
                                              const TenantRecordMap& records, absl::Time now,
                                              Publication* publication) {
  const auto draft = DraftAt(records, write.draft);
  if (!draft.ok()) return draft.status();
  Violations violations;
  CheckPublishable(draft->model(), rates, &violations);
  if (!violations.empty()) return ModelNotSound(violations);
  auto index = RecordAt<ModelIndex>(records, kModelIndexKey);
  if (!index.ok()) return index.status();
  const std::string status_key = ModelStatusKey(write.model_id);
  auto status = RecordAt<ModelStatus>(records, status_key);
  if (!status.ok()) return status.status();
  if (records.count(status_key) == 0) {
    if (index->model_ids_size() >= kModelsMax) {
      return TooManyModels(absl::StrCat("there are ", kModelsMax, " models"));
    }
    index->add_model_ids(write.model_id);
    status->set_active_version(write.shipped_version);
    status->set_latest_version(write.shipped_version);
  }
  if (status->latest_version() >= kModelVersionsMax) {
    return TooManyModels(absl::StrCat("the model has ", kModelVersionsMax, " versions"));
  }
  const int64_t now_us = absl::ToUnixMicros(now);
  const int version = status->latest_version() + 1;
  if (status->active_version() != 0) Retire(status->active_version(), now_us, &*status);
  status->set_active_version(version);
  status->set_latest_version(version);

  store::v1::PublishedModel published;
  *published.mutable_model() = draft->model();
  published.mutable_model()->set_version(version);
  published.set_digest(ModelDigest(published.model()));
  published.set_publish_us(now_us);

  TenantChangeSet changes;
  ForgetDraft(draft->draft_id(), &*index);
  changes.removed.push_back(DraftKey(draft->draft_id()));
  static_assert(Publication::kStatusRecord == 0);
  changes.records.emplace_back(status_key, status->SerializeAsString());
  changes.records.emplace_back(kModelIndexKey, index->SerializeAsString());
  changes.records.emplace_back(ModelVersionKey(write.model_id, version),
                               published.SerializeAsString());
  if (write.mark_moved_accounts) {
    store::v1::AccountJob job;
    job.set_version(version);
    job.set_publish_us(now_us);
    changes.records.emplace_back(kMarkingKey, job.SerializeAsString());
  } else if (write.model_id == kSegmentationModelId && records.count(kMarkingKey) > 0) {
    changes.removed.emplace_back(kMarkingKey);
  }

  v1::PublishModelResponse answer;
  ModelVersion info;
  info.model = std::make_shared<const v1::ScoringModel>(published.model());
  info.digest = published.digest();
  info.active = true;
  info.publish_us = now_us;
  *answer.mutable_info() = InfoOf(info);
  changes.answer = answer.SerializeAsString();
  publication->model = std::move(published);
  publication->status = *std::move(status);
  return changes;
}

absl::StatusOr<TenantChangeSet> DecideRetire(const std::string& model_id, int expected_version,
                                             const Catalog& catalog, const TenantRecordMap& records,
                                             absl::Time now, ModelStatus* status) {
  const std::string key = ModelStatusKey(model_id);
  auto stored = RecordAt<ModelStatus>(records, key);
  if (!stored.ok()) return stored.status();
  *status = *std::move(stored);
  if (records.count(key) == 0) {
    status->set_active_version(catalog.LatestVersion(model_id));
    status->set_latest_version(status->active_version());
  }
  const int active = status->active_version();
  if (expected_version != 0 && expected_version != active) return VersionStale(active);
  if (active == 0) {
    return ReasonedError(absl::StatusCode::kFailedPrecondition, "MODEL_RETIRED",
                         "no version of the model is active");
  }
  Retire(active, absl::ToUnixMicros(now), status);
  status->set_active_version(0);
  ModelVersion version = catalog.FindVersion(model_id, active);
  version.active = false;
  version.retire_us = absl::ToUnixMicros(now);
  v1::RetireModelResponse answer;
  if (version.model != nullptr) *answer.mutable_info() = InfoOf(version);
  TenantChangeSet changes;
  changes.records.emplace_back(key, status->SerializeAsString());
  changes.answer = answer.SerializeAsString();
  return changes;
}

absl::StatusOr<TenantChangeSet> DecideExchangeRates(const v1::ExchangeRates& rates,
                                                    int expected_version, int shipped_version,
                                                    const TenantRecordMap& records, absl::Time now,
                                                    store::v1::StoredExchangeRates* next) {
  auto latest = RecordAt<store::v1::StoredExchangeRates>(records, kRatesKey);
  if (!latest.ok()) return latest.status();
  const int version = records.count(kRatesKey) > 0 ? latest->rates().version() : shipped_version;
  if (expected_version != 0 && expected_version != version) return VersionStale(version);
  *next->mutable_rates() = rates;
  next->mutable_rates()->set_version(version + 1);
  next->set_update_us(absl::ToUnixMicros(now));
  const std::string value = next->SerializeAsString();
  v1::UpdateExchangeRatesResponse answer;
  *answer.mutable_exchange_rates() = next->rates();
  TenantChangeSet changes;
  changes.records.emplace_back(kRatesKey, value);
  changes.records.emplace_back(RatesKey(version + 1), value);
  changes.answer = answer.SerializeAsString();
  return changes;
}

v1::ModelInfo InfoOf(const ModelVersion& version) {
  v1::ModelInfo info;
  info.set_model_id(version.model->model_id());
  info.set_version(version.model->version());
  info.set_state(version.active ? v1::MODEL_STATE_ACTIVE : v1::MODEL_STATE_RETIRED);
  info.set_display_name(version.model->display_name());
  info.set_method(version.model->method());
  info.set_digest(version.digest);
  info.set_shipped(version.shipped);
  if (version.publish_us != 0) *info.mutable_publish_time() = TimestampOf(version.publish_us);
  if (version.retire_us != 0) *info.mutable_retire_time() = TimestampOf(version.retire_us);
  return info;
}

v1::ModelInfo InfoOf(const ModelDraft& draft) {
  v1::ModelInfo info;
  info.set_model_id(draft.model().model_id());
  info.set_draft_id(draft.draft_id());
  info.set_state(v1::MODEL_STATE_DRAFT);
  info.set_display_name(draft.model().display_name());
  info.set_method(draft.model().method());
  info.set_revision(draft.revision());
  *info.mutable_create_time() = TimestampOf(draft.create_us());
  *info.mutable_update_time() = TimestampOf(draft.update_us());
  return info;
}

}  // namespace tiermark
