// Wakes those who wait for the log to grow.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "storage/mutex.h"

namespace tiermark {

// One thread for all who wait, however many. Thread-safe. Outlives the store that tells it of
// commits. Time is the machine's own here: what it measures is how long nothing was said.
class FeedHub {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using WaitId = uint64_t;

  FeedHub();
  // Those who still wait are never woken.
  ~FeedHub();
  FeedHub(const FeedHub&) = delete;
  FeedHub& operator=(const FeedHub&) = delete;

  // For Store::OnCommit.
  void Committed();

  // How many commits there were. A reader takes this before it reads, and waits for what comes
  // after it: so no commit falls in between.
  uint64_t commits() const { return commits_; }

  // Calls `wake` once, on the hub's thread, when there are more commits than `seen`, or at `until`.
  // `wake` must not block.
  WaitId Wait(uint64_t seen, TimePoint until, absl::AnyInvocable<void()> wake);

  // Ends a wait. If its `wake` runs already, that is not waited for.
  void Forget(WaitId id);

 private:
  struct Waiter {
    TimePoint until;
    absl::AnyInvocable<void()> wake;
  };
  using Waiters = std::map<WaitId, Waiter>;

  void Run();
  // Takes out those whose time has come.
  Waiters TakeDue(TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::atomic<uint64_t> commits_ = 0;
  Mutex mutex_;
  CondVar changed_;
  Waiters waiters_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<TimePoint, WaitId>> times_ ABSL_GUARDED_BY(mutex_);
  WaitId last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  // There are more commits than some waiter has seen.
  bool behind_ ABSL_GUARDED_BY(mutex_) = false;
  // When all were woken last.
  TimePoint woken_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tiermark
