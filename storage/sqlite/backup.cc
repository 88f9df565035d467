#include "storage/sqlite/backup.h"

#include "SQLiteCpp/Backup.h"
#include "SQLiteCpp/Exception.h"
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
    while (backup.executeStep(kPagesAtOnce) == SQLite::OK) {
      const int total = backup.getTotalPageCount();
      progress("pages", total - backup.getRemainingPageCount(), total);
    }
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
    return sqlite::StatusOfOpening(exception, from);
  }
}

}  // namespace tiermark
