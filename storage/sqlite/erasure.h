// Erasing accounts. What is deleted or overwritten is zeroed in its pages (secure_delete); older
// copies in the write-ahead log go as that is used anew.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/commit_backend.h"
#include "storage/sqlite/connection.h"

namespace tiermark::sqlite {

// Takes an account and all its rows but those of the log out of the tables, and notes it among the
// erased ones. Its due rows and its row in account_parent are the caller's. Within a transaction.
// May throw SQLite::Exception, as may the others.
void EraseAccount(const AccountChange& change, Connection* connection);

// As CommitBackend::LoadErased.
absl::StatusOr<std::vector<AccountRecord>> ReadErased(Connection& connection, const AccountKey& key,
                                                      int64_t now_us);

// When the latest erasure was, INT64_MIN without any.
int64_t LatestErasure(Connection& connection);

// Overwrites up to `entries_max` entries of one erased account, in a transaction of its own.
// Returns whether there may be more.
absl::StatusOr<bool> OverwriteErased(int entries_max, Connection* connection);

}  // namespace tiermark::sqlite
