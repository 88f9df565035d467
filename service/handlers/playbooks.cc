// GetSegmentPlaybook, ListSegmentPlaybooks and UpdateSegmentPlaybook.
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scoring/facts.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/moment.h"
#include "service/handlers/settings_write.h"
#include "service/handlers/validation.h"
#include "service/holds.h"
#include "service/settings.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {
namespace {

constexpr size_t kPlaybookTextBytesMax = 1'000;

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
  const v1::Segment segment =
      EffectiveSegment(account->state, absl::ToUnixMicros(context.clock.Now()));
  if (segment == v1::SEGMENT_UNSPECIFIED) {
    return ReasonedError(absl::StatusCode::kFailedPrecondition, "NOT_EVALUATED",
                         "the account was never scored; evaluate it first");
  }
  const v1::Playbook& playbook = context.catalog.PlaybookOf(segment);
  *response->mutable_playbook() = playbook;
  response->set_recommended_action(ActionFor(playbook, EffectiveStage(account->facts)));
  v1::Activity activity;
  absl::Status answered =
      AnswerActivity(context, info, *account, ThisMoment(context, info), &activity);
  if (!answered.ok()) return answered;
  *response->mutable_advice() = std::move(*activity.mutable_advice());
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

void ValidatePlaybook(const v1::Playbook& playbook, Violations* violations) {
  if (!v1::Segment_IsValid(playbook.segment()) || playbook.segment() == v1::SEGMENT_UNSPECIFIED) {
    violations->Add("playbook.segment", "must be one of the four segments");
  }
  const google::protobuf::Descriptor* descriptor = v1::Playbook::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = descriptor->field(i);
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_STRING) continue;
    const std::string text = playbook.GetReflection()->GetString(playbook, field);
    ValidateRequiredText(text, kPlaybookTextBytesMax, absl::StrCat("playbook.", field->name()),
                         violations);
  }
}

void UpdateSegmentPlaybook(const HandlerContext& context, const CallInfo& info,
                           const v1::UpdateSegmentPlaybookRequest& request,
                           v1::UpdateSegmentPlaybookResponse* response, Done done) {
  Violations violations;
  ValidatePlaybook(request.playbook(), &violations);
  ValidateSettingsWrite(request, &violations);
  if (!violations.empty()) return done(violations.ToStatus());

  SettingsUpdate<v1::UpdateSegmentPlaybookResponse> update;
  update.keys = {LatestPlaybookKey(request.playbook().segment())};
  std::optional<int> expected_version;
  if (request.expected_version() != 0) expected_version = request.expected_version();
  update.decide = [&request, &catalog = context.catalog, expected_version](
                      const TenantRecordMap& records, absl::Time) {
    // Without a record no other one was ever added to the catalog.
    const int shipped_version = catalog.playbook_versions()[request.playbook().segment()];
    return DecidePlaybook(request.playbook(), expected_version, shipped_version, records);
  };
  update.adopt = [&catalog = context.catalog](const v1::UpdateSegmentPlaybookResponse& answer,
                                              const TenantCommit&) {
    catalog.AddPlaybook(answer.playbook());
    return absl::OkStatus();
  };
  UpdateSettings(context, info, request, std::move(update), response, std::move(done));
}

}  // namespace

void AddPlaybookHandlers(const ServerContext& server, MethodTable* methods) {
  MethodOptions by_account;
  by_account.on_worker = true;
  methods->AddBlocking(kScoringService, "GetSegmentPlaybook", by_account,
                       Bind(server, GetSegmentPlaybook));
  methods->AddBlocking(kScoringService, "ListSegmentPlaybooks", {},
                       Bind(server, ListSegmentPlaybooks));
  MethodOptions worker;
  worker.on_worker = true;
  methods->Add(kScoringService, "UpdateSegmentPlaybook", worker,
               Bind(server, UpdateSegmentPlaybook));
}

}  // namespace tiermark
