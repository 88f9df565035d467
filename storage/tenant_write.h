// Decides and writes records of a tenant.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/commit_backend.h"
#include "storage/store.h"

namespace tiermark {

// What became of a tenant's write within its transaction.
struct TenantOutcome {
  TenantCommit commit;
  // Something was written, and the transaction has to be committed.
  bool wrote = false;
};

// Loads, decides and writes within the backend's transaction, which must have begun. The answer to
// a request that may be sent again is a record too, under kTenantRequestPrefix, and is removed by a
// later write when it is older than kRequestIdLifetime.
// Errors are those of Store::ApplyTenant; nothing is to be committed then.
absl::StatusOr<TenantOutcome> RunTenantWrite(const TenantWrite& write, absl::Time now,
                                             CommitBackend* backend);

// Keys of a decision's own records must not begin with it.
inline constexpr char kTenantRequestPrefix[] = "request/";

}  // namespace tiermark
