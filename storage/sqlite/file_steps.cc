#include "storage/sqlite/file_steps.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <set>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "scoring/error.h"
#include "storage/mutex.h"

namespace tiermark::sqlite {
namespace {

absl::Status Refuse(absl::string_view reason, absl::string_view message) {
  return ReasonedError(absl::StatusCode::kFailedPrecondition, reason, message);
}

int64_t SizeOf(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? static_cast<int64_t>(status.st_size) : 0;
}

// The paths of all staged files, for a signal to remove. Whoever holds the mutex may stage and
// place.
struct Staging {
  Mutex mutex;
  std::set<std::string> paths ABSL_GUARDED_BY(mutex);
};

Staging& TheStaging() {
  // Outlives the thread that waits for signals.
  static auto* const kStaging = new Staging;
  return *kStaging;
}

void Remove(const std::string& path) {
  unlink(path.c_str());
  unlink(absl::StrCat(path, "-journal").c_str());
}

// Opens the file for this process alone: whoever else stages it is told apart by a lock.
absl::StatusOr<Descriptor> OpenLocked(const std::string& path, int more_flags) {
  Descriptor file(
      open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | more_flags, S_IRUSR | S_IWUSR));
  if (file.get() < 0) return CannotMake(path);
  struct stat opened {};
  struct stat named {};
  // Between the two steps another process may have given the file another name.
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0 || fstat(file.get(), &opened) != 0 ||
      lstat(path.c_str(), &named) != 0 || opened.st_dev != named.st_dev ||
      opened.st_ino != named.st_ino) {
    return Refuse("FILE_IN_THE_WAY", absl::StrCat(path, " is being written by another process"));
  }
  return file;
}

// Renames to a name that nothing has; EEXIST where something does.
int RenameAnew(const std::string& from, const std::string& to) {
  const int renamed = renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  // NFS, FUSE and older ZFS know no such flag.
  if (renamed == 0 || errno != EINVAL) return renamed;
  if (link(from.c_str(), to.c_str()) != 0) return -1;
  unlink(from.c_str());
  return 0;
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
  absl::StatusOr<Descriptor> file = OpenLocked(from, 0);
  if (!file.ok()) return file.status();
  // Keeps others from that name until the file has it.
  absl::StatusOr<StagedFile> staged = Make(std::move(path));
  if (!staged.ok()) return staged;
  if (rename(from.c_str(), staged->path().c_str()) != 0) {
    if (errno != EXDEV) return CannotMake(staged->path());
    return Refuse("OTHER_DISK", absl::StrCat(staged->path(), " is on another disk"));
  }
  staged->file_ = *std::move(file);
  return staged;
}

absl::StatusOr<StagedFile> StagedFile::Make(std::string path) {
  absl::StatusOr<Descriptor> file = Descriptor();
  {
    MutexLock lock(&TheStaging().mutex);
    file = OpenLocked(path, O_CREAT);
    if (!file.ok()) return file.status();
    TheStaging().paths.insert(path);
  }
  StagedFile staged(std::move(path), *std::move(file));
  if (fchmod(staged.file_.get(), S_IRUSR | S_IWUSR) != 0 || ftruncate(staged.file_.get(), 0) != 0) {
    return CannotMake(staged.path());
  }
  return staged;
}

StagedFile::StagedFile(StagedFile&& other) noexcept
    : path_(std::exchange(other.path_, "")), file_(std::move(other.file_)) {}

StagedFile::~StagedFile() {
  if (path_.empty()) return;
  MutexLock lock(&TheStaging().mutex);
  Remove(path_);
  TheStaging().paths.erase(path_);
}

absl::Status StagedFile::Place(const std::string& name) {
  if (fsync(file_.get()) != 0) return CannotMake(path_);
  {
    MutexLock lock(&TheStaging().mutex);
    if (RenameAnew(path_, name) != 0) {
      if (errno == EEXIST) return Refuse("FILE_EXISTS", absl::StrCat(name, " exists"));
      return CannotMake(name);
    }
    TheStaging().paths.erase(path_);
    path_.clear();
  }
  absl::Status flushed = FlushDirectoryOf(name);
  if (!flushed.ok()) unlink(name.c_str());
  return flushed;
}

absl::Status StagedFile::Replace(const std::string& name) {
  MutexLock lock(&TheStaging().mutex);
  if (rename(path_.c_str(), name.c_str()) != 0) return CannotMake(name);
  TheStaging().paths.erase(path_);
  path_.clear();
  return absl::OkStatus();
}

void RemoveStagedFilesAtSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGHUP, SIGINT, SIGTERM}) {
    struct sigaction action {};
    // What is ignored, as by nohup, stays so.
    if (sigaction(number, nullptr, &action) == 0 && action.sa_handler != SIG_IGN) {
      sigaddset(&signals, number);
    }
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread([signals] {
    int number = 0;
    if (sigwait(&signals, &number) != 0) return;
    // For good: nothing is staged or placed any more.
    TheStaging().mutex.Lock();
    for (const std::string& path : TheStaging().paths) Remove(path);
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    raise(number);
  }).detach();
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
