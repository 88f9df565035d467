// ClaimReevaluations and ReleaseReevaluations.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "scoring/facts.h"
#include "service/answers.h"
#include "service/apply_all.h"
#include "service/decide_claims.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/validation.h"
#include "service/holds.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {
namespace {

constexpr int kClaimsDefault = 50;
constexpr int kClaimsMax = 500;
constexpr absl::Duration kLeaseDefault = absl::Minutes(10);
constexpr absl::Duration kLeaseMin = absl::Seconds(1);
constexpr absl::Duration kLeaseMax = absl::Hours(24);

// Of the call's time, what is kept for the answer: no further accounts are claimed then.
constexpr absl::Duration kAnswerTime = absl::Seconds(1);

absl::Duration ReadLease(const v1::ClaimReevaluationsRequest& request, Violations* violations) {
  if (!request.has_lease()) return kLeaseDefault;
  constexpr int kNanosMax = 999'999'999;
  const google::protobuf::Duration& given = request.lease();
  const bool whole = given.seconds() >= 0 && given.seconds() <= absl::ToInt64Seconds(kLeaseMax) &&
                     given.nanos() >= 0 && given.nanos() <= kNanosMax;
  const absl::Duration lease = absl::Seconds(given.seconds()) + absl::Nanoseconds(given.nanos());
  if (!whole || lease < kLeaseMin || lease > kLeaseMax) {
    violations->Add("lease", "must be from 1 second to 24 hours");
  }
  return lease;
}

AskedClaim ReadAsked(const v1::ClaimReevaluationsRequest& request, Violations* violations) {
  AskedClaim asked;
  ValidateId(request.worker_id(), "worker_id", violations);
  asked.worker_id = request.worker_id();
  asked.lease = ReadLease(request, violations);
  asked.reasons = ReadReasons(request.reasons(), "reasons", violations);
  ValidateSegments(request.segments(), "segments", violations);
  for (const int segment : request.segments()) {
    asked.segments.push_back(static_cast<v1::Segment>(segment));
  }
  ValidateOwners(request.owner_ids(), "owner_ids", violations);
  asked.owner_ids.assign(request.owner_ids().begin(), request.owner_ids().end());
  ValidateCountries(request.countries(), "countries", violations);
  asked.countries.assign(request.countries().begin(), request.countries().end());
  return asked;
}

// Claims what it can of the candidates and adds it to the answer. The first failure, if any.
absl::Status ClaimSome(const HandlerContext& context, const CallInfo& info, const AskedClaim& asked,
                       std::vector<DueRow> candidates, v1::ClaimReevaluationsResponse* response) {
  std::vector<AccountWrite> writes;
  for (const DueRow& candidate : candidates) {
    AccountWrite& write = writes.emplace_back();
    write.tenant = info.caller.tenant;
    write.account_id = candidate.account_id;
    write.decide = [&asked](const DecideInput& input) { return DecideClaim(asked, input); };
    write.deadline = info.deadline;
    write.at = info.at;
  }
  auto outcomes = ApplyAll(context.store, std::move(writes));
  absl::Status failure;
  const absl::TimeZone zone = context.catalog.policy()->zone;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    if (!outcomes[i].ok()) failure.Update(outcomes[i].status());
    if (!outcomes[i].ok() || !outcomes[i]->state.has_value()) continue;
    DueRow& row = candidates[i];
    row.state = *std::move(outcomes[i]->state);
    // As of the instant of the claim.
    const int64_t claim_us = row.state.claim().until_us() - absl::ToInt64Microseconds(asked.lease);
    row.reason = DueFor(asked, row.state, claim_us);
    v1::DueAccount* account = response->add_due_accounts();
    FillDueAccount(row, claim_us, claim_us, zone, account);
    FillClaim(row.state, claim_us, account);
  }
  return failure;
}

absl::Status ClaimReevaluations(const HandlerContext& context, const CallInfo& info,
                                const v1::ClaimReevaluationsRequest& request,
                                v1::ClaimReevaluationsResponse* response) {
  Violations violations;
  const AskedClaim asked = ReadAsked(request, &violations);
  if (request.max_accounts() < 0 || request.max_accounts() > kClaimsMax) {
    violations.Add("max_accounts", absl::StrCat("must be 0 to ", kClaimsMax));
  }
  if (!violations.empty()) return violations.ToStatus();
  const int accounts_max = request.max_accounts() == 0 ? kClaimsDefault : request.max_accounts();

  DueQuery query;
  query.tenant = info.caller.tenant;
  query.due_by_us = absl::ToUnixMicros(context.clock.Now());
  query.as_of_us = query.due_by_us;
  query.unclaimed_at_us = query.due_by_us;
  query.reasons = asked.reasons;
  query.segments = asked.segments;
  query.owner_ids = asked.owner_ids;
  query.countries = asked.countries;
  // What other workers are faster to claim is made up for by what comes behind it.
  while (true) {
    query.limit = accounts_max - response->due_accounts_size();
    auto page = context.store.ListDue(query);
    absl::Status failure = page.status();
    if (page.ok()) failure = ClaimSome(context, info, asked, std::move(page->rows), response);
    // What was claimed must be told, whatever failed besides.
    const bool some = response->due_accounts_size() > 0;
    if (!failure.ok()) return some ? absl::OkStatus() : failure;
    if (response->due_accounts_size() == accounts_max || !page->next.has_value()) break;
    if (context.clock.Now() + kAnswerTime >= info.deadline) {
      return some ? absl::OkStatus() : absl::DeadlineExceededError("");
    }
    query.after = page->next;
  }
  return absl::OkStatus();
}

absl::Status ReleaseReevaluations(const HandlerContext& context, const CallInfo& info,
                                  const v1::ReleaseReevaluationsRequest& request,
                                  v1::ReleaseReevaluationsResponse* response) {
  Violations violations;
  ValidateId(request.worker_id(), "worker_id", &violations);
  ValidateIds(request.account_ids(), kClaimsMax, "account_ids", &violations);
  if (!violations.empty()) return violations.ToStatus();

  std::vector<AccountWrite> writes;
  for (const std::string& account_id : request.account_ids()) {
    AccountWrite& write = writes.emplace_back();
    write.tenant = info.caller.tenant;
    write.account_id = account_id;
    write.decide = [&request](const DecideInput& input) {
      return DecideRelease(request.worker_id(), input);
    };
    write.deadline = info.deadline;
    write.at = info.at;
  }
  const auto outcomes = ApplyAll(context.store, std::move(writes));
  for (size_t i = 0; i < outcomes.size(); ++i) {
    if (!outcomes[i].ok()) return outcomes[i].status();
    if (outcomes[i]->state.has_value()) {
      response->add_released_account_ids(request.account_ids(static_cast<int>(i)));
    }
  }
  return absl::OkStatus();
}

}  // namespace

void AddClaimHandlers(const ServerContext& server, MethodTable* methods) {
  MethodOptions worker;
  worker.on_worker = true;
  methods->AddBlocking(kScoringService, "ClaimReevaluations", worker,
                       Bind(server, ClaimReevaluations));
  methods->AddBlocking(kScoringService, "ReleaseReevaluations", worker,
                       Bind(server, ReleaseReevaluations));
}

}  // namespace tiermark
