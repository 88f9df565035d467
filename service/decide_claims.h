// Decisions about leases of due accounts.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/store.h"
#include "tiermark/v1/reevaluation.pb.h"
#include "tiermark/v1/segment.pb.h"

namespace tiermark {

// Which accounts a worker asks for, and for how long.
struct AskedClaim {
  std::string worker_id;
  absl::Duration lease;
  // As in DueQuery.
  std::vector<v1::ReevaluationReason> reasons;
  std::vector<v1::Segment> segments;
  std::vector<std::string> owner_ids;
  std::vector<std::string> countries;
};

// The most urgent of the account's reasons that is due at that instant and asked for, or
// UNSPECIFIED.
v1::ReevaluationReason DueFor(const AskedClaim& asked, const store::v1::AccountState& state,
                              int64_t at_us);

// Leases the account from now on; an empty change set when it is not due as asked, or leased.
absl::StatusOr<ChangeSet> DecideClaim(const AskedClaim& asked, const DecideInput& input);

// Ends the lease that the worker holds; an empty change set when it holds none.
absl::StatusOr<ChangeSet> DecideRelease(const std::string& worker_id, const DecideInput& input);

}  // namespace tiermark
