#include "service/worker_pool.h"

#include <utility>

#include "storage/thread_name.h"

namespace tiermark {

WorkerPool::WorkerPool(const WorkerPoolOptions& options) : options_(options) {
  threads_.reserve(options.threads);
  for (int i = 0; i < options.threads; ++i) threads_.emplace_back([this] { Work(); });
}

WorkerPool::~WorkerPool() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.SignalAll();
  }
  for (std::thread& thread : threads_) thread.join();
}

bool WorkerPool::Submit(TenantId tenant, absl::AnyInvocable<void()> work) {
  MutexLock lock(&mutex_);
  if (stopping_ || queue_.size() >= options_.queue_max ||
      queue_.Crowds(tenant, options_.queue_max)) {
    return false;
  }
  queue_.Push(tenant, std::move(work));
  changed_.Signal();
  return true;
}

size_t WorkerPool::waiting() const {
  MutexLock lock(&mutex_);
  return queue_.size();
}

void WorkerPool::Work() {
  NameThisThread(options_.name);
  if (options_.gives_way) GiveWay();
  while (true) {
    absl::AnyInvocable<void()> work;
    {
      MutexLock lock(&mutex_);
      while (!stopping_ && queue_.empty()) changed_.Wait(&mutex_);
      if (queue_.empty()) return;
      work = queue_.Pop();
    }
    work();
  }
}

}  // namespace tiermark
