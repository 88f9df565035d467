#include "storage/flusher.h"

#include <algorithm>
#include <utility>

#include "scoring/error.h"
#include "storage/stopwatch.h"
#include "storage/thread_name.h"

namespace tiermark {
namespace {

void Post(std::vector<Answer> answers, AnswerThreads* answer_threads) {
  answer_threads->Post([answers = std::move(answers)]() mutable {
    for (Answer& answer : answers) {
      // What the answer holds ends with it, and not with the last of its group.
      Answer one = std::move(answer);
      one.done(std::move(one.outcome));
    }
  });
}

}  // namespace

absl::Status CommitUnknown() {
  return ReasonedError(absl::StatusCode::kUnknown, "COMMIT_UNKNOWN",
                       "the write may or may not be kept; send it again with the same request_id");
}

Flusher::Flusher(CommitBackend* backend, AnswerThreads* answer_threads, Listeners listeners)
    : backend_(backend),
      answer_threads_(answer_threads),
      listeners_(std::move(listeners)),
      thread_([this] { Run(); }) {}

Flusher::~Flusher() {
  {
    MutexLock lock(&mutex_);
    ending_ = true;
  }
  wake_.SignalAll();
  thread_.join();
}

void Flusher::Post(std::vector<Answer> answers, bool committed, int64_t position, bool here) {
  {
    MutexLock lock(&mutex_);
    while (waiting_.size() >= kUnflushedGroupsMax) flushed_.Wait(&mutex_);
    here = here && waiting_.empty() && !flushing_;
  }
  std::vector<Unflushed> alone;
  alone.push_back({std::move(answers), committed, position});
  if (here) {
    Flush(std::move(alone));
    return;
  }
  {
    MutexLock lock(&mutex_);
    waiting_.push_back(std::move(alone.front()));
  }
  wake_.Signal();
}

void Flusher::Drain() {
  MutexLock lock(&mutex_);
  while (!waiting_.empty() || flushing_) flushed_.Wait(&mutex_);
}

void Flusher::Run() {
  NameThisThread("flusher");
  mutex_.Lock();
  while (true) {
    while (waiting_.empty() && !ending_) wake_.Wait(&mutex_);
    if (waiting_.empty()) break;
    std::vector<Unflushed> groups = std::move(waiting_);
    waiting_.clear();
    flushing_ = true;
    mutex_.Unlock();
    flushed_.SignalAll();
    Flush(std::move(groups));
    mutex_.Lock();
    flushing_ = false;
    flushed_.SignalAll();
  }
  mutex_.Unlock();
}

void Flusher::Flush(std::vector<Unflushed> groups) {
  const bool committed = std::any_of(groups.begin(), groups.end(),
                                     [](const Unflushed& group) { return group.committed; });
  if (committed && !failed_) {
    const Stopwatch watch;
    if (const absl::Status flushed = backend_->Flush(); !flushed.ok()) {
      failed_ = true;
      listeners_.on_failure(flushed);
    } else {
      listeners_.observer->Flushed(watch.Elapsed());
      listeners_.on_durable(groups.back().position);
    }
  }
  for (Unflushed& group : groups) {
    if (failed_) {
      for (Answer& answer : group.answers) {
        // Also the answer to a repeated request, whose first write may be among the lost.
        if (answer.needs_flush) answer.outcome = CommitUnknown();
      }
    }
    tiermark::Post(std::move(group.answers), answer_threads_);
  }
}

}  // namespace tiermark
