// Accounts and log entries by their keys.
#include "scoring/error.h"
#include "storage/sqlite/errors.h"
#include "storage/sqlite/reads.h"
#include "storage/sqlite/rows.h"

namespace tiermark::sqlite {
namespace {

constexpr char kReadAccount[] = "SELECT " TIERMARK_ACCOUNT_COLUMNS ", " TIERMARK_FACTS_COLUMNS
                                " FROM account a WHERE a.tenant_id = ?1 AND a.account_id = ?2";
constexpr char kReadLog[] = "SELECT " TIERMARK_ENTRY_COLUMNS
                            " FROM log l LEFT JOIN account a USING (account_no)"
                            " WHERE l.position = ?1 AND l.tenant_id = ?2";

absl::Status LogEntryNotFound() {
  return ReasonedError(absl::StatusCode::kNotFound, "LOG_ENTRY_NOT_FOUND",
                       "there is no such entry");
}

}  // namespace

absl::Status AccountNotFound() {
  return ReasonedError(absl::StatusCode::kNotFound, "ACCOUNT_NOT_FOUND", "the account is unknown");
}

absl::StatusOr<AccountRecord> ReadAccount(Connection& connection, TenantId tenant,
                                          const std::string& account_id) {
  Query query = connection.Prepare(kReadAccount);
  query.Bind(1, tenant).Bind(2, account_id);
  if (!query.Step()) return AccountNotFound();
  absl::StatusOr<AccountRecord> account = ReadWholeAccountRow(query);
  // A damaged index could lead to another account, even of another tenant.
  if (account.ok() && (account->account_id != account_id || TenantOf(query) != tenant)) {
    return Damaged("account", account->account_no);
  }
  return account;
}

absl::StatusOr<std::vector<std::optional<AccountRecord>>> ReadAccounts(
    Connection& connection, TenantId tenant, const std::vector<std::string>& account_ids) {
  const ReadTransaction transaction(&connection);
  std::vector<std::optional<AccountRecord>> accounts;
  accounts.reserve(account_ids.size());
  for (const std::string& account_id : account_ids) {
    absl::StatusOr<AccountRecord> account = ReadAccount(connection, tenant, account_id);
    if (account.ok()) {
      accounts.push_back(*std::move(account));
    } else if (absl::IsNotFound(account.status())) {
      accounts.push_back(std::nullopt);
    } else {
      return account.status();
    }
  }
  return accounts;
}

absl::StatusOr<LogRecord> ReadLog(Connection& connection, TenantId tenant, int64_t position) {
  Query query = connection.Prepare(kReadLog);
  query.Bind(1, position).Bind(2, tenant);
  if (!query.Step()) return LogEntryNotFound();
  absl::StatusOr<StoredEntry> stored = ReadEntryRow(query);
  if (!stored.ok()) return stored.status();
  // Without an id: its account was erased.
  if (stored->record.account_id.empty()) return LogEntryNotFound();
  return std::move(stored->record);
}

}  // namespace tiermark::sqlite
