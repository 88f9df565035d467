// Makes committed groups durable, and only then has them answered, while the committer goes on.
#pragma once

#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "storage/answer_threads.h"
#include "storage/commit_backend.h"
#include "storage/group.h"
#include "storage/mutex.h"
#include "storage/store_observer.h"

namespace tiermark {

// What a write is answered with whose commit may turn out to be durable, and may not. UNKNOWN.
absl::Status CommitUnknown();

// Used by one thread, the committer's; flushes on a thread of its own. A flush that fails leaves
// open what became of the groups it was for and of all that come after them.
class Flusher {
 public:
  // Called on whichever thread flushes.
  struct Listeners {
    // The log is durable up to this position; before the answers that tell of it.
    std::function<void(int64_t position)> on_durable;
    // At most once, before the answers that tell of it.
    std::function<void(const absl::Status&)> on_failure;
    // Of flushes that went well.
    StoreObserver* observer = NoStoreObserver();
  };

  // Both must outlive it.
  Flusher(CommitBackend* backend, AnswerThreads* answer_threads, Listeners listeners);
  ~Flusher();
  Flusher(const Flusher&) = delete;
  Flusher& operator=(const Flusher&) = delete;

  // Hands out the answers of a group, in the order of these calls, when it and those before it are
  // durable. `committed`: the group changed something; the log now reaches to `position`. `here`:
  // nothing else is to be done meanwhile, so it may as well happen on this thread. Waits while
  // kUnflushedGroupsMax groups do.
  void Post(std::vector<Answer> answers, bool committed, int64_t position, bool here);

  // Waits until every group is flushed, and its answers are with the answer threads.
  void Drain();

  static constexpr size_t kUnflushedGroupsMax = 2;

 private:
  struct Unflushed {
    std::vector<Answer> answers;
    bool committed = false;
    int64_t position = 0;
  };

  void Run();
  void Flush(std::vector<Unflushed> groups);

  CommitBackend* const backend_;
  AnswerThreads* const answer_threads_;
  const Listeners listeners_;
  // Of whichever thread flushes.
  bool failed_ = false;
  Mutex mutex_;
  CondVar wake_;
  CondVar flushed_;
  std::vector<Unflushed> waiting_ ABSL_GUARDED_BY(mutex_);
  bool flushing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tiermark
