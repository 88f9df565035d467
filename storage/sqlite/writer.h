// The one connection that writes and checkpoints.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "storage/commit_backend.h"
#include "storage/sqlite/connection.h"

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
  absl::StatusOr<StoredEntry> ReadEntry(int64_t position) override;
  absl::Status Write(const GroupChange& change) override;
  CommitOutcome Commit() override;
  void Rollback() override;
  void Maintain() override;

 private:
  Account LoadAccount(const AccountKey& key);
  void InsertAccount(const AccountChange& change);
  void UpdateAccount(const AccountChange& change);
  void WriteFacts(const AccountChange& change);
  void WriteDue(const AccountChange& change);
  absl::Status WriteEvent(int64_t account_no, const ChangeSet::EventRow& row);
  void AppendEntry(const NewEntry& entry);

  const int checkpoint_frames_;
  // Before the connection, whose hook writes to it.
  int wal_frames_ = 0;
  int checkpoint_at_frames_;
  std::unique_ptr<Connection> connection_;
  int64_t next_position_ = 1;
  int64_t next_account_no_ = 1;
  // As they will be after the commit.
  int64_t pending_position_ = 1;
  int64_t pending_account_no_ = 1;
  std::string bytes_;  // Reused.
};

}  // namespace tiermark::sqlite
