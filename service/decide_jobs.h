// What background work makes of an account. Pure, as decisions are.
#pragma once

#include "absl/status/statusor.h"
#include "scoring/compiled_model.h"
#include "scoring/policy.h"
#include "storage/store.h"

namespace tiermark {

// The due reasons of an account as the policy has them; an empty change set when they are so.
absl::StatusOr<ChangeSet> DecideRecomputation(const CompiledPolicy& policy,
                                              const DecideInput& input);

// Says of an account whether a version of the segmentation model, published then, moves it: whether
// its facts of today give another segment than the one that counts, which an earlier version gave.
// An empty change set when the state says so already. An account that cannot be scored, or was
// never, does not move. One that an earlier publication moved and that still waits stays due from
// then.
absl::StatusOr<ChangeSet> DecideMarking(const CompiledModel& model, int64_t publish_us,
                                        const CompiledPolicy& policy, const DecideInput& input);

}  // namespace tiermark
