// CreateDraft, UpdateDraft and DeleteDraft.
#include <memory>
#include <utility>

#include "scoring/model_warnings.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/model_source.h"
#include "service/handlers/named_model.h"
#include "service/handlers/settings_write.h"
#include "service/handlers/validation.h"
#include "service/model_settings.h"
#include "tiermark/v1/model_service.pb.h"

namespace tiermark {
namespace {

// Reads and checks the model that a request brings, which must be given.
template <typename Request>
v1::ScoringModel CheckGivenModel(const HandlerContext& context, const Request& request,
                                 Violations* violations) {
  const auto rates = context.catalog.ExchangeRates(0);
  ModelReading given = ReadGivenModel(request, rates.ok() ? rates->rates() : v1::ExchangeRates());
  for (const v1::ModelFault& fault : given.faults) {
    AddModelFault(SourceField(request), fault, violations);
  }
  return std::move(given.model);
}

// What is copied, as it is while the draft is decided: a draft is among the records.
absl::StatusOr<v1::ScoringModel> Copied(const Catalog& catalog, const v1::ModelSelector& source,
                                        const TenantRecordMap& records) {
  if (!source.draft_id().empty()) {
    const auto draft = DraftAt(records, {source.draft_id()});
    if (!draft.ok()) return draft.status();
    return draft->model();
  }
  const ModelVersion version = catalog.FindVersion(source.model_id(), source.model_version());
  if (version.model == nullptr) {
    return catalog.FindModel(source.model_id(), source.model_version()).status();
  }
  return *version.model;
}

void CreateDraft(const HandlerContext& context, const CallInfo& info,
                 const v1::CreateDraftRequest& request, v1::CreateDraftResponse* response,
                 Done done) {
  Violations violations;
  ValidateRequestId(request.request_id(), &violations);
  v1::ScoringModel model;
  ModelWarnings warnings;
  SettingsUpdate<v1::CreateDraftResponse> update;
  update.keys = {kModelIndexKey};
  if (request.source_case() == v1::CreateDraftRequest::SOURCE_NOT_SET) {
    violations.Add("model", "one of model, text_proto, json and copy_of is required");
  } else if (request.has_copy_of()) {
    ValidateModelName(request.copy_of(), "copy_of.", &violations);
    if (!request.copy_of().draft_id().empty()) {
      update.keys.push_back(DraftKey(request.copy_of().draft_id()));
    }
  } else {
    model = CheckGivenModel(context, request, &violations);
  }
  if (!violations.empty()) return done(violations.ToStatus());
  if (request.has_copy_of()) {
    // What is told of it takes too long for the decision. Who sends the request again may find it
    // gone, and gets the first answer all the same.
    if (const auto source = FindNamedModel(context, info, request.copy_of()); source.ok()) {
      warnings = WarningsOf(*source->model);
    }
  } else {
    warnings = WarningsOf(model);
  }

  update.decide = [&request, model = std::move(model), warnings = std::move(warnings),
                   &catalog = context.catalog](const TenantRecordMap& records,
                                               absl::Time now) -> absl::StatusOr<TenantChangeSet> {
    if (!request.has_copy_of()) return DecideCreateDraft(model, warnings, records, now);
    const auto copied = Copied(catalog, request.copy_of(), records);
    if (!copied.ok()) return copied.status();
    return DecideCreateDraft(*copied, warnings, records, now);
  };
  UpdateSettings(context, info, request, std::move(update), response,
                 [&request, response, done = std::move(done)](const absl::Status& status) mutable {
                   // It was not kept.
                   if (request.validate_only()) response->mutable_info()->clear_draft_id();
                   done(status);
                 });
}

void UpdateDraft(const HandlerContext& context, const CallInfo& info,
                 const v1::UpdateDraftRequest& request, v1::UpdateDraftResponse* response,
                 Done done) {
  Violations violations;
  ValidateDraftId(request.draft_id(), "draft_id", &violations);
  ValidateSettingsWrite(request, &violations);
  v1::ScoringModel model;
  if (request.source_case() == v1::UpdateDraftRequest::SOURCE_NOT_SET) {
    violations.Add("model", "one of model, text_proto and json is required");
  } else {
    model = CheckGivenModel(context, request, &violations);
  }
  if (!violations.empty()) return done(violations.ToStatus());

  SettingsUpdate<v1::UpdateDraftResponse> update;
  update.keys = {DraftKey(request.draft_id())};
  update.decide = [&request, warnings = WarningsOf(model), model = std::move(model)](
                      const TenantRecordMap& records, absl::Time now) {
    const DraftWrite write = {request.draft_id(), request.expected_version()};
    return DecideUpdateDraft(model, warnings, write, records, now);
  };
  UpdateSettings(context, info, request, std::move(update), response, std::move(done));
}

void DeleteDraft(const HandlerContext& context, const CallInfo& info,
                 const v1::DeleteDraftRequest& request, v1::DeleteDraftResponse* response,
                 Done done) {
  Violations violations;
  ValidateDraftId(request.draft_id(), "draft_id", &violations);
  ValidateSettingsWrite(request, &violations);
  if (!violations.empty()) return done(violations.ToStatus());

  SettingsUpdate<v1::DeleteDraftResponse> update;
  update.keys = {DraftKey(request.draft_id()), kModelIndexKey};
  update.decide = [&request](const TenantRecordMap& records, absl::Time) {
    return DecideDeleteDraft({request.draft_id(), request.expected_version()}, records);
  };
  UpdateSettings(context, info, request, std::move(update), response, std::move(done));
}

}  // namespace

void AddDraftHandlers(const ServerContext& server, MethodTable* methods) {
  MethodOptions worker;
  worker.on_worker = true;
  methods->Add(kModelService, "CreateDraft", worker, Bind(server, CreateDraft));
  methods->Add(kModelService, "UpdateDraft", worker, Bind(server, UpdateDraft));
  methods->Add(kModelService, "DeleteDraft", worker, Bind(server, DeleteDraft));
}

}  // namespace tiermark
