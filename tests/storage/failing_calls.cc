#include "tests/storage/failing_calls.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace tiermark {

FailingCalls& failing_calls() {
  static FailingCalls calls;
  return calls;
}

}  // namespace tiermark

// Those of the program come before those of the system's library.
extern "C" {

int fsync(int file) {
  struct stat status {};
  if (fstat(file, &status) == 0 && S_ISDIR(status.st_mode) &&
      tiermark::failing_calls().directory_flushes_left-- <= 0) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(syscall(SYS_fsync, file));
}

int renameat2(int from_directory, const char* from, int to_directory, const char* to,
              unsigned int flags) noexcept {
  if (tiermark::failing_calls().renaming_anew && flags != 0) {
    errno = EINVAL;
    return -1;
  }
  return static_cast<int>(syscall(SYS_renameat2, from_directory, from, to_directory, to, flags));
}

}  // extern "C"
