// OverrideSegment and ClearOverride.
#include <utility>

#include "scoring/facts.h"
#include "service/answers.h"
#include "service/decide_override.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/validation.h"
#include "service/handlers/writes.h"
#include "service/holds.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {
namespace {

constexpr size_t kReasonBytesMax = 1'000;

void OverrideSegment(const HandlerContext& context, const CallInfo& info,
                     const v1::OverrideSegmentRequest& request,
                     v1::OverrideSegmentResponse* response, Done done) {
  Violations violations;
  ValidateId(request.account_id(), "account_id", &violations);
  if (!v1::Segment_IsValid(request.segment()) || request.segment() == v1::SEGMENT_UNSPECIFIED) {
    violations.Add("segment", "must be one of the four segments");
  }
  ValidateRequiredText(request.reason(), kReasonBytesMax, "reason", &violations);
  ValidateId(request.author(), "author", &violations);
  GivenOverride given;
  if (request.has_expire_time()) {
    given.expire_us = ReadTimestamp(request.expire_time(), "expire_time", &violations);
  }
  ValidateRequestId(request.request_id(), &violations);
  if (!violations.empty()) return done(violations.ToStatus());

  given.segment = request.segment();
  given.reason = request.reason();
  given.author = request.author();
  AccountWrite write = WriteFor(info, request);
  write.decide = [&catalog = context.catalog, given = std::move(given)](const DecideInput& input) {
    return DecideOverride(given, catalog.playbook_versions(), input);
  };
  write.done = [&catalog = context.catalog, response,
                done = std::move(done)](absl::StatusOr<CommitResult> result) mutable {
    if (!result.ok()) return done(result.status());
    done(FillOverrideAnswer(catalog, result->entries.back(), response));
  };
  context.store.Apply(std::move(write));
}

void ClearOverride(const HandlerContext& context, const CallInfo& info,
                   const v1::ClearOverrideRequest& request, v1::ClearOverrideResponse* response,
                   Done done) {
  Violations violations;
  ValidateId(request.account_id(), "account_id", &violations);
  ValidateRequestId(request.request_id(), &violations);
  if (!violations.empty()) return done(violations.ToStatus());

  AccountWrite write = WriteFor(info, request);
  write.decide = DecideClearOverride;
  write.done = [context, &info, &request, response,
                done = std::move(done)](absl::StatusOr<CommitResult> result) mutable {
    if (!result.ok()) return done(result.status());
    if (!result->entries.empty()) {
      response->set_cleared(true);
      response->set_segment(result->entries.back().entry.override().segment());
      return done(absl::OkStatus());
    }
    // There was none, so nothing was recorded; the segment is as it stands.
    const auto account = context.store.ReadAccount(info.caller.tenant, request.account_id());
    if (account.ok()) {
      const int64_t now_us = absl::ToUnixMicros(context.clock.Now());
      response->set_segment(EffectiveSegment(account->state, now_us));
    }
    done(account.status());
  };
  context.store.Apply(std::move(write));
}

}  // namespace

void AddOverrideHandlers(const ServerContext& server, MethodTable* methods) {
  methods->Add(kScoringService, "OverrideSegment", {}, Bind(server, OverrideSegment));
  methods->Add(kScoringService, "ClearOverride", {}, Bind(server, ClearOverride));
}

}  // namespace tiermark
