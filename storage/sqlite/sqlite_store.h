// A store in one SQLite file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/clock.h"
#include "storage/store.h"
#include "storage/store_observer.h"

namespace tiermark {

struct SqliteStoreOptions {
  // The file. It is made if there is none, and its directory if only that is missing.
  std::string path;

  // Connections that read; as many reads run at once.
  int readers = 4;

  // Not owned.
  const Clock* clock = SystemClock();

  // Threads that run the writes' `done`. With more than one they run in no order.
  int answer_threads = 1;

  // Called once, on an answer thread, when the outcome of a commit is unknown: the store takes no
  // more writes, and the process should end (std::_Exit), so that a restart finds out.
  std::function<void(const absl::Status&)> on_fatal;

  // Gets the driver's own words on what went wrong; from any thread. They are not for callers.
  std::function<void(absl::string_view)> log;

  // Told of commits, checkpoints and what fails. Not owned.
  StoreObserver* observer = NoStoreObserver();

  // Page cache of the connection that writes, and of each that reads.
  int64_t cache_bytes = int64_t{64} << 20;
  int64_t reader_cache_bytes = int64_t{4} << 20;

  // A write-ahead log of so many pages is moved into the file.
  int checkpoint_frames = 12'000;

  // Bounds the file, in pages; 0: no bound. For tests of a full disk.
  int64_t pages_max = 0;
};

// A store whose file can be copied while it serves.
class SqliteStore : public Store {
 public:
  // Copies the store into a file beside it and returns its path, which is CopyPathOf the store's;
  // whoever calls takes it away. The copy is made between commits and holds all that were durable
  // before the call. It is one plain file, neither flushed nor checked. `progress` is called now
  // and then with the pages that are copied and how many there are; false ends the backup.
  //   FAILED_PRECONDITION: BACKUP_UNDER_WAY: there is another; DISK_TOO_SMALL; BACKUP_NOT_WRITTEN;
  //   DATA_LOSS, STORE_DAMAGED; CANCELLED; UNAVAILABLE, STORE_CLOSING.
  virtual absl::StatusOr<std::string> BackUp(
      const std::function<bool(int64_t done, int64_t total)>& progress) = 0;
};

// Opens the store, brings its schema up to date, and recovers what a crash left.
//   FAILED_PRECONDITION: the store cannot be used so; the message says why and what to do.
//   DATA_LOSS: the file is damaged.
absl::StatusOr<std::unique_ptr<SqliteStore>> OpenSqliteStore(const SqliteStoreOptions& options);

// Where BackUp of the store at that path makes its copy. Nobody else makes files of that name.
std::string CopyPathOf(const std::string& store_path);

// The path of "sqlite:PATH". INVALID_ARGUMENT for anything else.
absl::StatusOr<std::string> ParseSqliteStore(absl::string_view store);

}  // namespace tiermark
