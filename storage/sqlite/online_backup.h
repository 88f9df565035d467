// A copy of a store that is made between its commits, by the connection that writes: no read
// transaction holds on to the write-ahead log, and what is committed meanwhile is in the copy too.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "SQLiteCpp/Backup.h"
#include "SQLiteCpp/Database.h"
#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "storage/mutex.h"

namespace tiermark::sqlite {

// The file `to`, which is there and empty, opened to become a copy: flushed by whoever places it.
// May throw SQLite::Exception.
std::unique_ptr<SQLite::Database> OpenCopy(const std::string& to);

// A copy has the mode of what it was copied from. Makes it a file that needs no others beside it.
// May throw SQLite::Exception.
void MakePlain(const std::string& path);

// FAILED_PRECONDITION, BACKUP_UNDER_WAY.
absl::Status BackupUnderWay();

// UNAVAILABLE, STORE_CLOSING.
absl::Status StoreClosing();

// One at a time. Run is for any thread; Step is for the one that writes.
class OnlineBackup {
 public:
  // Called now and then, on the thread that waits: pages that are copied, and how many there are.
  // False ends the backup.
  using Progress = std::function<bool(int64_t done, int64_t total)>;

  // Copies into the file `to`, which is there and empty; `wake` makes the thread that writes call
  // Step soon. Waits until it is done.
  //   FAILED_PRECONDITION, BACKUP_UNDER_WAY: there is another;
  //   FAILED_PRECONDITION, BACKUP_NOT_WRITTEN; DATA_LOSS, STORE_DAMAGED: what is copied cannot be
  //   read; CANCELLED: `progress` ended it; UNAVAILABLE, STORE_CLOSING.
  absl::Status Run(const std::string& to, const Progress& progress,
                   const std::function<void()>& wake);

  // Copies a bounded part. False: nothing is left to do. Must not be called in a transaction.
  bool Step(SQLite::Database* source);

  // Ends what is under way with UNAVAILABLE, at the next step, and refuses what comes.
  void Close();

  // On the thread that writes, when it makes no more steps.
  void Abandon();

 private:
  absl::Status Continue(SQLite::Database* source);
  void End(absl::Status status);
  absl::Status Begin(SQLite::Database* target);

  // Whether Step has anything to do.
  std::atomic<bool> active_ = false;
  // Of the thread that writes.
  std::unique_ptr<SQLite::Backup> backup_;
  Mutex mutex_;
  CondVar ended_;
  // Not owned; null when there is no backup.
  SQLite::Database* target_ ABSL_GUARDED_BY(mutex_) = nullptr;
  absl::Status outcome_ ABSL_GUARDED_BY(mutex_);
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t pages_done_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t pages_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace tiermark::sqlite
