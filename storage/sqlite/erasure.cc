#include "storage/sqlite/erasure.h"

#include <limits>
#include <string>
#include <utility>

#include "storage/request_ids.h"
#include "storage/sqlite/errors.h"
#include "storage/sqlite/rows.h"

namespace tiermark::sqlite {
namespace {

constexpr const char* kDeleteRows[] = {
    "DELETE FROM account WHERE account_no = ?1",
    "DELETE FROM account_item WHERE account_no = ?1",
    "DELETE FROM account_event WHERE account_no = ?1",
    "DELETE FROM movement WHERE account_no = ?1",
};
constexpr char kNoteErased[] =
    "INSERT INTO erased_account (account_no, tenant_id, account_id, erased_us, next_position,"
    " erased, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
constexpr char kReadErased[] =
    "SELECT account_no, erased_us, erased, checksum FROM erased_account"
    " WHERE tenant_id = ?1 AND account_id = ?2 ORDER BY erased_us DESC";
constexpr char kLatestErasure[] = "SELECT max(erased_us) FROM erased_account";
constexpr char kToOverwrite[] =
    "SELECT account_no, next_position FROM erased_account WHERE next_position <> 0 LIMIT 1";
constexpr char kReadEntry[] =
    "SELECT " TIERMARK_ENTRY_COLUMNS
    " FROM log l LEFT JOIN account a USING (account_no) WHERE l.position = ?1";
constexpr char kReadTenant[] = "SELECT tenant_id FROM erased_account WHERE account_no = ?1";
constexpr char kOverwriteEntry[] = "UPDATE log SET entry = ?2, checksum = ?3 WHERE position = ?1";
constexpr char kGoOn[] = "UPDATE erased_account SET next_position = ?2 WHERE account_no = ?1";

}  // namespace

void EraseAccount(const AccountChange& change, Connection* connection) {
  const AccountRecord& account = *change.after;
  for (const char* sql : kDeleteRows) {
    Query query = connection->Prepare(sql);
    query.Bind(1, account.account_no);
    query.Run();
  }
  store::v1::ErasedAccount erased;
  erased.set_position(account.last_position);
  *erased.mutable_requests() = account.state.requests();
  const std::string bytes = erased.SerializeAsString();
  const int64_t erased_us = account.state.last_write_us();
  Query query = connection->Prepare(kNoteErased);
  query.Bind(1, account.account_no)
      .Bind(2, change.tenant)
      .Bind(3, account.account_id)
      .Bind(4, erased_us)
      .Bind(5, account.last_position)
      .BindBytes(6, bytes)
      .Bind(7, ErasedChecksum(change.tenant, account.account_no, account.account_id, erased_us,
                              bytes));
  query.Run();
}

absl::StatusOr<std::vector<AccountRecord>> ReadErased(Connection& connection, const AccountKey& key,
                                                      int64_t now_us) {
  std::vector<AccountRecord> records;
  Query rows = connection.Prepare(kReadErased);
  rows.Bind(1, key.tenant).Bind(2, key.account_id);
  while (rows.Step() && !RequestExpired(rows.Int(1), now_us)) {
    AccountRecord record;
    record.account_no = rows.Int(0);
    record.account_id = key.account_id;
    const absl::string_view bytes = rows.Bytes(2);
    store::v1::ErasedAccount erased;
    if (ErasedChecksum(key.tenant, record.account_no, key.account_id, rows.Int(1), bytes) !=
            rows.Int(3) ||
        !erased.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return Damaged("erased_account", record.account_no);
    }
    record.last_position = erased.position();
    *record.state.mutable_requests() = std::move(*erased.mutable_requests());
    records.push_back(std::move(record));
  }
  return records;
}

int64_t LatestErasure(Connection& connection) {
  Query query = connection.Prepare(kLatestErasure);
  if (!query.Step() || query.IsNull(0)) return std::numeric_limits<int64_t>::min();
  return query.Int(0);
}

absl::StatusOr<bool> OverwriteErased(int entries_max, Connection* connection) {
  int64_t account_no = 0;
  int64_t position = 0;
  {
    Query query = connection->Prepare(kToOverwrite);
    if (!query.Step()) return false;
    account_no = query.Int(0);
    position = query.Int(1);
  }
  WriteTransaction transaction(connection);
  TenantId tenant = 0;
  {
    Query query = connection->Prepare(kReadTenant);
    query.Bind(1, account_no);
    if (!query.Step()) return Damaged("erased_account", account_no);
    tenant = query.Int(0);
  }
  for (int i = 0; i < entries_max && position != 0; ++i) {
    absl::StatusOr<StoredEntry> stored;
    {
      Query row = connection->Prepare(kReadEntry);
      row.Bind(1, position);
      if (!row.Step()) return Damaged("log", position);
      stored = ReadEntryRow(row);
    }
    if (!stored.ok()) return stored.status();
    LogRecord& record = stored->record;
    if (!record.entry.has_deletion()) {
      // Whose request it was stays, so that a repetition is known; it says nothing of the account.
      record.entry.clear_entry();
      const std::string bytes = record.entry.SerializeAsString();
      Query query = connection->Prepare(kOverwriteEntry);
      query.Bind(1, position)
          .BindBytes(2, bytes)
          .Bind(3, EntryChecksum({tenant, account_no, stored->applied_us, &record}, bytes));
      query.Run();
    }
    position = record.previous_position;
  }
  Query query = connection->Prepare(kGoOn);
  query.Bind(1, account_no).Bind(2, position);
  query.Run();
  transaction.Commit();
  return true;
}

}  // namespace tiermark::sqlite
