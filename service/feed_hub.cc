#include "service/feed_hub.h"

#include <algorithm>
#include <utility>

#include "storage/thread_name.h"

namespace tiermark {
namespace {

// At least so long from one waking of all to the next: under many writes readers get fewer and
// larger pieces, and leave the processor to the writers.
constexpr std::chrono::milliseconds kRest(10);

}  // namespace

FeedHub::FeedHub() : thread_([this] { Run(); }) {}

FeedHub::~FeedHub() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.SignalAll();
  }
  thread_.join();
}

void FeedHub::Committed() {
  MutexLock lock(&mutex_);
  ++commits_;
  if (waiters_.empty() || behind_) return;
  behind_ = true;
  changed_.Signal();
}

FeedHub::WaitId FeedHub::Wait(uint64_t seen, TimePoint until, absl::AnyInvocable<void()> wake) {
  MutexLock lock(&mutex_);
  const WaitId id = ++last_id_;
  waiters_.emplace(id, Waiter{until, std::move(wake)});
  times_.emplace(until, id);
  if (seen < commits_) behind_ = true;
  if (behind_ || times_.begin()->second == id) changed_.Signal();
  return id;
}

void FeedHub::Forget(WaitId id) {
  // Its `wake` may own things; it goes when the lock is free.
  Waiters::node_type forgotten;
  MutexLock lock(&mutex_);
  const auto found = waiters_.find(id);
  if (found == waiters_.end()) return;
  times_.erase({found->second.until, id});
  forgotten = waiters_.extract(found);
}

FeedHub::Waiters FeedHub::TakeDue(TimePoint now) {
  Waiters due;
  if (behind_ && now >= woken_ + kRest) {
    behind_ = false;
    woken_ = now;
    due.swap(waiters_);
    times_.clear();
    return due;
  }
  while (!times_.empty() && times_.begin()->first <= now) {
    due.insert(waiters_.extract(times_.begin()->second));
    times_.erase(times_.begin());
  }
  return due;
}

void FeedHub::Run() {
  NameThisThread("feed");
  while (true) {
    Waiters due;
    {
      MutexLock lock(&mutex_);
      while (!stopping_ && (due = TakeDue(std::chrono::steady_clock::now())).empty()) {
        TimePoint next = times_.empty() ? TimePoint::max() : times_.begin()->first;
        if (behind_) next = std::min(next, woken_ + kRest);
        if (next == TimePoint::max()) {
          changed_.Wait(&mutex_);
        } else {
          changed_.WaitUntil(&mutex_, next);
        }
      }
      if (stopping_) return;
    }
    for (auto& [id, waiter] : due) waiter.wake();
  }
}

}  // namespace tiermark
