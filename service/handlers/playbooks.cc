// GetSegmentPlaybook and ListSegmentPlaybooks.
#include "scoring/facts.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/validation.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {
namespace {

absl::Status GetSegmentPlaybook(const HandlerContext& context, const CallInfo& info,
                                const v1::GetSegmentPlaybookRequest& request,
                                v1::GetSegmentPlaybookResponse* response) {
  Violations violations;
  switch (request.target_case()) {
    case v1::GetSegmentPlaybookRequest::kSegment:
      if (!v1::Segment_IsValid(request.segment()) || request.segment() == v1::SEGMENT_UNSPECIFIED) {
        violations.Add("segment", "must be one of the four segments");
      }
      break;
    case v1::GetSegmentPlaybookRequest::kAccountId:
      ValidateId(request.account_id(), "account_id", &violations);
      break;
    case v1::GetSegmentPlaybookRequest::TARGET_NOT_SET:
      violations.Add("segment", "either segment or account_id is required");
      violations.Add("account_id", "either segment or account_id is required");
      break;
  }
  if (!violations.empty()) return violations.ToStatus();
  if (request.has_segment()) {
    *response->mutable_playbook() = context.catalog.PlaybookOf(request.segment());
    return absl::OkStatus();
  }

  const auto account = context.store.ReadAccount(info.caller.tenant, request.account_id());
  if (!account.ok()) return account.status();
  const store::v1::LatestScore* score = CountedScore(account->state);
  if (score == nullptr) {
    return ReasonedError(absl::StatusCode::kFailedPrecondition, "NOT_EVALUATED",
                         "the account was never scored; evaluate it first");
  }
  const v1::Playbook& playbook = context.catalog.PlaybookOf(score->segment());
  *response->mutable_playbook() = playbook;
  response->set_recommended_action(ActionFor(playbook, EffectiveStage(account->facts)));
  return absl::OkStatus();
}

absl::Status ListSegmentPlaybooks(const HandlerContext& context, const CallInfo& /*info*/,
                                  const v1::ListSegmentPlaybooksRequest& /*request*/,
                                  v1::ListSegmentPlaybooksResponse* response) {
  for (const v1::Playbook& playbook : context.catalog.playbooks()) {
    *response->add_playbooks() = playbook;
  }
  return absl::OkStatus();
}

}  // namespace

void AddPlaybookHandlers(const HandlerContext& context, MethodTable* methods) {
  methods->AddBlocking(kScoringService, "GetSegmentPlaybook", {},
                       Bind(context, GetSegmentPlaybook));
  methods->AddBlocking(kScoringService, "ListSegmentPlaybooks", {},
                       Bind(context, ListSegmentPlaybooks));
}

}  // namespace tiermark
