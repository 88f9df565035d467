#include "storage/sqlite/writer.h"

#include <algorithm>
#include <utility>

#include "storage/change_set.h"
#include "storage/sqlite/errors.h"
#include "storage/sqlite/handle.h"
#include "storage/sqlite/reads.h"
#include "storage/sqlite/rows.h"

namespace tiermark::sqlite {
namespace {

constexpr char kBegin[] = "BEGIN IMMEDIATE";
constexpr char kCommit[] = "COMMIT";
constexpr char kRollback[] = "ROLLBACK";
constexpr char kLastPosition[] = "SELECT max(position) FROM log";
constexpr char kLastAccountNo[] = "SELECT max(account_no) FROM account";
constexpr char kReadEntry[] =
    "SELECT " TIERMARK_ENTRY_COLUMNS
    " FROM log l LEFT JOIN account a USING (account_no) WHERE l.position = ?1";
constexpr char kInsertAccount[] =
    "INSERT INTO account (account_no, last_position, last_evaluation_position, checksum, state,"
    " facts_checksum, facts, display_name, country, owner_id, segment, rank, tenant_id, account_id)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
// An index is rewritten for every statement that names one of its columns, changed or not.
constexpr char kUpdateState[] =
    "UPDATE account SET last_position = ?2, last_evaluation_position = ?3, checksum = ?4,"
    " state = ?5 WHERE account_no = ?1";
constexpr char kUpdateFacts[] =
    "UPDATE account SET last_position = ?2, last_evaluation_position = ?3, checksum = ?4,"
    " state = ?5, facts_checksum = ?6, facts = ?7 WHERE account_no = ?1";
constexpr char kUpdateAccount[] =
    "UPDATE account SET last_position = ?2, last_evaluation_position = ?3, checksum = ?4,"
    " state = ?5, facts_checksum = ?6, facts = ?7, display_name = ?8, country = ?9,"
    " owner_id = ?10, segment = ?11, rank = ?12 WHERE account_no = ?1";
constexpr char kWriteDue[] =
    "REPLACE INTO due (tenant_id, reason, due_us, account_no, listing, checksum)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
constexpr char kDeleteDue[] =
    "DELETE FROM due WHERE tenant_id = ?1 AND reason = ?2 AND due_us = ?3 AND account_no = ?4";
constexpr char kReadEvent[] =
    "SELECT closing_position, event, checksum FROM account_event"
    " WHERE account_no = ?1 AND position = ?2";
constexpr char kWriteEvent[] =
    "INSERT INTO account_event (account_no, position, closing_position, event, checksum)"
    " VALUES (?1, ?2, ?3, ?4, ?5)"
    " ON CONFLICT (account_no, position) DO UPDATE SET closing_position = ?3, event = ?4,"
    " checksum = ?5";
constexpr char kAppendEntry[] =
    "INSERT INTO log (position, tenant_id, account_no, applied_us, previous_position,"
    " previous_evaluation_position, entry, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

int64_t ReadNumber(const char* sql, Connection* connection) {
  Query query = connection->Prepare(sql);
  return query.Step() ? query.Int(0) : 0;
}

bool HasDue(const store::v1::AccountState& state, const store::v1::Due& due) {
  return std::any_of(state.due().begin(), state.due().end(), [&due](const auto& other) {
    return other.reason() == due.reason() && other.due_us() == due.due_us() &&
           other.scattered() == due.scattered();
  });
}

}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection, int checkpoint_frames)
    : connection_(std::move(connection)),
      checkpointer_(connection_.get(), checkpoint_frames),
      wal_(WalFile(connection_->database())) {
  next_position_ = ReadNumber(kLastPosition, connection_.get()) + 1;
  next_account_no_ = ReadNumber(kLastAccountNo, connection_.get()) + 1;
  // The first flush of a new log flushes its directory too and is SQLite's to remember, so it must
  // not meet a write.
  sqlite::Flush(wal_);
}

Writer::~Writer() {
  // What the log holds is for the next start to find out.
  if (flush_failed_) KeepWalOnClose(connection_->database());
}

absl::Status Writer::Begin() {
  return Guarded(*connection_, [this] {
    connection_->Prepare(kBegin).Run();
    return absl::OkStatus();
  });
}

