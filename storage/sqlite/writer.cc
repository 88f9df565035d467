#include "storage/sqlite/writer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "storage/change_set.h"
#include "storage/request_ids.h"
#include "storage/sqlite/audit.h"
#include "storage/sqlite/erasure.h"
#include "storage/sqlite/errors.h"
#include "storage/sqlite/handle.h"
#include "storage/sqlite/reads.h"
#include "storage/sqlite/rows.h"
#include "storage/sqlite/tenant_records.h"

namespace tiermark::sqlite {
namespace {

constexpr char kBegin[] = "BEGIN IMMEDIATE";
constexpr char kCommit[] = "COMMIT";
constexpr char kRollback[] = "ROLLBACK";
constexpr char kLastPosition[] = "SELECT max(position) FROM log";
// A number is never given twice: the log knows erased accounts by theirs.
constexpr char kLastAccountNo[] =
    "SELECT max(ifnull((SELECT max(account_no) FROM account), 0),"
    " ifnull((SELECT max(account_no) FROM erased_account), 0))";
constexpr char kReadEntry[] =
    "SELECT " TIERMARK_ENTRY_COLUMNS
    " FROM log l LEFT JOIN account a USING (account_no) WHERE l.position = ?1";
// Entries of an erased account that are overwritten between two groups.
constexpr int kOverwrittenAtOnce = 256;
constexpr char kInsertAccount[] =
    "INSERT INTO account (account_no, last_position, last_evaluation_position, checksum, state,"
    " facts_checksum, facts, segment, rank, display_name, country, owner_id, tenant_id, account_id)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
// An index is rewritten for every statement that names one of its columns, changed or not.
constexpr char kUpdateState[] =
    "UPDATE account SET last_position = ?2, last_evaluation_position = ?3, checksum = ?4,"
    " state = ?5 WHERE account_no = ?1";
constexpr char kUpdateFacts[] =
    "UPDATE account SET last_position = ?2, last_evaluation_position = ?3, checksum = ?4,"
    " state = ?5, facts_checksum = ?6, facts = ?7 WHERE account_no = ?1";
constexpr char kUpdateRank[] =
    "UPDATE account SET last_position = ?2, last_evaluation_position = ?3, checksum = ?4,"
    " state = ?5, facts_checksum = ?6, facts = ?7, segment = ?8, rank = ?9 WHERE account_no = ?1";
constexpr char kUpdateAccount[] =
    "UPDATE account SET last_position = ?2, last_evaluation_position = ?3, checksum = ?4,"
    " state = ?5, facts_checksum = ?6, facts = ?7, segment = ?8, rank = ?9, display_name = ?10,"
    " country = ?11, owner_id = ?12 WHERE account_no = ?1";
constexpr char kWriteParent[] =
    "INSERT INTO account_parent (tenant_id, parent_id, account_no) VALUES (?1, ?2, ?3)";
constexpr char kDeleteParent[] =
    "DELETE FROM account_parent WHERE tenant_id = ?1 AND parent_id = ?2 AND account_no = ?3";
constexpr char kWriteItem[] =
    "REPLACE INTO account_item (account_no, kind, key, value, checksum)"
    " VALUES (?1, ?2, ?3, ?4, ?5)";
constexpr char kAppendMovement[] =
    "INSERT INTO movement (tenant_id, evaluate_us, position, account_no) VALUES (?1, ?2, ?3, ?4)";
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
  latest_erasure_us_ = LatestErasure(*connection_);
  // The first flush of a new log flushes its directory too and is SQLite's to remember, so it must
  // not meet a write.
  sqlite::Flush(wal_);
}

Writer::~Writer() {
  // What the log holds is for the next start to find out.
  if (flush_failed_) KeepWalOnClose(connection_->database());
}

absl::Status Writer::Begin() {
  // A transaction that writes no account leaves these as they are.
  pending_position_ = next_position_;
  pending_account_no_ = next_account_no_;
  pending_erasure_us_ = latest_erasure_us_;
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

absl::StatusOr<ItemMap> Writer::LoadItems(int64_t account_no, ItemKind kind) {
  return Guarded(*connection_, [&] { return ReadItems(*connection_, account_no, kind); });
}

absl::StatusOr<std::vector<AccountRecord>> Writer::LoadErased(const AccountKey& key,
                                                              int64_t now_us) {
  // As good as always there is none, and nothing to be looked up.
  if (latest_erasure_us_ == std::numeric_limits<int64_t>::min() ||
      RequestExpired(latest_erasure_us_, now_us)) {
    return std::vector<AccountRecord>();
  }
  return Guarded(*connection_, [&] { return ReadErased(*connection_, key, now_us); });
}

absl::StatusOr<TenantRecordMap> Writer::LoadTenantRecords(TenantId tenant,
                                                          const std::vector<std::string>& keys) {
  return Guarded(*connection_,
                 [&] { return sqlite::LoadTenantRecords(*connection_, tenant, keys); });
}

absl::Status Writer::WriteTenantRecords(TenantId tenant, const std::vector<TenantRecord>& records,
                                        const std::vector<std::string>& removed) {
  return Guarded(*connection_, [&] {
    sqlite::WriteTenantRecords(tenant, records, removed, connection_.get());
    return absl::OkStatus();
  });
}

absl::Status Writer::AppendAudit(const NewAuditEntry& entry) {
  return Guarded(*connection_, [&] {
    sqlite::AppendAudit(entry, connection_.get());
    return absl::OkStatus();
  });
}

absl::StatusOr<bool> Writer::OverwriteErased() {
  if (flush_failed_) return false;
  return Guarded(*connection_,
                 [&] { return sqlite::OverwriteErased(kOverwrittenAtOnce, connection_.get()); });
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
    for (const NewEntry& entry : change.entries) AppendEntry(entry);
    for (const AccountChange& account : change.accounts) {
      if (absl::Status written = WriteAccount(account); !written.ok()) return written;
    }
    for (const NewAuditEntry& entry : change.audit) sqlite::AppendAudit(entry, connection_.get());
    return absl::OkStatus();
  });
}

