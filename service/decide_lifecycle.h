// What a change of stage or standing makes of an account. Pure, as all decisions are.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "google/type/date.pb.h"
#include "scoring/reevaluation.h"
#include "storage/store.h"
#include "tiermark/v1/facts.pb.h"
#include "tiermark/v1/lifecycle.pb.h"

namespace tiermark {

// From which day on a change holds, and why.
struct ChangeDetails {
  std::optional<google::type::Date> date;  // Absent: the day of the write.
  std::string note;
};

// Sets the stage, and with it the fact; an empty change set when the account has it already. An
// account that becomes a client is one from the change's day on, where its facts do not say.
// NOT_FOUND, ACCOUNT_NOT_FOUND.
absl::StatusOr<ChangeSet> DecideStage(v1::LifecycleStage stage, const ChangeDetails& details,
                                      const CompiledPolicy& policy, const DecideInput& input);

// Sets the standing from a day on, which may be to come.
// NOT_FOUND, ACCOUNT_NOT_FOUND.
absl::StatusOr<ChangeSet> DecideStanding(v1::Standing standing, const ChangeDetails& details,
                                         const CompiledPolicy& policy, const DecideInput& input);

}  // namespace tiermark
