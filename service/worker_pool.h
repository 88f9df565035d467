// Threads for reads that may take a while.
#pragma once

#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "storage/fair_queue.h"
#include "storage/mutex.h"

namespace tiermark {

struct WorkerPoolOptions {
  // What its threads are called, at most 15 characters.
  const char* name = "worker";
  int threads = 1;
  size_t queue_max = 0;
  // Its threads let others go first.
  bool gives_way = false;
};

// A fixed number of threads behind a bounded queue, in which tenants take turns and none of several
// fills more than three quarters. Thread-safe. Destruction runs what is queued.
class WorkerPool {
 public:
  explicit WorkerPool(const WorkerPoolOptions& options);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Runs a tenant's `work` later on one of the threads. False, and it never runs, when the queue is
  // full.
  bool Submit(TenantId tenant, absl::AnyInvocable<void()> work);

  const WorkerPoolOptions& options() const { return options_; }
  // How much is queued.
  size_t waiting() const;

 private:
  void Work();

  const WorkerPoolOptions options_;
  mutable Mutex mutex_;
  CondVar changed_;
  FairQueue<absl::AnyInvocable<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace tiermark
