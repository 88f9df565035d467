#include "service/store_commands.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "scoring/error.h"
#include "service/control_client.h"
#include "service/exit_codes.h"
#include "storage/sqlite/backup.h"
#include "storage/sqlite/check.h"
#include "storage/sqlite/file_steps.h"
#include "storage/sqlite/files.h"
#include "storage/sqlite/restore.h"
#include "storage/sqlite/sqlite_store.h"

namespace tiermark {
namespace {

constexpr absl::Duration kTellEvery = absl::Seconds(2);

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "tiermarkd: %s\n", std::string(status.message()).c_str());
  return absl::IsDataLoss(status) ? kExitDamaged : kExitUnavailable;
}

// Lines for whoever waits, now and then: a short command says nothing.
StoreProgress Progress(const char* command) {
  return
      [command, told = absl::Now()](absl::string_view what, int64_t done, int64_t total) mutable {
        if (absl::Now() - told < kTellEvery) return;
        told = absl::Now();
        std::string line = absl::StrCat("tiermarkd ", command, ": ", what);
        if (done > 0) absl::StrAppend(&line, " ", done);
        if (total > 0) absl::StrAppend(&line, " of ", total);
        std::fprintf(stderr, "%s\n", line.c_str());
      };
}

void Print(const StoreDamage& damage) {
  std::printf("%s%s%s: %s\n", damage.table.c_str(), damage.key.empty() ? "" : " ",
              damage.key.c_str(), damage.what.c_str());
}

int64_t RowsOf(const StoreCheck& check, const char* table) {
  const auto rows = check.rows.find(table);
  return rows == check.rows.end() ? 0 : rows->second;
}

std::string Summary(const StoreCheck& check) {
  return absl::StrCat(RowsOf(check, "account"), " accounts, ", RowsOf(check, "log"),
                      " entries of the log, schema step ", check.schema_steps);
}

// A server that shares the machine with this comes first.
void GiveWay() {
  constexpr int kNicer = 10;
  // Where that is forbidden it goes on as it is.
  errno = 0;
  if (nice(kNicer) == -1) errno = 0;
}

absl::StatusOr<StoreCheck> Check(const std::string& file, const char* command) {
  StoreCheckOptions options;
  options.path = file;
  options.on_damage = Print;
  options.progress = Progress(command);
  return CheckStore(options);
}

int CheckCommand(const std::string& path) {
  absl::StatusOr<std::unique_ptr<ServedCopy>> served = ServedCopy::Ask(path, Progress("check"));
  if (!served.ok()) return Fail(served.status());
  std::string file = sqlite::ResolveDirectoryOf(path);
  std::optional<sqlite::FileLock> held;
  if (*served != nullptr) {
    GiveWay();
    std::fprintf(stderr,
                 "tiermarkd check: a server has the store; this checks a copy that it made\n");
    file = (*served)->path();
  } else {
    absl::StatusOr<std::optional<sqlite::FileLock>> lock = sqlite::FileLock::TakeIfThere(path);
    if (!lock.ok()) return Fail(lock.status());
    held = *std::move(lock);
    if (absl::Status whole = sqlite::CheckNoRestoreDecided(path); !whole.ok()) return Fail(whole);
  }
  const absl::StatusOr<StoreCheck> check = Check(file, "check");
  if (!check.ok()) return Fail(check.status());
  if (check->damages == 0) {
    std::printf("%s is sound: %s\n", path.c_str(), Summary(*check).c_str());
    return EXIT_SUCCESS;
  }
  std::printf("%s is damaged in %lld places\n", path.c_str(),
              static_cast<long long>(check->damages));
  std::fprintf(stderr,
               "tiermarkd: keep the file as it is, and restore a backup: tiermarkd restore\n");
  return kExitDamaged;
}

