// What happens to the demonstration portfolio: the calls that a CRM and its people would have made.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "tiermark/v1/account_service.pb.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark::demo {

// Custom facts by which a run that was interrupted knows what is done.
inline constexpr char kSyncedFact[] = "crm_synced_on";    // Day of the write, on every account.
inline constexpr char kAsOfFact[] = "demo_as_of";         // On the account of the first step.
inline constexpr char kCompleteFact[] = "demo_complete";  // Likewise, written by the last step.

// One call about one account.
struct Step {
  absl::Time at;
  std::string account_id;
  std::variant<v1::EvaluateAccountRequest, v1::UpsertAccountRequest, v1::ReportAccountEventRequest,
               v1::RecordTransactionsRequest, v1::SetLifecycleStageRequest,
               v1::SetAccountStandingRequest, v1::OverrideSegmentRequest>
      request;
};

// The facts that the step writes, or nothing.
v1::AccountFacts* FactsOf(Step* step);

// Every step of the six calendar quarters before the one that `as_of` is in, and of that quarter up
// to `as_of`, in the order of time. A pure function. No account has two steps on one (UTC) day. The
// first and the last step are about the same account; the first gives `as_of` and the last says
// that the portfolio is complete.
std::vector<Step> Steps(absl::CivilDay as_of);

}  // namespace tiermark::demo
