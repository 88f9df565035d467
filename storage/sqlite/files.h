// The file of a store: that it is ours, ours alone, and somewhere that keeps its promises.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace tiermark::sqlite {

// Holds a store's file for this process, by a lock on "<path>.lock", until it goes.
class FileLock {
 public:
  // FAILED_PRECONDITION, STORE_IN_USE: another process has it.
  static absl::StatusOr<FileLock> Take(const std::string& path);

  // The same, without making the file of the lock. Nothing when there is none: no server ever had
  // the store.
  static absl::StatusOr<std::optional<FileLock>> TakeIfThere(const std::string& path);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  static absl::StatusOr<std::optional<FileLock>> Take(const std::string& path, int more_flags);

  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// Makes the file if there is none (mode 0600), and its directory (mode 0700) if only that is
// missing. Returns the path with links in its directory resolved.
//   FAILED_PRECONDITION, with words that say what to do: STORE_PATH_MISSING,
//   STORE_PATH_NOT_WRITABLE, STORE_FILE_NOT_REGULAR, STORE_FILE_NOT_OWNED, STORE_ON_NETWORK.
absl::StatusOr<std::string> PrepareFile(const std::string& path);

// As PrepareFile, of a store that is there already: neither file nor directory is made.
//   NOT_FOUND, STORE_MISSING; FAILED_PRECONDITION as above.
absl::StatusOr<std::string> FindFile(const std::string& path);

// The path with links in its directory resolved, since SQLite follows none; as it is when there is
// no such directory, of which whoever opens it will tell.
std::string ResolveDirectoryOf(const std::string& path);

// Whether a write-ahead log beside the file holds anything.
bool HasWal(const std::string& path);

}  // namespace tiermark::sqlite