std::vector<Writer::Account> Writer::LoadAccounts(absl::Span<const AccountKey> keys) {
  std::vector<Account> accounts;
  accounts.reserve(keys.size());
  for (const AccountKey& key : keys) {
    accounts.push_back(Guarded(*connection_, [&] { return LoadAccount(key); }));
  }
  return accounts;
}

Writer::Account Writer::LoadAccount(const AccountKey& key) {
  absl::StatusOr<AccountRecord> account = ReadAccount(*connection_, key.tenant, key.account_id);
  if (absl::IsNotFound(account.status())) return std::nullopt;
  if (!account.ok()) return account.status();
  return std::optional<AccountRecord>(*std::move(account));
}

absl::StatusOr<StoredEntry> Writer::ReadEntry(int64_t position) {
  return Guarded(*connection_, [&]() -> absl::StatusOr<StoredEntry> {
    Query query = connection_->Prepare(kReadEntry);
    query.Bind(1, position);
    // Positions come from the account's own state and log.
    if (!query.Step()) return Damaged("log", position);
    return ReadEntryRow(query);
  });
}

absl::Status Writer::Write(const GroupChange& change) {
  return Guarded(*connection_, [&] {
    pending_position_ = next_position_;
    pending_account_no_ = next_account_no_;
    for (const NewEntry& entry : change.entries) AppendEntry(entry);
    for (const AccountChange& account : change.accounts) {
      if (account.state_before == nullptr) {
        InsertAccount(account);
      } else {
        UpdateAccount(account);
      }
      WriteDue(account);
      for (const ChangeSet::EventRow& row : account.events) {
        absl::Status written = WriteEvent(account.after->account_no, row);
        if (!written.ok()) return written;
      }
    }
    return absl::OkStatus();
  });
}

void Writer::AppendEntry(const NewEntry& entry) {
  entry.record->entry.SerializeToString(&bytes_);
  Query query = connection_->Prepare(kAppendEntry);
  query.Bind(1, entry.record->position)
      .Bind(2, entry.tenant)
      .Bind(3, entry.account_no)
      .Bind(4, entry.applied_us)
      .Bind(5, entry.record->previous_position)
      .Bind(6, entry.record->previous_evaluation_position)
      .BindBytes(7, bytes_)
      .Bind(8, EntryChecksum(entry, bytes_));
  query.Run();
  pending_position_ = entry.record->position + 1;
}

void Writer::BindState(const AccountChange& change, const ListColumns& columns, Query* query) {
  const AccountRecord& account = *change.after;
  SerializeState(account.state, account.facts.ByteSizeLong(), &bytes_);
  query->Bind(1, account.account_no)
      .Bind(2, account.last_position)
      .Bind(3, account.last_evaluation_position)
      .Bind(4, AccountChecksum(change.tenant, account, columns, bytes_))
      .BindBytes(5, bytes_);
}

void Writer::BindFacts(const AccountRecord& account, Query* query) {
  account.facts.SerializeToString(&facts_bytes_);
  query->Bind(6, FactsChecksum(account.account_no, facts_bytes_)).BindBytes(7, facts_bytes_);
}

void Writer::BindColumns(const ListColumns& columns, Query* query) {
  query->Bind(8, columns.display_name)
      .Bind(9, columns.country)
      .Bind(10, columns.owner_id)
      .Bind(11, columns.segment)
      .Bind(12, RankOfScore(columns.score));
}

void Writer::InsertAccount(const AccountChange& change) {
  const AccountRecord& account = *change.after;
  const ListColumns columns = ListColumnsOf(account.state, account.facts);
  Query query = connection_->Prepare(kInsertAccount);
  BindState(change, columns, &query);
  BindFacts(account, &query);
  BindColumns(columns, &query);
  query.Bind(13, change.tenant).Bind(14, account.account_id);
  query.Run();
  pending_account_no_ = std::max(pending_account_no_, account.account_no + 1);
}

void Writer::UpdateAccount(const AccountChange& change) {
  const AccountRecord& account = *change.after;
  const ListColumns before = ListColumnsOf(*change.state_before, *change.facts_before);
  const ListColumns columns = ListColumnsOf(account.state, account.facts);
  const bool listed_anew = columns != before;
  Query query = connection_->Prepare(listed_anew            ? kUpdateAccount
                                     : change.facts_changed ? kUpdateFacts
                                                            : kUpdateState);
  BindState(change, columns, &query);
  if (listed_anew || change.facts_changed) BindFacts(account, &query);
  if (listed_anew) BindColumns(columns, &query);
  query.Run();
}

