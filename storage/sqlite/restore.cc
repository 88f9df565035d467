#include "storage/sqlite/restore.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "SQLiteCpp/Exception.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "scoring/error.h"
#include "storage/sqlite/backup.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/errors.h"
#include "storage/sqlite/file_steps.h"
#include "storage/sqlite/files.h"
#include "storage/sqlite/migrations.h"

namespace tiermark {
namespace sqlite {
namespace {

absl::Status Refuse(absl::string_view reason, absl::string_view message) {
  return ReasonedError(absl::StatusCode::kFailedPrecondition, reason, message);
}

std::string Partial(const std::string& path) { return absl::StrCat(path, ".restore-partial"); }
std::string Decided(const std::string& path) { return absl::StrCat(path, ".restore-decided"); }
std::string WalOf(const std::string& path) { return absl::StrCat(path, "-wal"); }

bool RestoreDecided(const std::string& path) { return Exists(Decided(path)); }

bool IsSameFile(const std::string& one, const std::string& other) {
  struct stat first {};
  struct stat second {};
  return stat(one.c_str(), &first) == 0 && stat(other.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

// A file of no bytes is what a server that was cut short at its first start leaves.
bool HoldsAnything(const std::string& path) { return StoreBytes(path) > 0; }

absl::Status CheckWhole(const std::string& path, const RestoreOptions& options) {
  StoreCheckOptions check;
  check.path = path;
  check.on_damage = options.on_damage;
  check.progress = options.progress;
  const absl::StatusOr<StoreCheck> checked = CheckStore(check);
  if (!checked.ok()) return checked.status();
  if (checked->damages == 0) return absl::OkStatus();
  return ReasonedError(
      absl::StatusCode::kDataLoss, "BACKUP_DAMAGED",
      absl::StrCat(path, " is damaged in ", checked->damages, " places; restore another backup"));
}

void RemoveAside(const std::string& aside) {
  unlink(aside.c_str());
  unlink(WalOf(aside).c_str());
}

// Gives what is there a second name, so that it is kept whatever becomes of the first.
absl::StatusOr<std::string> PutAside(const std::string& path, absl::Time now) {
  const std::string name = absl::StrCat(
      path, ".replaced-", absl::FormatTime("%Y%m%dT%H%M%SZ", now, absl::UTCTimeZone()));
  std::string aside = name;
  for (int i = 2; Exists(aside) || Exists(WalOf(aside)); ++i) aside = absl::StrCat(name, "-", i);
  absl::Status put;
  // SQLite finds a log by the name of its file.
  if (HasWal(path) && link(WalOf(path).c_str(), WalOf(aside).c_str()) != 0) {
    put = CannotMake(WalOf(aside));
  } else if (link(path.c_str(), aside.c_str()) != 0) {
    put = CannotMake(aside);
  } else {
    put = FlushDirectoryOf(path);
  }
  if (put.ok()) return aside;
  RemoveAside(aside);
  return put;
}

// What to tell of a restore that cannot be undone any more.
absl::Status NotEnded(const absl::Status& why, const std::string& path, const std::string& aside) {
  return Refuse(
      "RESTORE_NOT_ENDED",
      absl::StrCat(
          "the restore of ", path, " is decided, and could not be ended (", why.message(),
          "); 'tiermarkd migrate' or the next start of the server ends it",
          aside.empty() ? "" : absl::StrCat("; the store that was there is kept as ", aside)));
}

absl::StatusOr<Restored> Restore(const RestoreOptions& options) {
  if (!Exists(options.from)) {
    return ReasonedError(absl::StatusCode::kNotFound, "BACKUP_MISSING",
                         absl::StrCat(options.from, " does not exist"));
  }
  // A server may have it, if it is no backup but a store.
  const auto source_lock = FileLock::TakeIfThere(options.from);
  if (!source_lock.ok()) return source_lock.status();
  if (absl::Status whole = CheckNoRestoreDecided(options.from); !whole.ok()) return whole;
  const auto exists = [&options] {
    return Refuse("STORE_EXISTS", absl::StrCat(options.path,
                                               " is there already; say --replace to keep it under "
                                               "another name, or give --store another path"));
  };
  if (!options.replace && HoldsAnything(options.path)) return exists();
  if (IsSameFile(options.from, options.path)) {
    return Refuse("BACKUP_IS_STORE", absl::StrCat(options.from, " is the store itself"));
  }
  const absl::StatusOr<std::string> path = PrepareFile(options.path);
  if (!path.ok()) return path.status();
  const absl::StatusOr<FileLock> lock = FileLock::Take(*path);
  if (!lock.ok()) return lock.status();
  if (absl::Status ended = FinishRestore(*path); !ended.ok()) return ended;
  if (!options.replace && HoldsAnything(*path)) return exists();

  if (absl::Status whole = CheckWhole(options.from, options); !whole.ok()) return whole;
  absl::StatusOr<StagedFile> staged = StagedFile::Make(Partial(*path));
  if (!staged.ok()) return staged.status();
  absl::Status copied = CopyStore(options.from, staged->path(), options.progress);
  if (!copied.ok()) return copied;
  if (absl::Status whole = CheckWhole(staged->path(), options); !whole.ok()) return whole;

  Restored restored;
  if (HoldsAnything(*path)) {
    absl::StatusOr<std::string> aside = PutAside(*path, options.clock->Now());
    if (!aside.ok()) return aside.status();
    restored.aside = *std::move(aside);
  }
  if (absl::Status placed = staged->Place(Decided(*path)); !placed.ok()) {
    // The decision may be there all the same, if taking it back failed too.
    if (RestoreDecided(*path)) return NotEnded(placed, *path, restored.aside);
    if (!restored.aside.empty()) RemoveAside(restored.aside);
    return placed;
  }
  // From here on it is decided.
  if (absl::Status ended = FinishRestore(*path); !ended.ok()) {
    return NotEnded(ended, *path, restored.aside);
  }
  return restored;
}

absl::StatusOr<std::vector<std::string>> MigrateHeld(const std::string& path,
                                                     const MigrateOptions& options) {
  const std::vector<Migration>& known = KnownMigrations();
  std::vector<std::string> missing;
  {
    ConnectionOptions reader;
    reader.path = path;
    reader.immutable = !HasWal(path);
    Connection connection(reader);
    const absl::StatusOr<size_t> applied = AppliedMigrations(known, &connection);
    if (!applied.ok()) return applied.status();
    if (absl::Status same =
            *applied == 0 ? absl::OkStatus() : CheckSchema(known, *applied, &connection);
        !same.ok()) {
      return same;
    }
    for (size_t i = *applied; i < known.size(); ++i) missing.push_back(known[i].name);
  }
  if (missing.empty() || options.dry_run) return missing;
  ConnectionOptions writer;
  writer.path = path;
  writer.writes = true;
  Connection connection(writer);
  absl::Status migrated = Migrate(known, absl::ToUnixMicros(options.clock->Now()), &connection);
  if (!migrated.ok()) return migrated;
  return missing;
}

}  // namespace

absl::Status CheckNoRestoreDecided(const std::string& path) {
  if (!RestoreDecided(path)) return absl::OkStatus();
  return Refuse("RESTORE_CUT_SHORT",
                absl::StrCat("a restore of ", path,
                             " was cut short; 'tiermarkd migrate' or the next start of the server "
                             "ends it"));
}

absl::Status FinishRestore(const std::string& path) {
  unlink(Partial(path).c_str());
  unlink(absl::StrCat(Partial(path), "-journal").c_str());
  if (!RestoreDecided(path)) return absl::OkStatus();
  // The old log must not be taken for the new file's.
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    const std::string old = absl::StrCat(path, suffix);
    if (unlink(old.c_str()) != 0 && errno != ENOENT) return CannotMake(old);
  }
  if (absl::Status flushed = FlushDirectoryOf(path); !flushed.ok()) return flushed;
  if (rename(Decided(path).c_str(), path.c_str()) != 0) return CannotMake(path);
  return FlushDirectoryOf(path);
}

}  // namespace sqlite

absl::StatusOr<Restored> RestoreStore(const RestoreOptions& options) {
  return sqlite::Restore(options);
}

absl::StatusOr<std::vector<std::string>> MigrateStore(const MigrateOptions& options) {
  const absl::StatusOr<HeldStore> held = HoldStore(options.path);
  if (!held.ok()) return held.status();
  try {
    return sqlite::MigrateHeld(held->path, options);
  } catch (const SQLite::Exception& exception) {
    return sqlite::StatusOfOpening(exception, options.path);
  }
}

}  // namespace tiermark
