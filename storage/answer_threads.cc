#include "storage/answer_threads.h"

#include <algorithm>
#include <utility>

#include "storage/thread_name.h"

namespace tiermark {

AnswerThreads::AnswerThreads(int threads) {
  for (int i = 0; i < std::max(threads, 1); ++i) threads_.emplace_back([this] { Run(); });
}

AnswerThreads::~AnswerThreads() {
  {
    MutexLock lock(&mutex_);
    ending_ = true;
  }
  wake_.SignalAll();
  for (std::thread& thread : threads_) thread.join();
}

void AnswerThreads::Post(absl::AnyInvocable<void()> task) {
  bool wake = false;
  {
    MutexLock lock(&mutex_);
    tasks_.push_back(std::move(task));
    wake = asleep_ > 0;
  }
  if (wake) wake_.Signal();
}

void AnswerThreads::Drain() {
  MutexLock lock(&mutex_);
  while (!tasks_.empty() || running_ > 0) drained_.Wait(&mutex_);
}

void AnswerThreads::Run() {
  NameThisThread("answers");
  mutex_.Lock();
  while (true) {
    while (tasks_.empty() && !ending_) {
      ++asleep_;
      wake_.Wait(&mutex_);
      --asleep_;
    }
    if (tasks_.empty()) break;
    {
      absl::AnyInvocable<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      ++running_;
      mutex_.Unlock();
      task();
      // The task and what it holds ends outside the lock.
    }
    mutex_.Lock();
    --running_;
    if (tasks_.empty() && running_ == 0) drained_.SignalAll();
  }
  mutex_.Unlock();
}

}  // namespace tiermark
