// Puts a backup in a store's place, and brings a store's schema up to date as a step of its own.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/clock.h"
#include "storage/sqlite/check.h"

namespace tiermark {

struct RestoreOptions {
  // A backup, or any store that nobody serves.
  std::string from;
  // Where the store is to be.
  std::string path;
  // Keeps a store that is there under another name. Otherwise there must be none.
  bool replace = false;
  const Clock* clock = SystemClock();
  std::function<void(const StoreDamage&)> on_damage = [](const StoreDamage&) {};
  StoreProgress progress = [](absl::string_view, int64_t, int64_t) {};
};

struct Restored {
  // Where the store that was there is now; empty when there was none.
  std::string aside;
};

// Checks the backup and the copy of it, and only then puts that in the store's place. Cut short
// before that, the store is as it was; cut short behind it, the next to open or hold the store ends
// it.
//   NOT_FOUND: there is no backup;
//   DATA_LOSS, BACKUP_DAMAGED;
//   FAILED_PRECONDITION: STORE_EXISTS; STORE_IN_USE; the disk has no room; the backup is a newer
//     version's; RESTORE_CUT_SHORT: it is a store of which that is so; and the reasons for which a
//     store does not open.
//   FAILED_PRECONDITION, RESTORE_NOT_ENDED: it is decided, and what is left to do failed.
absl::StatusOr<Restored> RestoreStore(const RestoreOptions& options);

struct MigrateOptions {
  std::string path;
  // Only tells what would be done.
  bool dry_run = false;
  const Clock* clock = SystemClock();
};

// The names of the steps that were missing, and are done unless that was not asked for.
//   NOT_FOUND, STORE_MISSING; FAILED_PRECONDITION: STORE_IN_USE, SCHEMA_NEWER, SCHEMA_DIFFERS,
//     NOT_A_STORE and the reasons for which a store does not open; DATA_LOSS: it is damaged.
absl::StatusOr<std::vector<std::string>> MigrateStore(const MigrateOptions& options);

namespace sqlite {

// FAILED_PRECONDITION, RESTORE_CUT_SHORT: a restore was decided and not ended: the new store stands
// beside the old one.
absl::Status CheckNoRestoreDecided(const std::string& path);

// Ends one that was decided, and removes what one left that was cut short before. The store's lock
// must be held, and nothing may have its file open.
absl::Status FinishRestore(const std::string& path);

}  // namespace sqlite
}  // namespace tiermark
