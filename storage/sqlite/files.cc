#include "storage/sqlite/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scoring/error.h"

namespace tiermark::sqlite {
namespace {

absl::Status Refuse(absl::string_view reason, absl::string_view message) {
  return ReasonedError(absl::StatusCode::kFailedPrecondition, reason, message);
}

// File systems shared between machines, whose locks and memory maps are not: NFS, SMB and CIFS,
// AFS, Coda, 9P, Ceph, Lustre, GPFS, OCFS2.
bool IsNetworkFileSystem(uint32_t magic) {
  static constexpr uint32_t kMagics[] = {0x6969,     0x517B,     0xFF534D42, 0xFE534D42,
                                         0x5346414F, 0x73757245, 0x01021997, 0x00C36400,
                                         0x0BD00BD0, 0x47504653, 0x7461636F};
  return std::find(std::begin(kMagics), std::end(kMagics), magic) != std::end(kMagics);
}

absl::Status CannotWrite(const std::string& what) {
  return Refuse("STORE_PATH_NOT_WRITABLE",
                absl::StrCat(what, " cannot be written (", std::strerror(errno),
                             "); give this user the right to, or give --store another path"));
}

// With links resolved; nothing where there is no such directory.
std::optional<std::string> RealPath(const std::string& directory) {
  const std::unique_ptr<char, decltype(&free)> resolved(realpath(directory.c_str(), nullptr),
                                                        &free);
  if (resolved == nullptr) return std::nullopt;
  return std::string(resolved.get());
}

std::string FileIn(const std::string& directory, const std::string& name) {
  return absl::StrCat(directory, directory == "/" ? "" : "/", name);
}

// The directory with links resolved; made if only it is missing.
absl::StatusOr<std::string> PrepareDirectory(const std::string& directory) {
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    if (errno != ENOENT) return CannotWrite(absl::StrCat("directory ", directory));
    return Refuse("STORE_PATH_MISSING",
                  absl::StrCat("the directory above ", directory,
                               " does not exist; create it, or give --store another path"));
  }
  std::optional<std::string> resolved = RealPath(directory);
  if (!resolved.has_value()) return CannotWrite(absl::StrCat("directory ", directory));
  struct statfs system {};
  if (statfs(resolved->c_str(), &system) == 0 &&
      IsNetworkFileSystem(static_cast<uint32_t>(system.f_type))) {
    return Refuse("STORE_ON_NETWORK",
                  absl::StrCat(directory,
                               " is on a network file system, which does not keep a database "
                               "safe; give --store a path on a local disk"));
  }
  // The write-ahead log and the lock are made beside the file.
  if (access(resolved->c_str(), W_OK | X_OK) != 0) {
    return CannotWrite(absl::StrCat("directory ", directory));
  }
  return *std::move(resolved);
}

}  // namespace

std::string ResolveDirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const bool here = slash == std::string::npos;
  const std::optional<std::string> directory = RealPath(here ? "." : path.substr(0, slash + 1));
  if (!directory.has_value()) return path;
  return FileIn(*directory, here ? path : path.substr(slash + 1));
}

absl::StatusOr<std::string> PrepareFile(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name.empty() || name == "." || name == "..") {
    return Refuse("STORE_PATH_MISSING", "--store=sqlite:PATH has to name a file");
  }
  absl::StatusOr<std::string> directory =
      PrepareDirectory(slash == std::string::npos ? "." : path.substr(0, slash + 1));
  if (!directory.ok()) return directory.status();
  std::string file = FileIn(*directory, name);

  const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    if (errno == ELOOP || errno == EISDIR) {
      return Refuse("STORE_FILE_NOT_REGULAR",
                    absl::StrCat(path, " is a link or a directory; give --store a plain file"));
    }
    return CannotWrite(path);
  }
  struct stat status {};
  const int stat_result = fstat(descriptor, &status);
  close(descriptor);
  if (stat_result != 0 || !S_ISREG(status.st_mode)) {
    return Refuse("STORE_FILE_NOT_REGULAR",
                  absl::StrCat(path, " is not a plain file; give --store one"));
  }
  if (status.st_uid != geteuid()) {
    return Refuse(
        "STORE_FILE_NOT_OWNED",
        absl::StrCat(path, " belongs to user ", status.st_uid, " and not to user ", geteuid(),
                     ", who runs this server; run it as the owner, or "
                     "change the file's owner"));
  }
  return file;
}

absl::StatusOr<std::string> FindFile(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 && errno == ENOENT) {
    return ReasonedError(absl::StatusCode::kNotFound, "STORE_MISSING",
                         absl::StrCat(path,
                                      " does not exist; say with --store=sqlite:PATH where "
                                      "the store is"));
  }
  return PrepareFile(path);
}

bool HasWal(const std::string& path) {
  struct stat status {};
  return stat(absl::StrCat(path, "-wal").c_str(), &status) == 0 && status.st_size > 0;
}

absl::StatusOr<FileLock> FileLock::Take(const std::string& path) {
  absl::StatusOr<std::optional<FileLock>> lock = Take(path, O_CREAT);
  if (!lock.ok()) return lock.status();
  return **std::move(lock);
}

absl::StatusOr<std::optional<FileLock>> FileLock::TakeIfThere(const std::string& path) {
  return Take(path, 0);
}

absl::StatusOr<std::optional<FileLock>> FileLock::Take(const std::string& path, int more_flags) {
  const std::string lock_path = absl::StrCat(path, ".lock");
  const int descriptor =
      open(lock_path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | more_flags, 0600);
  if (descriptor < 0 && errno == ENOENT && more_flags == 0) return std::optional<FileLock>();
  if (descriptor < 0) return CannotWrite(lock_path);
  FileLock lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    char holder[24] = {};
    if (pread(descriptor, holder, sizeof(holder) - 1, 0) <= 0) std::strcpy(holder, "unknown");
    return Refuse("STORE_IN_USE", absl::StrCat(path, " is in use by another server (process ",
                                               holder, "); stop it, or give --store another path"));
  }
  // For whoever comes second; the lock holds without it.
  const std::string process = absl::StrCat(getpid());
  if (ftruncate(descriptor, 0) == 0 && pwrite(descriptor, process.data(), process.size(), 0) < 0) {
    errno = 0;
  }
  return std::optional<FileLock>(std::move(lock));
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace tiermark::sqlite
