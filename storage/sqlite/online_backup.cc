#include "storage/sqlite/online_backup.h"

#include <sqlite3.h>

#include <chrono>
#include <utility>

#include "SQLiteCpp/Exception.h"
#include "absl/strings/str_cat.h"
#include "scoring/error.h"

namespace tiermark::sqlite {
namespace {

// A megabyte: writes that come meanwhile wait for a millisecond.
constexpr int kPagesAtOnce = 256;

constexpr std::chrono::milliseconds kTellEvery(200);

absl::Status NotMade(const SQLite::Exception& exception) {
  // A file that begins empty is not what is damaged.
  if (const int code = exception.getErrorCode() & 0xff;
      code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
    return ReasonedError(absl::StatusCode::kDataLoss, "STORE_DAMAGED",
                         absl::StrCat("the store's file is damaged (", exception.what(),
                                      "); restore it from a backup"));
  }
  return ReasonedError(absl::StatusCode::kFailedPrecondition, "BACKUP_NOT_WRITTEN",
                       absl::StrCat("the copy cannot be written (", exception.what(),
                                    "); see that the store's disk has room for it"));
}

}  // namespace

absl::Status StoreClosing() {
  return ReasonedError(absl::StatusCode::kUnavailable, "STORE_CLOSING",
                       "the server is closing; the backup was not made");
}

absl::Status BackupUnderWay() {
  return ReasonedError(absl::StatusCode::kFailedPrecondition, "BACKUP_UNDER_WAY",
                       "another backup is under way; try again when it is done");
}

std::unique_ptr<SQLite::Database> OpenCopy(const std::string& to) {
  auto target =
      std::make_unique<SQLite::Database>(to, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX |
                                                 SQLite::OPEN_PRIVATECACHE | SQLite::OPEN_NOFOLLOW);
  // What is cut short is thrown away, so nothing has to be undone.
  target->exec("PRAGMA journal_mode = OFF");
  target->exec("PRAGMA synchronous = OFF");
  target->exec("PRAGMA cache_size = -4096");
  return target;
}

void MakePlain(const std::string& path) {
  SQLite::Database copy(path, SQLite::OPEN_READWRITE | SQLite::OPEN_NOFOLLOW);
  copy.exec("PRAGMA synchronous = OFF");
  // Else shared memory would be made beside it.
  copy.exec("PRAGMA locking_mode = EXCLUSIVE");
  const std::string mode = copy.execAndGet("PRAGMA journal_mode = DELETE").getString();
  if (mode != "delete") {
    throw SQLite::Exception(absl::StrCat("the copy's journal mode stays ", mode));
  }
}

absl::Status OnlineBackup::Begin(SQLite::Database* target) {
  MutexLock lock(&mutex_);
  if (closed_) return StoreClosing();
  if (target_ != nullptr) return BackupUnderWay();
  target_ = target;
  outcome_ = absl::OkStatus();
  cancelled_ = false;
  pages_done_ = 0;
  pages_ = 0;
  active_ = true;
  return absl::OkStatus();
}

absl::Status OnlineBackup::Run(const std::string& to, const Progress& progress,
                               const std::function<void()>& wake) {
  try {
    absl::Status outcome;
    {
      const std::unique_ptr<SQLite::Database> target = OpenCopy(to);
      if (absl::Status begun = Begin(target.get()); !begun.ok()) return begun;
      wake();
      mutex_.Lock();
      while (target_ != nullptr) {
        ended_.WaitUntil(&mutex_, std::chrono::steady_clock::now() + kTellEvery);
        const int64_t done = pages_done_;
        const int64_t pages = pages_;
        mutex_.Unlock();
        const bool go_on = progress(done, pages);
        mutex_.Lock();
        cancelled_ |= !go_on;
      }
      outcome = outcome_;
      mutex_.Unlock();
    }
    if (outcome.ok()) MakePlain(to);
    return outcome;
  } catch (const SQLite::Exception& exception) {
    return NotMade(exception);
  }
}

bool OnlineBackup::Step(SQLite::Database* source) {
  if (!active_) return false;
  absl::Status status = Continue(source);
  if (status.ok() && backup_ != nullptr) return true;
  End(std::move(status));
  return false;
}

// OK with a backup: there is more. OK with none: it is done.
absl::Status OnlineBackup::Continue(SQLite::Database* source) {
  SQLite::Database* target = nullptr;
  {
    MutexLock lock(&mutex_);
    if (closed_) return StoreClosing();
    if (cancelled_) return absl::CancelledError("the backup was given up");
    target = target_;
  }
  try {
    if (backup_ == nullptr) {
      backup_ = std::make_unique<SQLite::Backup>(*target, "main", *source, "main");
    }
    const bool done = backup_->executeStep(kPagesAtOnce) == SQLITE_DONE;
    MutexLock lock(&mutex_);
    pages_ = backup_->getTotalPageCount();
    pages_done_ = pages_ - backup_->getRemainingPageCount();
    if (done) backup_.reset();
  } catch (const SQLite::Exception& exception) {
    return NotMade(exception);
  }
  return absl::OkStatus();
}

void OnlineBackup::End(absl::Status status) {
  backup_.reset();
  active_ = false;
  MutexLock lock(&mutex_);
  target_ = nullptr;
  outcome_ = std::move(status);
  ended_.SignalAll();
}

void OnlineBackup::Close() {
  MutexLock lock(&mutex_);
  closed_ = true;
}

void OnlineBackup::Abandon() {
  Close();
  if (active_) End(StoreClosing());
}

}  // namespace tiermark::sqlite
