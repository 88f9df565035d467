#include "storage/sqlite/file_steps.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scoring/error.h"

namespace tiermark::sqlite {
namespace {

absl::Status Refuse(absl::string_view reason, absl::string_view message) {
  return ReasonedError(absl::StatusCode::kFailedPrecondition, reason, message);
}

// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }

 private:
  const int number_;
};

int64_t SizeOf(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? static_cast<int64_t>(status.st_size) : 0;
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

absl::Status CannotMake(absl::string_view what) {
  return Refuse("FILE_NOT_WRITABLE",
                absl::StrCat(what, " cannot be written (", std::strerror(errno), ")"));
}

bool Exists(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0;
}

absl::StatusOr<StagedFile> StagedFile::Take(const std::string& from, std::string path) {
  if (rename(from.c_str(), path.c_str()) != 0) {
    if (errno == EXDEV) return Refuse("OTHER_DISK", absl::StrCat(path, " is on another disk"));
    return CannotMake(path);
  }
  const int descriptor = open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0 || flock(descriptor, LOCK_EX | LOCK_NB) != 0) return CannotMake(path);
  return StagedFile(std::move(path), descriptor);
}

absl::StatusOr<StagedFile> StagedFile::Make(std::string path) {
  const int descriptor =
      open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) return CannotMake(path);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    close(descriptor);
    return Refuse("FILE_IN_THE_WAY", absl::StrCat(path, " is being written by another process"));
  }
  StagedFile staged(std::move(path), descriptor);
  if (fchmod(descriptor, S_IRUSR | S_IWUSR) != 0 || ftruncate(descriptor, 0) != 0) {
    return CannotMake(staged.path());
  }
  return staged;
}

StagedFile::StagedFile(StagedFile&& other) noexcept
    : path_(std::exchange(other.path_, "")), descriptor_(std::exchange(other.descriptor_, -1)) {}

StagedFile::~StagedFile() {
  if (!path_.empty()) {
    unlink(path_.c_str());
    unlink(absl::StrCat(path_, "-journal").c_str());
  }
  if (descriptor_ >= 0) close(descriptor_);
}

absl::Status StagedFile::Place(const std::string& name) {
  if (fsync(descriptor_) != 0) return CannotMake(path_);
  if (renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, name.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) return Refuse("FILE_EXISTS", absl::StrCat(name, " exists"));
    return CannotMake(name);
  }
  path_.clear();
  return FlushDirectoryOf(name);
}

absl::Status FlushDirectoryOf(const std::string& path) {
  const std::string directory = DirectoryOf(path);
  const Descriptor opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0 || fsync(opened.get()) != 0) return CannotMake(directory);
  return absl::OkStatus();
}

absl::Status CopyBytes(const std::string& from, const std::string& to,
                       const StoreProgress& progress) {
  constexpr size_t kBytesAtOnce = 1 << 20;
  const Descriptor source(open(from.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (source.get() < 0) {
    return Refuse("FILE_NOT_READABLE",
                  absl::StrCat(from, " cannot be read (", std::strerror(errno), ")"));
  }
  const Descriptor target(open(to.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
  if (target.get() < 0) return CannotMake(to);
  const int64_t total = SizeOf(from);
  int64_t done = 0;
  std::string bytes(kBytesAtOnce, '\0');
  while (true) {
    const ssize_t taken = read(source.get(), bytes.data(), bytes.size());
    if (taken == 0) break;
    if (taken < 0) {
      return Refuse("FILE_NOT_READABLE",
                    absl::StrCat(from, " cannot be read (", std::strerror(errno), ")"));
    }
    for (ssize_t put = 0; put < taken;) {
      const ssize_t now = write(target.get(), bytes.data() + put, static_cast<size_t>(taken - put));
      if (now < 0) return CannotMake(to);
      put += now;
    }
    done += taken;
    progress("bytes", done, std::max(done, total));
  }
  return absl::OkStatus();
}

int64_t StoreBytes(const std::string& path) {
  return SizeOf(path) + SizeOf(absl::StrCat(path, "-wal"));
}

absl::Status CheckRoom(const std::string& path, int64_t bytes) {
  constexpr int64_t kSpareBytes = int64_t{64} << 20;
  struct statvfs disk {};
  if (statvfs(DirectoryOf(path).c_str(), &disk) != 0) return CannotMake(DirectoryOf(path));
  const int64_t room = static_cast<int64_t>(disk.f_bavail) * static_cast<int64_t>(disk.f_frsize);
  if (room >= bytes + kSpareBytes) return absl::OkStatus();
  return Refuse("DISK_TOO_SMALL",
                absl::StrCat("the disk of ", path, " has ", room >> 20, " MiB left, and ",
                             (bytes + kSpareBytes) >> 20, " MiB are needed"));
}

}  // namespace tiermark::sqlite
