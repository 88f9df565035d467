#include "service/decide_claims.h"

#include <algorithm>

#include "scoring/standing.h"
#include "service/holds.h"

namespace tiermark {
namespace {

// An empty list asks for everything.
template <typename T>
bool Asks(const std::vector<T>& asked, const T& value) {
  return asked.empty() || std::find(asked.begin(), asked.end(), value) != asked.end();
}

}  // namespace

v1::ReevaluationReason DueFor(const AskedClaim& asked, const store::v1::AccountState& state,
                              int64_t at_us) {
  for (const store::v1::Due& due : state.due()) {
    if (IsDueAt(due, at_us) && Asks(asked.reasons, due.reason())) return due.reason();
  }
  return v1::REEVALUATION_REASON_UNSPECIFIED;
}

absl::StatusOr<ChangeSet> DecideClaim(const AskedClaim& asked, const DecideInput& input) {
  if (input.account == nullptr) return ChangeSet();
  const AccountRecord& account = *input.account;
  const int64_t now_us = absl::ToUnixMicros(input.now);
  if (ClaimAt(account.state, now_us) != nullptr ||
      DueFor(asked, account.state, now_us) == v1::REEVALUATION_REASON_UNSPECIFIED ||
      !Asks(asked.segments, ComputedSegment(account.state)) ||
      !Asks(asked.owner_ids, account.facts.owner_id()) ||
      !Asks(asked.countries, account.facts.country())) {
    return ChangeSet();
  }
  ChangeSet changes;
  changes.state = account.state;
  changes.state.mutable_claim()->set_worker_id(asked.worker_id);
  changes.state.mutable_claim()->set_until_us(now_us + absl::ToInt64Microseconds(asked.lease));
  changes.state_only = true;
  return changes;
}

absl::StatusOr<ChangeSet> DecideRelease(const std::string& worker_id, const DecideInput& input) {
  if (input.account == nullptr) return ChangeSet();
  const store::v1::Claim* claim = ClaimAt(input.account->state, absl::ToUnixMicros(input.now));
  if (claim == nullptr || claim->worker_id() != worker_id) return ChangeSet();
  ChangeSet changes;
  changes.state = input.account->state;
  changes.state.clear_claim();
  changes.state_only = true;
  return changes;
}

}  // namespace tiermark
