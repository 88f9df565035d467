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
    "INSERT INTO account (account_no, last_position, last_evaluation_position, state, checksum,"
    " display_name, country, owner_id, segment, rank, tenant_id, account_id)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
// An index is rewritten for every statement that names one of its columns, changed or not.
constexpr char kUpdateState[] =
    "UPDATE account SET last_position = ?2, last_evaluation_position = ?3, state = ?4,"
    " checksum = ?5 WHERE account_no = ?1";
constexpr char kUpdateAccount[] =
    "UPDATE account SET last_position = ?2, last_evaluation_position = ?3, state = ?4,"
    " checksum = ?5, display_name = ?6, country = ?7, owner_id = ?8, segment = ?9, rank = ?10"
    " WHERE account_no = ?1";
constexpr char kWriteFacts[] =
    "INSERT INTO account_facts (account_no, facts, checksum) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (account_no) DO UPDATE SET facts = ?2, checksum = ?3";
constexpr char kInsertDue[] =
    "INSERT INTO due (tenant_id, reason, due_us, account_no) VALUES (?1, ?2, ?3, ?4)";
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

// A write-ahead log that grew by this much beyond its bound waits for the readers in its way.
constexpr int kPatienceDivisor = 3;
// While readers are in the way, every so many more pages it is tried again.
constexpr int kRetryFrames = 1'000;

int64_t ReadNumber(const char* sql, Connection* connection) {
  Query query = connection->Prepare(sql);
  return query.Step() ? query.Int(0) : 0;
}

bool HasDue(const store::v1::AccountState& state, const store::v1::Due& due) {
  return std::any_of(state.due().begin(), state.due().end(), [&due](const auto& other) {
    return other.reason() == due.reason() && other.due_us() == due.due_us();
  });
}

}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection, int checkpoint_frames)
    : checkpoint_frames_(checkpoint_frames),
      checkpoint_at_frames_(checkpoint_frames),
      connection_(std::move(connection)) {
  WatchWal(connection_->database(), &wal_frames_);
  next_position_ = ReadNumber(kLastPosition, connection_.get()) + 1;
  next_account_no_ = ReadNumber(kLastAccountNo, connection_.get()) + 1;
}

Writer::~Writer() = default;

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
      if (account.facts_changed) WriteFacts(account);
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

void Writer::InsertAccount(const AccountChange& change) {
  const AccountRecord& account = *change.after;
  const ListColumns columns = ListColumnsOf(account.state, account.facts);
  account.state.SerializeToString(&bytes_);
  Query query = connection_->Prepare(kInsertAccount);
  query.Bind(1, account.account_no)
      .Bind(2, account.last_position)
      .Bind(3, account.last_evaluation_position)
      .BindBytes(4, bytes_)
      .Bind(5, AccountChecksum(change.tenant, account, columns, bytes_))
      .Bind(6, columns.display_name)
      .Bind(7, columns.country)
      .Bind(8, columns.owner_id)
      .Bind(9, columns.segment)
      .Bind(10, RankOfScore(columns.score))
      .Bind(11, change.tenant)
      .Bind(12, account.account_id);
  query.Run();
  pending_account_no_ = std::max(pending_account_no_, account.account_no + 1);
}

void Writer::UpdateAccount(const AccountChange& change) {
  const AccountRecord& account = *change.after;
  const ListColumns before = ListColumnsOf(*change.state_before, *change.facts_before);
  const ListColumns columns = ListColumnsOf(account.state, account.facts);
  const bool listed_anew = columns != before;
  account.state.SerializeToString(&bytes_);
  Query query = connection_->Prepare(listed_anew ? kUpdateAccount : kUpdateState);
  query.Bind(1, account.account_no)
      .Bind(2, account.last_position)
      .Bind(3, account.last_evaluation_position)
      .BindBytes(4, bytes_)
      .Bind(5, AccountChecksum(change.tenant, account, columns, bytes_));
  if (listed_anew) {
    query.Bind(6, columns.display_name)
        .Bind(7, columns.country)
        .Bind(8, columns.owner_id)
        .Bind(9, columns.segment)
        .Bind(10, RankOfScore(columns.score));
  }
  query.Run();
}

void Writer::WriteFacts(const AccountChange& change) {
  change.after->facts.SerializeToString(&bytes_);
  Query query = connection_->Prepare(kWriteFacts);
  query.Bind(1, change.after->account_no)
      .BindBytes(2, bytes_)
      .Bind(3, FactsChecksum(change.after->account_no, bytes_));
  query.Run();
}

void Writer::WriteDue(const AccountChange& change) {
  const auto run = [&](const char* sql, const store::v1::Due& due) {
    Query query = connection_->Prepare(sql);
    query.Bind(1, change.tenant)
        .Bind(2, due.reason())
        .Bind(3, due.due_us())
        .Bind(4, change.after->account_no);
    query.Run();
  };
  const store::v1::AccountState& before = change.state_before == nullptr
                                              ? store::v1::AccountState::default_instance()
                                              : *change.state_before;
  const store::v1::AccountState& after = change.after->state;
  for (const store::v1::Due& due : before.due()) {
    if (!HasDue(after, due)) run(kDeleteDue, due);
  }
  for (const store::v1::Due& due : after.due()) {
    if (!HasDue(before, due)) run(kInsertDue, due);
  }
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

void Writer::Rollback() {
  if (!InTransaction(connection_->database())) return;
  // If this fails, the next transaction does not begin, and says so.
  Guarded(*connection_, [this] {
    connection_->Prepare(kRollback).Run();
    return absl::OkStatus();
  }).IgnoreError();
}

void Writer::Maintain() {
  if (wal_frames_ < checkpoint_frames_) {
    checkpoint_at_frames_ = checkpoint_frames_;
    return;
  }
  if (wal_frames_ < checkpoint_at_frames_) return;
  checkpoint_at_frames_ = wal_frames_ + kRetryFrames;
  const bool patient = wal_frames_ > checkpoint_frames_ + checkpoint_frames_ / kPatienceDivisor;
  // What went wrong is in the log; the write-ahead log keeps what it holds until it goes well.
  Guarded(*connection_, [this, patient] {
    Checkpoint(connection_->database(),
               patient ? CheckpointKind::kRestart : CheckpointKind::kPassive);
    return absl::OkStatus();
  }).IgnoreError();
}

}  // namespace tiermark::sqlite
