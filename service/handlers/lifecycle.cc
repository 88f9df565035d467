// SetLifecycleStage, SetAccountStanding and ListLifecycleChanges.
#include <optional>
#include <string>
#include <utility>

#include "scoring/calendar.h"
#include "scoring/fact_checks.h"
#include "scoring/facts.h"
#include "service/answers.h"
#include "service/decide_lifecycle.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/item_lists.h"
#include "service/handlers/moment.h"
#include "service/handlers/validation.h"
#include "service/handlers/writes.h"
#include "service/page.h"
#include "tiermark/v1/account_service.pb.h"

namespace tiermark {
namespace {

// What both writes have in common.
template <typename Request>
void ValidateChange(const Request& request, Violations* violations) {
  ValidateId(request.account_id(), "account_id", violations);
  if (request.has_change_date()) ValidateDate(request.change_date(), "change_date", violations);
  ValidateText(request.note(), kEventNoteBytesMax, "note", violations);
  ValidateRequestId(request.request_id(), violations);
}

template <typename Request>
ChangeDetails DetailsOf(const Request& request) {
  ChangeDetails details;
  if (request.has_change_date()) details.date = request.change_date();
  details.note = request.note();
  return details;
}

void SetLifecycleStage(const HandlerContext& context, const CallInfo& info,
                       const v1::SetLifecycleStageRequest& request,
                       v1::SetLifecycleStageResponse* response, Done done) {
  Violations violations;
  ValidateChange(request, &violations);
  if (!v1::LifecycleStage_IsValid(request.stage()) ||
      request.stage() == v1::LIFECYCLE_STAGE_UNSPECIFIED) {
    violations.Add("stage", "must be one of the stages");
  }
  if (request.has_change_date() && IsValidDate(request.change_date()) &&
      DayOf(request.change_date()) > ThisMoment(context, info).day) {
    violations.Add("change_date", "must not be later than today");
  }
  if (!violations.empty()) return done(violations.ToStatus());

  AccountWrite write = WriteFor(info, request);
  write.decide = [&catalog = context.catalog, stage = request.stage(),
                  details = DetailsOf(request)](const DecideInput& input) {
    return DecideStage(stage, details, *catalog.policy(), input);
  };
  write.done = [context, &info, &request, response,
                done = std::move(done)](absl::StatusOr<CommitResult> result) mutable {
    if (!result.ok()) return done(result.status());
    if (!result->entries.empty()) {
      FillStageAnswer(result->entries.back(), response);
      return done(absl::OkStatus());
    }
    // The account has that stage already; what comes next is as it stands.
    done(AnswerNextAsItStands(context, info, request.account_id(), response));
  };
  context.store.Apply(std::move(write));
}

void SetAccountStanding(const HandlerContext& context, const CallInfo& info,
                        const v1::SetAccountStandingRequest& request,
                        v1::SetAccountStandingResponse* response, Done done) {
  Violations violations;
  ValidateChange(request, &violations);
  if (!v1::Standing_IsValid(request.standing()) || request.standing() == v1::STANDING_UNSPECIFIED) {
    violations.Add("standing", "must be open, lost or cancelled");
  }
  if (!violations.empty()) return done(violations.ToStatus());

  AccountWrite write = WriteFor(info, request);
  write.decide = [&catalog = context.catalog, standing = request.standing(),
                  details = DetailsOf(request)](const DecideInput& input) {
    return DecideStanding(standing, details, *catalog.policy(), input);
  };
  write.done = [context, &info, &request, response,
                done = std::move(done)](absl::StatusOr<CommitResult> result) mutable {
    if (!result.ok()) return done(result.status());
    FillStandingAnswer(result->entries.back(), response);
    const auto account = context.store.ReadAccount(info.caller.tenant, request.account_id());
    if (!account.ok()) return done(account.status());
    done(AnswerActivity(context, info, *account, ThisMoment(context, info),
                        response->mutable_activity()));
  };
  context.store.Apply(std::move(write));
}

absl::Status ListLifecycleChanges(const HandlerContext& context, const CallInfo& info,
                                  const v1::ListLifecycleChangesRequest& request,
                                  v1::ListLifecycleChangesResponse* response) {
  return ListItemsOf(
      ItemKind::kLifecycleChange, true, context, info, request,
      [](const std::string& value, v1::ListLifecycleChangesResponse* answer) {
        answer->add_changes()->ParseFromString(value);
      },
      response);
}

}  // namespace

void AddLifecycleHandlers(const ServerContext& server, MethodTable* methods) {
  methods->Add(kAccountService, "SetLifecycleStage", {}, Bind(server, SetLifecycleStage));
  methods->Add(kAccountService, "SetAccountStanding", {}, Bind(server, SetAccountStanding));
  MethodOptions list;
  list.on_worker = true;
  methods->AddBlocking(kAccountService, "ListLifecycleChanges", list,
                       Bind(server, ListLifecycleChanges));
}

}  // namespace tiermark
