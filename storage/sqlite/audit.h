// The audit log of tenants.
#pragma once

#include "absl/status/statusor.h"
#include "storage/commit_backend.h"
#include "storage/sqlite/connection.h"
#include "storage/store.h"

namespace tiermark::sqlite {

// Within a transaction. May throw SQLite::Exception, as may the other.
void AppendAudit(const NewAuditEntry& entry, Connection* connection);

// As Store::ListAudit.
absl::StatusOr<AuditPage> ListAudit(Connection& connection, const AuditQuery& query);

}  // namespace tiermark::sqlite
