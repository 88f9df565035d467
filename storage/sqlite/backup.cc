#include "storage/sqlite/backup.h"

#include <sqlite3.h>

#include "SQLiteCpp/Backup.h"
#include "SQLiteCpp/Exception.h"
#include "absl/strings/str_cat.h"
#include "scoring/error.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/errors.h"
#include "storage/sqlite/file_steps.h"
#include "storage/sqlite/online_backup.h"
#include "storage/sqlite/restore.h"

namespace tiermark {
namespace {

void Copy(const std::string& from, const std::string& to, const StoreProgress& progress) {
  sqlite::ConnectionOptions options;
  options.path = from;
  options.immutable = !sqlite::HasWal(from);
  constexpr int64_t kCacheBytes = int64_t{4} << 20;
  options.cache_bytes = kCacheBytes;
  sqlite::Connection source(options);
  {
    const auto target = sqlite::OpenCopy(to);
    SQLite::Backup backup(*target, "main", source.database(), "main");
    constexpr int kPagesAtOnce = 4'096;
    int result = SQLITE_OK;
    while ((result = backup.executeStep(kPagesAtOnce)) == SQLITE_OK) {
      const int total = backup.getTotalPageCount();
      progress("pages", total - backup.getRemainingPageCount(), total);
    }
    // Neither of the two is thrown: another program holds one of the files.
    if (result != SQLITE_DONE) throw SQLite::Exception(sqlite3_errstr(result), result);
  }
  sqlite::MakePlain(to);
}

}  // namespace

absl::StatusOr<HeldStore> HoldStore(const std::string& path) {
  absl::StatusOr<std::string> found = sqlite::FindFile(path);
  if (!found.ok()) return found.status();
  absl::StatusOr<sqlite::FileLock> lock = sqlite::FileLock::Take(*found);
  if (!lock.ok()) return lock.status();
  if (absl::Status ended = sqlite::FinishRestore(*found); !ended.ok()) return ended;
  return HeldStore{*std::move(found), *std::move(lock)};
}

absl::Status CopyStore(const std::string& from, const std::string& to,
                       const StoreProgress& progress) {
  if (absl::Status room = sqlite::CheckRoom(to, sqlite::StoreBytes(from)); !room.ok()) return room;
  try {
    Copy(from, to, progress);
    return absl::OkStatus();
  } catch (const SQLite::Exception& exception) {
    absl::Status status = sqlite::StatusOfOpening(exception, from);
    if (ReasonOf(status) != "STORE_NOT_OPENED") return status;
    return ReasonedError(absl::StatusCode::kFailedPrecondition, "STORE_NOT_COPIED",
                         absl::StrCat(from, " cannot be copied to ", to, " (", exception.what(),
                                      "); see that its disk has room and that no other program "
                                      "holds either file"));
  }
}

}  // namespace tiermark
