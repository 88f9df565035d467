// Models, drafts and exchange rates as records of a tenant: how they are read at start, and what an
// administrator's writes make of them. The decisions are pure functions, as those of accounts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/catalog.h"
#include "storage/store.h"
#include "tiermark/store/v1/records.pb.h"
#include "tiermark/v1/model.pb.h"
#include "tiermark/v1/model_service.pb.h"
#include "tiermark/v1/policy.pb.h"

namespace tiermark {

inline constexpr int kDraftsMax = 100;
// Models that a tenant has versions of, and versions of each.
inline constexpr int kModelsMax = 100;
inline constexpr int kModelVersionsMax = 1'000;

// A store::v1::ModelIndex.
inline constexpr char kModelIndexKey[] = "models";

// A store::v1::AccountJob that marks accounts which a published model moves. Absent when there
// never was one.
inline constexpr char kMarkingKey[] = "job/mark-model-changed";

// The latest store::v1::StoredExchangeRates. Absent while the shipped ones hold.
inline constexpr char kRatesKey[] = "rates";

// One version of them. Keys sort by version.
std::string RatesKey(int version);

// A store::v1::ModelStatus. Absent while what is shipped holds.
std::string ModelStatusKey(absl::string_view model_id);

// A store::v1::PublishedModel. Keys sort by version.
std::string ModelVersionKey(absl::string_view model_id, int version);

// A store::v1::ModelDraft.
std::string DraftKey(absl::string_view draft_id);
inline constexpr char kDraftPrefix[] = "draft/";

// Puts the tenant's models and rates into the catalog. To be called before anything is decided.
// DATA_LOSS: a record cannot be read. Else as Store::ReadTenantRecords.
absl::Status LoadModels(Store& store, TenantId tenant, Catalog* catalog);

// NOT_FOUND, DRAFT_NOT_FOUND. Else as Store::ReadTenantRecords.
absl::StatusOr<store::v1::ModelDraft> ReadDraft(Store& store, TenantId tenant,
                                                const std::string& draft_id);
absl::StatusOr<std::vector<store::v1::ModelDraft>> ReadDrafts(Store& store, TenantId tenant);

// Adds every fault that keeps a model from being published by a tenant that has these rates: those
// of ValidateModel, a currency without a rate, and of the segmentation model bands without
// segments. The `version` is not looked at.
void CheckPublishable(const v1::ScoringModel& model, const v1::ExchangeRates& rates,
                      Violations* violations);

// FAILED_PRECONDITION, MODEL_NOT_SOUND: lists them all.
absl::Status ModelNotSound(const Violations& violations);

// What an administrator's write of a draft is decided from, besides the records.
struct DraftWrite {
  std::string draft_id;
  // 0: any.
  int expected_revision = 0;
};

// The draft that a write is about, among the records.
// NOT_FOUND, DRAFT_NOT_FOUND. ABORTED, VERSION_STALE.
absl::StatusOr<store::v1::ModelDraft> DraftAt(const TenantRecordMap& records,
                                              const DraftWrite& write);

// What a sound model is answered with.
using ModelWarnings = std::vector<v1::ModelWarning>;

// Keeps a sound model as a new draft, whose id is that of the model and a number. `records` holds
// kModelIndexKey. Answers with a CreateDraftResponse.
// FAILED_PRECONDITION, TOO_MANY_DRAFTS.
absl::StatusOr<TenantChangeSet> DecideCreateDraft(const v1::ScoringModel& model,
                                                  const ModelWarnings& warnings,
                                                  const TenantRecordMap& records, absl::Time now);

// Replaces the model of a draft by another sound one. `records` holds the draft. Answers with an
// UpdateDraftResponse.
// NOT_FOUND, DRAFT_NOT_FOUND. ABORTED, VERSION_STALE.
// INVALID_ARGUMENT: the model has another id.
absl::StatusOr<TenantChangeSet> DecideUpdateDraft(const v1::ScoringModel& model,
                                                  const ModelWarnings& warnings,
                                                  const DraftWrite& write,
                                                  const TenantRecordMap& records, absl::Time now);

// Drops a draft. `records` holds it and kModelIndexKey. Answers with a DeleteDraftResponse.
// NOT_FOUND, DRAFT_NOT_FOUND. ABORTED, VERSION_STALE.
absl::StatusOr<TenantChangeSet> DecideDeleteDraft(const DraftWrite& write,
                                                  const TenantRecordMap& records);

// What a publication makes, besides the records.
struct Publication {
  // Where the status stands among the records that are written.
  static constexpr size_t kStatusRecord = 0;

  store::v1::PublishedModel model;
  store::v1::ModelStatus status;
};

struct PublishWrite {
  DraftWrite draft;
  // That of the draft.
  std::string model_id;
  bool mark_moved_accounts = false;
  // The latest version that comes with the server; 0 if none does.
  int shipped_version = 0;
};

// Makes a draft the active version of its model. `rates` are the current ones. `records` holds the
// draft, the model's status, kModelIndexKey and kMarkingKey. Answers with a PublishModelResponse;
// of several runs the last fills in `publication`.
// NOT_FOUND, DRAFT_NOT_FOUND. ABORTED, VERSION_STALE.
// FAILED_PRECONDITION, MODEL_NOT_SOUND or TOO_MANY_MODELS.
absl::StatusOr<TenantChangeSet> DecidePublish(const PublishWrite& write,
                                              const v1::ExchangeRates& rates,
                                              const TenantRecordMap& records, absl::Time now,
                                              Publication* publication);

// Takes the active version of a model out of use. `catalog` has its versions. `records` holds the
// status. Answers with a RetireModelResponse; of several runs the last fills in `status`.
// FAILED_PRECONDITION, MODEL_RETIRED. ABORTED, VERSION_STALE.
absl::StatusOr<TenantChangeSet> DecideRetire(const std::string& model_id, int expected_version,
                                             const Catalog& catalog, const TenantRecordMap& records,
                                             absl::Time now, store::v1::ModelStatus* status);

// Adds a version of the exchange rates, which must be sound. `shipped_version` holds without a
// record. `records` holds kRatesKey. Answers with an UpdateExchangeRatesResponse; of several runs
// the last fills in `next`.
// ABORTED, VERSION_STALE.
absl::StatusOr<TenantChangeSet> DecideExchangeRates(const v1::ExchangeRates& rates,
                                                    int expected_version, int shipped_version,
                                                    const TenantRecordMap& records, absl::Time now,
                                                    store::v1::StoredExchangeRates* next);

// A version of a model, and a draft, as lists show them.
v1::ModelInfo InfoOf(const ModelVersion& version);
v1::ModelInfo InfoOf(const store::v1::ModelDraft& draft);

}  // namespace tiermark