void Writer::WriteDue(const AccountChange& change) {
  const AccountRecord& account = *change.after;
  const store::v1::AccountState& before = change.state_before == nullptr
                                              ? store::v1::AccountState::default_instance()
                                              : *change.state_before;
  for (const store::v1::Due& due : before.due()) {
    if (HasDue(account.state, due)) continue;
    Query query = connection_->Prepare(kDeleteDue);
    query.Bind(1, change.tenant)
        .Bind(2, due.reason())
        .Bind(3, due.due_us())
        .Bind(4, account.account_no);
    query.Run();
  }
  for (const store::v1::Due& due : account.state.due()) {
    const bool known = HasDue(before, due);
    if (!due.scattered()) {
      if (!known) WriteDueRow(change, due, nullptr);
      continue;
    }
    const std::string listing = SerializeListing(account.account_id, account.state, account.facts);
    if (known && listing == SerializeListing(account.account_id, before, *change.facts_before)) {
      continue;
    }
    WriteDueRow(change, due, &listing);
  }
}

void Writer::WriteDueRow(const AccountChange& change, const store::v1::Due& due,
                         const std::string* listing) {
  const DueCursor row{due.reason(), due.due_us(), change.after->account_no};
  Query query = connection_->Prepare(kWriteDue);
  query.Bind(1, change.tenant).Bind(2, row.reason).Bind(3, row.due_us).Bind(4, row.account_no);
  if (listing != nullptr) {
    query.BindBytes(5, *listing).Bind(6, ListingChecksum(change.tenant, row, *listing));
  } else {
    query.BindNull(5).BindNull(6);
  }
  query.Run();
}

absl::Status Writer::WriteEvent(int64_t account_no, const ChangeSet::EventRow& row) {
  if (row.event.has_value()) {
    row.event->SerializeToString(&bytes_);
  } else {
    Query query = connection_->Prepare(kReadEvent);
    query.Bind(1, account_no).Bind(2, row.position);
    if (!query.Step()) return Damaged("account_event", row.position);
    bytes_ = std::string(query.Bytes(1));
    if (EventChecksum(account_no, row.position, query.Int(0), bytes_) != query.Int(2)) {
      return Damaged("account_event", row.position);
    }
  }
  Query query = connection_->Prepare(kWriteEvent);
  query.Bind(1, account_no)
      .Bind(2, row.position)
      .Bind(3, row.closing_position)
      .BindBytes(4, bytes_)
      .Bind(5, EventChecksum(account_no, row.position, row.closing_position, bytes_));
  query.Run();
  return absl::OkStatus();
}

CommitOutcome Writer::Commit() {
  absl::Status status = Guarded(*connection_, [this] {
    connection_->Prepare(kCommit).Run();
    return absl::OkStatus();
  });
  if (status.ok()) {
    next_position_ = pending_position_;
    next_account_no_ = pending_account_no_;
    return {};
  }
  const bool unknown = !CommitHadNoEffect(status);
  if (unknown) {
    // What the log holds is for the next start to find out.
    KeepWalOnClose(connection_->database());
  }
  return {std::move(status), unknown};
}

absl::Status Writer::Flush() {
  absl::Status status = Guarded(*connection_, [this] {
    sqlite::Flush(wal_);
    return absl::OkStatus();
  });
  if (!status.ok()) flush_failed_ = true;
  return status;
}

void Writer::Rollback() {
  if (!InTransaction(connection_->database())) return;
  // If this fails, the next transaction does not begin, and says so.
  Guarded(*connection_, [this] {
    connection_->Prepare(kRollback).Run();
    return absl::OkStatus();
  }).IgnoreError();
}

absl::Status Writer::Maintain() {
  // A log that may have lost its end must not go into the file.
  if (flush_failed_) return absl::OkStatus();
  absl::Status status = Guarded(*connection_, [this] { return checkpointer_.Run(); });
  if (!status.ok()) flush_failed_ = true;
  return status;
}

}  // namespace tiermark::sqlite