absl::Status Writer::WriteAccount(const AccountChange& change) {
  const AccountRecord& account = *change.after;
  pending_account_no_ = std::max(pending_account_no_, account.account_no + 1);
  WriteDue(change);
  WriteParent(change);
  if (change.erased) {
    EraseAccount(change, connection_.get());
    pending_erasure_us_ = std::max(pending_erasure_us_, account.state.last_write_us());
    return absl::OkStatus();
  }
  if (change.state_before == nullptr) {
    InsertAccount(change);
  } else {
    UpdateAccount(change);
  }
  for (const ChangeSet::EventRow& row : change.events) {
    absl::Status written = WriteEvent(account.account_no, row);
    if (!written.ok()) return written;
  }
  for (const ChangeSet::Item& item : change.items) WriteItem(account.account_no, item);
  return absl::OkStatus();
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
  AppendMovement(entry);
}

void Writer::AppendMovement(const NewEntry& entry) {
  if (!entry.record->entry.has_evaluation()) return;
  const store::v1::EvaluationEntry& evaluation = entry.record->entry.evaluation();
  if (!evaluation.counted() || evaluation.segment() == evaluation.segment_before()) return;
  Query query = connection_->Prepare(kAppendMovement);
  query.Bind(1, entry.tenant)
      .Bind(2, evaluation.evaluate_us())
      .Bind(3, entry.record->position)
      .Bind(4, entry.account_no);
  query.Run();
}

void Writer::WriteItem(int64_t account_no, const ChangeSet::Item& item) {
  Query query = connection_->Prepare(kWriteItem);
  query.Bind(1, account_no)
      .Bind(2, static_cast<int64_t>(item.kind))
      .Bind(3, item.key)
      .BindBytes(4, item.value)
      .Bind(5, ItemChecksum(account_no, item.kind, item.key, item.value));
  query.Run();
}

