// Steps with whole files that hold against kills and power cuts: made under another name, flushed,
// and only then renamed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/descriptor.h"
#include "storage/sqlite/check.h"

namespace tiermark::sqlite {

// A file on its way: private (0600), under its own name, for this process alone. Removed when this
// goes, unless it was placed.
class StagedFile {
 public:
  // Begins anew what an earlier try left.
  //   FAILED_PRECONDITION: FILE_IN_THE_WAY: another process is at it; FILE_NOT_WRITABLE.
  static absl::StatusOr<StagedFile> Make(std::string path);

  // The same, of a file that is there under another name and stands on the same disk. What fails
  // leaves it there.
  //   FAILED_PRECONDITION, OTHER_DISK: it does not.
  static absl::StatusOr<StagedFile> Take(const std::string& from, std::string path);

  StagedFile(StagedFile&& other) noexcept;
  StagedFile& operator=(StagedFile&&) = delete;
  ~StagedFile();

  const std::string& path() const { return path_; }

  // Flushes it and gives it its name, which nothing has. What fails leaves no file of that name.
  //   FAILED_PRECONDITION: FILE_EXISTS, FILE_NOT_WRITABLE.
  absl::Status Place(const std::string& name);

  // Gives it its name in place of what has that, and flushes nothing.
  absl::Status Replace(const std::string& name);

 private:
  StagedFile(std::string path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  // Empty once it was placed.
  std::string path_;
  // Locked.
  Descriptor file_;
};

// From here on SIGHUP, SIGINT and SIGTERM remove what this process has staged before they end it.
// For a command, before it has other threads.
void RemoveStagedFilesAtSignals();

// FAILED_PRECONDITION, FILE_NOT_WRITABLE, with the system's words of `errno`.
absl::Status CannotMake(absl::string_view what);

// Makes names in the path's directory durable.
absl::Status FlushDirectoryOf(const std::string& path);

// Copies bytes into a staged file. Cannot be told apart from the source when it returns OK.
absl::Status CopyBytes(const std::string& from, const std::string& to,
                       const StoreProgress& progress);

// FAILED_PRECONDITION, DISK_TOO_SMALL: the path's disk has no room for so much and some to spare.
absl::Status CheckRoom(const std::string& path, int64_t bytes);

// The bytes of a store and its write-ahead log; 0 where there is none.
int64_t StoreBytes(const std::string& path);

// Whether anything has that name.
bool Exists(const std::string& path);

}  // namespace tiermark::sqlite
