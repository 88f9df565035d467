// Threads that hand out answers, so that the committer need not wait for callers.
#pragma once

#include <deque>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "storage/mutex.h"

namespace tiermark {

// Runs tasks, in order when there is one thread. Safe for any number of threads. Destruction runs
// what was posted and then ends the threads.
class AnswerThreads {
 public:
  explicit AnswerThreads(int threads);
  ~AnswerThreads();
  AnswerThreads(const AnswerThreads&) = delete;
  AnswerThreads& operator=(const AnswerThreads&) = delete;

  void Post(absl::AnyInvocable<void()> task);

  // Waits until everything that was posted before has run. Not from a task.
  void Drain();

 private:
  void Run();

  Mutex mutex_;
  CondVar wake_;
  CondVar drained_;
  std::deque<absl::AnyInvocable<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  int asleep_ ABSL_GUARDED_BY(mutex_) = 0;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace tiermark