// The account's row in account_parent, if it changes.
void Writer::WriteParent(const AccountChange& change) {
  const std::string none;
  const std::string& before =
      change.state_before == nullptr ? none : change.facts_before->parent_id();
  const std::string& after = change.erased ? none : change.after->facts.parent_id();
  if (before == after) return;
  const auto run = [&](const char* sql, const std::string& parent_id) {
    if (parent_id.empty()) return;
    Query query = connection_->Prepare(sql);
    query.Bind(1, change.tenant).Bind(2, parent_id).Bind(3, change.after->account_no);
    query.Run();
  };
  run(kDeleteParent, before);
  run(kWriteParent, after);
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

void Writer::BindRank(const ListColumns& columns, Query* query) {
  query->Bind(8, columns.segment).Bind(9, RankOfScore(columns.score));
}

void Writer::BindNames(const ListColumns& columns, Query* query) {
  query->Bind(10, columns.display_name).Bind(11, columns.country).Bind(12, columns.owner_id);
}

void Writer::InsertAccount(const AccountChange& change) {
  const AccountRecord& account = *change.after;
  const ListColumns columns = ListColumnsOf(account.state, account.facts);
  Query query = connection_->Prepare(kInsertAccount);
  BindState(change, columns, &query);
  BindFacts(account, &query);
  BindRank(columns, &query);
  BindNames(columns, &query);
  query.Bind(13, change.tenant).Bind(14, account.account_id);
  query.Run();
}

void Writer::UpdateAccount(const AccountChange& change) {
  const AccountRecord& account = *change.after;
  const ListColumns before = ListColumnsOf(*change.state_before, *change.facts_before);
  const ListColumns columns = ListColumnsOf(account.state, account.facts);
  const bool ranked_anew = columns != before;
  const bool named_anew = columns.display_name != before.display_name ||
                          columns.country != before.country || columns.owner_id != before.owner_id;
  Query query = connection_->Prepare(named_anew             ? kUpdateAccount
                                     : ranked_anew          ? kUpdateRank
                                     : change.facts_changed ? kUpdateFacts
                                                            : kUpdateState);
  BindState(change, columns, &query);
  if (ranked_anew || change.facts_changed) BindFacts(account, &query);
  if (ranked_anew) BindRank(columns, &query);
  if (named_anew) BindNames(columns, &query);
  query.Run();
}

void Writer::WriteDue(const AccountChange& change) {
  const AccountRecord& account = *change.after;
  const store::v1::AccountState& before = change.state_before == nullptr
                                              ? store::v1::AccountState::default_instance()
                                              : *change.state_before;
  const store::v1::AccountState& after =
      change.erased ? store::v1::AccountState::default_instance() : account.state;
  for (const store::v1::Due& due : before.due()) {
    if (HasDue(after, due)) continue;
    Query query = connection_->Prepare(kDeleteDue);
    query.Bind(1, change.tenant)
        .Bind(2, due.reason())
        .Bind(3, due.due_us())
        .Bind(4, account.account_no);
    query.Run();
  }
  for (const store::v1::Due& due : after.due()) {
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

bool Writer::ContinueBackup(bool abandon) {
  if (abandon) {
    backup_.Abandon();
    return false;
  }
  return backup_.Step(&connection_->database());
}

CommitOutcome Writer::Commit() {
  absl::Status status = Guarded(*connection_, [this] {
    connection_->Prepare(kCommit).Run();
    return absl::OkStatus();
  });
  if (status.ok()) {
    next_position_ = pending_position_;
    next_account_no_ = pending_account_no_;
    latest_erasure_us_ = pending_erasure_us_;
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
  pages_.Take(connection_->database());
  // A log that may have lost its end must not go into the file.
  if (flush_failed_) return absl::OkStatus();
  absl::Status status = Guarded(*connection_, [this] { return checkpointer_.Run(); });
  if (!status.ok()) flush_failed_ = true;
  return status;
}

}  // namespace tiermark::sqlite
