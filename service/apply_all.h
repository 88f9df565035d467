// Writes that are waited for. For workers and threads of one's own: all of it blocks.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "storage/store.h"

namespace tiermark {

// Applies the writes, whose `done` is left to it, and waits until all have ended. Their outcomes,
// in order.
std::vector<absl::StatusOr<CommitResult>> ApplyAll(Store& store, std::vector<AccountWrite> writes);

// The same for one write of a tenant's records.
absl::StatusOr<TenantCommit> ApplyTenantNow(Store& store, TenantWrite write);

}  // namespace tiermark
