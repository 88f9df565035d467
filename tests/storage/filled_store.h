// A SQLite store with something in every table, for tests of what is done to its file.
#pragma once

#include <string>

#include "tests/storage/sqlite_under_test.h"

namespace tiermark {

// Writes and waits for the answer.
absl::StatusOr<CommitResult> WriteTo(Store& store, AccountWrite write);
absl::StatusOr<TenantCommit> WriteTo(Store& store, TenantWrite write);

// Accounts "account 0" to "account 29" with their pasts, of which the last is being erased, and its
// entries are overwritten; settings and audit entries of two tenants.
void Fill(Store& store);

std::string ReadBytes(const std::string& path);
void WriteBytes(const std::string& path, const std::string& bytes);

}  // namespace tiermark
