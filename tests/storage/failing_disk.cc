#include "tests/storage/failing_disk.h"

#include <sqlite3.h>

#include <atomic>
#include <cstdlib>
#include <mutex>

namespace tiermark {
namespace {

struct Fault {
  std::atomic<int> good = -1;  // -1: never fails.
  std::atomic<int> code = SQLITE_OK;
  std::atomic<bool> met = false;

  bool Strikes() {
    int left = good;
    while (left > 0) {
      if (good.compare_exchange_weak(left, left - 1)) return false;
    }
    if (left < 0) return false;
    met = true;
    return true;
  }
};

Fault write_fault;
Fault sync_fault;
sqlite3_vfs* real_vfs = nullptr;
sqlite3_vfs failing_vfs;

// Files with locks have other methods than those without, as the log is.
struct Methods {
  const sqlite3_io_methods* real = nullptr;
  sqlite3_io_methods failing;
};
constexpr int kMethodsMax = 4;
std::mutex methods_mutex;
Methods methods[kMethodsMax];

const sqlite3_io_methods* RealMethods(sqlite3_file* file) {
  for (const Methods& known : methods) {
    if (file->pMethods == &known.failing) return known.real;
  }
  std::abort();
}

int FailingWrite(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  if (write_fault.Strikes()) return write_fault.code;
  return RealMethods(file)->xWrite(file, data, size, offset);
}

int FailingSync(sqlite3_file* file, int flags) {
  if (sync_fault.Strikes()) return sync_fault.code;
  return RealMethods(file)->xSync(file, flags);
}

int FailingOpen(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags,
                int* out_flags) {
  const int code = real_vfs->xOpen(real_vfs, name, file, flags, out_flags);
  if (code != SQLITE_OK) return code;
  const std::lock_guard<std::mutex> lock(methods_mutex);
  for (Methods& known : methods) {
    if (known.real == nullptr) {
      known.real = file->pMethods;
      known.failing = *file->pMethods;
      known.failing.xWrite = FailingWrite;
      known.failing.xSync = FailingSync;
    }
    if (known.real == file->pMethods) {
      file->pMethods = &known.failing;
      return SQLITE_OK;
    }
  }
  std::abort();
}

}  // namespace

FailingDisk::FailingDisk() {
  if (real_vfs == nullptr) {
    real_vfs = sqlite3_vfs_find(nullptr);
    failing_vfs = *real_vfs;
    failing_vfs.zName = "failing";
    failing_vfs.pNext = nullptr;
    failing_vfs.xOpen = FailingOpen;
  }
  if (sqlite3_vfs_register(&failing_vfs, 1) != SQLITE_OK) std::abort();
}

FailingDisk::~FailingDisk() {
  Heal();
  sqlite3_vfs_register(real_vfs, 1);
}

void FailingDisk::Fail(Operation operation, int good, int sqlite_code) {
  Fault& fault = operation == Operation::kWrite ? write_fault : sync_fault;
  fault.met = false;
  fault.code = sqlite_code;
  fault.good = good;
}

void FailingDisk::Heal() {
  write_fault.good = -1;
  sync_fault.good = -1;
}

bool FailingDisk::failed() const { return write_fault.met || sync_fault.met; }

}  // namespace tiermark
