// The file of a store: that it is ours, ours alone, and somewhere that keeps its promises.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace tiermark::sqlite {

// Holds a store's file for this process, by a lock on "<path>.lock", until it goes.
class FileLock {
 public:
  // FAILED_PRECONDITION, STORE_IN_USE: another process has it.
  static absl::StatusOr<FileLock> Take(const std::string& path);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// Makes the file if there is none (mode 0600), and its directory (mode 0700) if only that is
// missing. Returns the path with links in its directory resolved.
//   FAILED_PRECONDITION, with words that say what to do: STORE_PATH_MISSING,
//   STORE_PATH_NOT_WRITABLE, STORE_FILE_NOT_REGULAR, STORE_FILE_NOT_OWNED, STORE_ON_NETWORK.
absl::StatusOr<std::string> PrepareFile(const std::string& path);

}  // namespace tiermark::sqlite
