// Counts what a store tells.
#pragma once

#include <atomic>
#include <map>

#include "storage/mutex.h"
#include "storage/store_observer.h"

namespace tiermark {

class CountingObserver : public StoreObserver {
 public:
  void GroupCommitted(size_t count, absl::Duration took) override {
    ++groups;
    writes += static_cast<int>(count);
    sane = sane && took >= absl::ZeroDuration();
  }
  void Flushed(absl::Duration took) override {
    ++flushes;
    sane = sane && took >= absl::ZeroDuration();
  }
  void Checkpointed(CheckpointStep step, absl::Duration took) override {
    MutexLock lock(&mutex_);
    ++steps_[step];
    sane = sane && took >= absl::ZeroDuration();
  }
  void Failed(StoreFault fault) override {
    MutexLock lock(&mutex_);
    ++faults_[fault];
  }

  int steps(CheckpointStep step) {
    MutexLock lock(&mutex_);
    return steps_[step];
  }
  std::map<StoreFault, int> faults() {
    MutexLock lock(&mutex_);
    return faults_;
  }

  std::atomic<int> groups = 0;
  std::atomic<int> writes = 0;
  std::atomic<int> flushes = 0;
  // No time was negative.
  std::atomic<bool> sane = true;

 private:
  Mutex mutex_;
  std::map<CheckpointStep, int> steps_ ABSL_GUARDED_BY(mutex_);
  std::map<StoreFault, int> faults_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tiermark