// A copy of the store under a name beside `to`.
absl::StatusOr<sqlite::StagedFile> StageBackup(const std::string& path, const std::string& to) {
  const std::string partial = absl::StrCat(to, ".partial");
  const StoreProgress progress = Progress("backup");
  const absl::StatusOr<std::unique_ptr<ServedCopy>> served = ServedCopy::Ask(path, progress);
  if (!served.ok()) return served.status();
  if (*served != nullptr) {
    GiveWay();
    auto taken = sqlite::StagedFile::Take((*served)->path(), partial);
    if (taken.ok() || ReasonOf(taken.status()) != "OTHER_DISK") return taken;
    absl::Status room = sqlite::CheckRoom(partial, sqlite::StoreBytes((*served)->path()));
    if (!room.ok()) return room;
    auto staged = sqlite::StagedFile::Make(partial);
    if (!staged.ok()) return staged;
    absl::Status copied = sqlite::CopyBytes((*served)->path(), partial, progress);
    if (!copied.ok()) return copied;
    return staged;
  }
  const absl::StatusOr<HeldStore> held = HoldStore(path);
  if (!held.ok()) return held.status();
  auto staged = sqlite::StagedFile::Make(partial);
  if (!staged.ok()) return staged;
  if (absl::Status copied = CopyStore(held->path, partial, progress); !copied.ok()) return copied;
  return staged;
}

int BackupCommand(const std::string& path, const std::string& given) {
  const std::string to = sqlite::ResolveDirectoryOf(given);
  // A log or journal of that name would be taken for the backup's.
  for (const char* suffix : {"", "-wal", "-journal"}) {
    if (!sqlite::Exists(to + suffix)) continue;
    return Fail(absl::FailedPreconditionError(
        absl::StrCat(to, suffix, " is there already; give --to a name that is not taken")));
  }
  absl::StatusOr<sqlite::StagedFile> staged = StageBackup(path, to);
  if (!staged.ok()) return Fail(staged.status());
  const absl::StatusOr<StoreCheck> check = Check(staged->path(), "backup");
  if (!check.ok()) return Fail(check.status());
  if (check->damages > 0) {
    return Fail(absl::DataLossError(
        absl::StrCat("the store is damaged in ", check->damages,
                     " places, and the backup was not kept; restore an earlier one")));
  }
  if (absl::Status placed = staged->Place(to); !placed.ok()) return Fail(placed);
  std::printf("%s is a backup: %s\n", to.c_str(), Summary(*check).c_str());
  return EXIT_SUCCESS;
}

int RestoreCommand(const std::string& path, const StoreCommand& command) {
  RestoreOptions options;
  options.from = sqlite::ResolveDirectoryOf(command.file);
  options.path = path;
  options.replace = command.replace;
  options.on_damage = Print;
  options.progress = Progress("restore");
  const absl::StatusOr<Restored> restored = RestoreStore(options);
  if (!restored.ok()) return Fail(restored.status());
  if (!restored->aside.empty()) {
    std::printf("the store that was there is %s now\n", restored->aside.c_str());
  }
  std::printf("%s is restored from %s\n", path.c_str(), command.file.c_str());
  return EXIT_SUCCESS;
}

int MigrateCommand(const std::string& path, const StoreCommand& command) {
  MigrateOptions options;
  options.path = path;
  options.dry_run = command.dry_run;
  const absl::StatusOr<std::vector<std::string>> steps = MigrateStore(options);
  if (!steps.ok()) return Fail(steps.status());
  for (const std::string& step : *steps) {
    std::printf("%s %s\n", command.dry_run ? "would apply" : "applied", step.c_str());
  }
  if (steps->empty()) std::printf("%s is up to date; nothing is to do\n", path.c_str());
  return EXIT_SUCCESS;
}

}  // namespace

int RunStoreCommand(const CommandLine& command) {
  sqlite::RemoveStagedFilesAtSignals();
  const std::string path = *ParseSqliteStore(command.config.store);
  switch (command.action) {
    case CommandLine::Action::kCheckStore:
      return CheckCommand(path);
    case CommandLine::Action::kBackUp:
      return BackupCommand(path, command.store.file);
    case CommandLine::Action::kRestore:
      return RestoreCommand(path, command.store);
    case CommandLine::Action::kMigrate:
      return MigrateCommand(path, command.store);
    default:
      return kExitSoftware;
  }
}

}  // namespace tiermark
