// PublishModel and RetireModel.
#include <memory>
#include <utility>

#include "scoring/shipped.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/named_model.h"
#include "service/handlers/settings_write.h"
#include "service/handlers/validation.h"
#include "service/model_settings.h"
#include "tiermark/v1/model_service.pb.h"

namespace tiermark {
namespace {

void PublishModel(const HandlerContext& context, const CallInfo& info,
                  const v1::PublishModelRequest& request, v1::PublishModelResponse* response,
                  Done done) {
  Violations violations;
  ValidateDraftId(request.draft_id(), "draft_id", &violations);
  if (violations.empty() && request.mark_moved_accounts() &&
      ModelIdOfDraft(request.draft_id()) != kSegmentationModelId) {
    violations.Add("mark_moved_accounts", "accounts are due by the segmentation model alone");
  }
  ValidateSettingsWrite(request, &violations);
  if (!violations.empty()) return done(violations.ToStatus());

  PublishWrite write;
  write.draft = {request.draft_id(), request.expected_version()};
  write.model_id = ModelIdOfDraft(request.draft_id());
  write.mark_moved_accounts = request.mark_moved_accounts();
  SettingsUpdate<v1::PublishModelResponse> update;
  update.keys = {DraftKey(request.draft_id()), ModelStatusKey(write.model_id), kModelIndexKey,
                 kMarkingKey};
  auto publication = std::make_shared<Publication>();
  update.decide = [write, publication, &catalog = context.catalog](
                      const TenantRecordMap& records,
                      absl::Time now) -> absl::StatusOr<TenantChangeSet> {
    const auto rates = catalog.ExchangeRates(0);
    if (!rates.ok()) return rates.status();
    PublishWrite decided = write;
    // Without a record no other version was ever added to the catalog.
    decided.shipped_version = catalog.LatestVersion(write.model_id);
    return DecidePublish(decided, rates->rates(), records, now, publication.get());
  };
  update.adopt = [context, write, publication](const v1::PublishModelResponse&,
                                               const TenantCommit& commit) {
    context.catalog.AddModel(publication->model);
    context.catalog.SetModelStatus(write.model_id, publication->status,
                                   commit.versions[Publication::kStatusRecord]);
    context.jobs.Wake();
    return absl::OkStatus();
  };
  UpdateSettings(context, info, request, std::move(update), response, std::move(done));
}

void RetireModel(const HandlerContext& context, const CallInfo& info,
                 const v1::RetireModelRequest& request, v1::RetireModelResponse* response,
                 Done done) {
  Violations violations;
  if (request.model_id().empty()) {
    violations.Add("model_id", "is required");
  } else {
    ValidateModelId(request.model_id(), "model_id", &violations);
  }
  ValidateSettingsWrite(request, &violations);
  if (!violations.empty()) return done(violations.ToStatus());
  if (context.catalog.LatestVersion(request.model_id()) == 0) {
    return done(context.catalog.FindModel(request.model_id(), 0).status());
  }
  if (request.model_id() == kSegmentationModelId) {
    return done(ReasonedError(absl::StatusCode::kFailedPrecondition, "SEGMENTATION_NEEDED",
                              "accounts are always segmented: publish another version instead"));
  }

  SettingsUpdate<v1::RetireModelResponse> update;
  update.keys = {ModelStatusKey(request.model_id())};
  auto status = std::make_shared<store::v1::ModelStatus>();
  update.decide = [&request, status, &catalog = context.catalog](const TenantRecordMap& records,
                                                                 absl::Time now) {
    return DecideRetire(request.model_id(), request.expected_version(), catalog, records, now,
                        status.get());
  };
  update.adopt = [context, model_id = request.model_id(), status](const v1::RetireModelResponse&,
                                                                  const TenantCommit& commit) {
    context.catalog.SetModelStatus(model_id, *status, commit.versions[0]);
    return absl::OkStatus();
  };
  UpdateSettings(context, info, request, std::move(update), response, std::move(done));
}

}  // namespace

void AddPublicationHandlers(const ServerContext& server, MethodTable* methods) {
  MethodOptions worker;
  worker.on_worker = true;
  methods->Add(kModelService, "PublishModel", worker, Bind(server, PublishModel));
  methods->Add(kModelService, "RetireModel", worker, Bind(server, RetireModel));
}

}  // namespace tiermark
