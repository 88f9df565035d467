// The reads of a store, each on one connection. May throw SQLite::Exception; otherwise as Store's
// methods of the same name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/sqlite/connection.h"
#include "storage/store.h"

namespace tiermark::sqlite {

absl::StatusOr<AccountRecord> ReadAccount(Connection& connection, TenantId tenant,
                                          const std::string& account_id);
absl::StatusOr<std::vector<std::optional<AccountRecord>>> ReadAccounts(
    Connection& connection, TenantId tenant, const std::vector<std::string>& account_ids);
absl::StatusOr<LogRecord> ReadLog(Connection& connection, TenantId tenant, int64_t position);
absl::StatusOr<DuePage> ListDue(Connection& connection, const DueQuery& query);
absl::StatusOr<DueCount> CountDue(Connection& connection, const DueCountQuery& query);
absl::StatusOr<AccountPage> ListAccounts(Connection& connection, const AccountQuery& query);
int64_t LastAccountNo(Connection& connection);
absl::StatusOr<EvaluationPage> ListEvaluations(Connection& connection,
                                               const EvaluationQuery& query);
absl::StatusOr<ItemPage> ListItems(Connection& connection, const ItemQuery& query);
absl::StatusOr<MovementPage> ListMovements(Connection& connection, const MovementQuery& query);
absl::StatusOr<EventPage> ListEvents(Connection& connection, const EventQuery& query);

// Entries behind `last_position` are not there yet.
absl::StatusOr<ChangePage> ListChanges(Connection& connection, const ChangeQuery& query,
                                       int64_t last_position);

// All of an account's items of one kind. DATA_LOSS.
absl::StatusOr<ItemMap> ReadItems(Connection& connection, int64_t account_no, ItemKind kind);

// NOT_FOUND, ACCOUNT_NOT_FOUND.
absl::Status AccountNotFound();

}  // namespace tiermark::sqlite
