// The one connection that writes and checkpoints.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "storage/change_set.h"
#include "storage/commit_backend.h"
#include "storage/sqlite/checkpointer.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/handle.h"
#include "storage/sqlite/online_backup.h"
#include "storage/sqlite/page_tally.h"

namespace tiermark::sqlite {

// The committer's view of a store's file. Used by one thread at a time.
class Writer : public CommitBackend {
 public:
  // Reads where the log stands. `checkpoint_frames`: a write-ahead log of so many pages is moved
  // into the file. May throw SQLite::Exception.
  Writer(std::unique_ptr<Connection> connection, int checkpoint_frames);
  ~Writer() override;

  absl::Status Begin() override;
  std::vector<Account> LoadAccounts(absl::Span<const AccountKey> keys) override;
  int64_t NextPosition() override { return next_position_; }
  int64_t NextAccountNo() override { return next_account_no_; }
  absl::StatusOr<ItemMap> LoadItems(int64_t account_no, ItemKind kind) override;
  absl::StatusOr<std::vector<AccountRecord>> LoadErased(const AccountKey& key,
                                                        int64_t now_us) override;
  absl::StatusOr<StoredEntry> ReadEntry(int64_t position) override;
  absl::Status Write(const GroupChange& change) override;
  absl::StatusOr<TenantRecordMap> LoadTenantRecords(TenantId tenant,
                                                    const std::vector<std::string>& keys) override;
  absl::Status WriteTenantRecords(TenantId tenant, const std::vector<TenantRecord>& records,
                                  const std::vector<std::string>& removed) override;
  absl::Status AppendAudit(const NewAuditEntry& entry) override;
  absl::StatusOr<bool> OverwriteErased() override;
  bool ContinueBackup(bool abandon) override;
  CommitOutcome Commit() override;
  absl::Status Flush() override;
  void Rollback() override;
  absl::Status Maintain() override;

  // On any thread.
  OnlineBackup& backup() { return backup_; }

  // On any thread: what the write-ahead log holds, and the pages that writing asked for.
  int64_t wal_bytes() const { return checkpointer_.wal_bytes(); }
  PageCounts pages() const { return pages_.total(); }

 private:
  Account LoadAccount(const AccountKey& key);
  absl::Status WriteAccount(const AccountChange& change);
  void InsertAccount(const AccountChange& change);
  void UpdateAccount(const AccountChange& change);
  // Parameters 1 to 5, 6 and 7, 8 and 9, and 10 to 12 of the statements that write an account.
  void BindState(const AccountChange& change, const ListColumns& columns, Query* query);
  void BindFacts(const AccountRecord& account, Query* query);
  static void BindRank(const ListColumns& columns, Query* query);
  static void BindNames(const ListColumns& columns, Query* query);
  void WriteParent(const AccountChange& change);
  void WriteDue(const AccountChange& change);
  void WriteDueRow(const AccountChange& change, const store::v1::Due& due,
                   const std::string* listing);
  absl::Status WriteEvent(int64_t account_no, const ChangeSet::EventRow& row);
  void WriteItem(int64_t account_no, const ChangeSet::Item& item);
  void AppendEntry(const NewEntry& entry);
  void AppendMovement(const NewEntry& entry);

  const std::unique_ptr<Connection> connection_;
  Checkpointer checkpointer_;
  OnlineBackup backup_;
  PageTally pages_;
  sqlite3_file* const wal_;
  std::atomic<bool> flush_failed_ = false;
  int64_t next_position_ = 1;
  int64_t next_account_no_ = 1;
  int64_t latest_erasure_us_ = 0;
  // As they will be after the commit.
  int64_t pending_position_ = 1;
  int64_t pending_account_no_ = 1;
  int64_t pending_erasure_us_ = 0;
  // Reused. What is bound must outlive its statement's run.
  std::string bytes_;
  std::string facts_bytes_;
};

}  // namespace tiermark::sqlite
