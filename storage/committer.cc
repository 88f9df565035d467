#include "storage/committer.h"

#include <utility>

#include "scoring/error.h"
#include "storage/thread_name.h"

namespace tiermark {
namespace {

constexpr absl::Duration kQueueRetryDelay = absl::Milliseconds(250);

absl::Status QueueFull() {
  return OverloadError("WRITE_QUEUE_FULL", "too many writes wait; nothing was written",
                       kQueueRetryDelay);
}

absl::Status Closing() {
  return ReasonedError(absl::StatusCode::kUnavailable, "STORE_CLOSING",
                       "the server is closing; nothing was written");
}

absl::Status Failed() {
  return ReasonedError(absl::StatusCode::kUnavailable, "STORE_FAILED",
                       "the store had a failure and takes no more writes; nothing was written");
}

// Faults of the medium hit every write; others may come from one record.
bool ConcernsOneRecord(const absl::Status& status) {
  return !absl::IsResourceExhausted(status) && !absl::IsUnavailable(status);
}

}  // namespace

Committer::Committer(CommitBackend* backend, CommitterOptions options)
    : backend_(backend),
      options_(std::move(options)),
      answer_threads_(options_.answer_threads),
      flusher_(backend, &answer_threads_,
               [this](const absl::Status& status) { StopServing(status); }),
      thread_([this] { Run(); }) {}

Committer::~Committer() { Close(); }

void Committer::Apply(AccountWrite write) {
  switch (queue_.Push(&write)) {
    case WriteQueue::Pushed::kAccepted:
      return;
    case WriteQueue::Pushed::kFull:
      return Refuse(std::move(write), QueueFull());
    case WriteQueue::Pushed::kClosed:
      return Refuse(std::move(write), failed_ ? Failed() : Closing());
  }
}

void Committer::Close() {
  MutexLock lock(&close_mutex_);
  queue_.Close();
  if (thread_.joinable()) thread_.join();
  answer_threads_.Drain();
}

void Committer::Run() {
  NameThisThread("committer");
  while (true) {
    std::vector<AccountWrite> writes = queue_.TakeGroup();
    if (writes.empty()) break;
    if (failed_) {
      for (AccountWrite& write : writes) Refuse(std::move(write), Failed());
      continue;
    }
    RunGroup(std::move(writes));
    if (failed_) continue;
    if (absl::Status maintained = backend_->Maintain(); !maintained.ok()) StopServing(maintained);
  }
  flusher_.Drain();
  if (failed_ && options_.on_fatal) {
    answer_threads_.Post([this] { options_.on_fatal(fatal_status_); });
  }
}

void Committer::RunGroup(std::vector<AccountWrite> writes) {
  Group group(std::move(writes), backend_, options_.clock);
  if (Commit(&group)) return;
  // One record spoils the group: each write on its own, so that only those fail that meet it.
  for (AccountWrite& write : std::move(group).TakeWrites()) {
    if (failed_) {
      Refuse(std::move(write), Failed());
      continue;
    }
    std::vector<AccountWrite> alone;
    alone.push_back(std::move(write));
    Group single(std::move(alone), backend_, options_.clock);
    Commit(&single);
  }
}

// Ends the group. False: nothing was written or answered, and the writes should be tried one by
// one.
bool Committer::Commit(Group* group) {
  bool committed = false;
  if (absl::Status begun = backend_->Begin(); !begun.ok()) {
    group->FailAll(begun);
  } else {
    group->Decide();
    const GroupChange change = group->Changes();
    if (change.accounts.empty()) {
      backend_->Rollback();
    } else if (absl::Status written = backend_->Write(change); !written.ok()) {
      backend_->Rollback();
      if (group->size() > 1 && ConcernsOneRecord(written)) return false;
      group->Fail(written);
    } else {
      committed = End(backend_->Commit(), group);
    }
  }
  flusher_.Post(std::move(*group).TakeAnswers(), committed, queue_.empty());
  return true;
}

// Whether the transaction that ended so took effect.
bool Committer::End(const CommitOutcome& outcome, Group* group) {
  if (outcome.unknown) {
    group->Fail(CommitUnknown());
    StopServing(outcome.status);
  } else if (!outcome.status.ok()) {
    backend_->Rollback();
    group->Fail(outcome.status);
  }
  return outcome.status.ok();
}

void Committer::StopServing(const absl::Status& status) {
  if (failed_.exchange(true)) return;
  fatal_status_ = status;
  queue_.Close();
}

void Committer::Refuse(AccountWrite write, absl::Status status) {
  answer_threads_.Post([done = std::move(write.done), status = std::move(status)]() mutable {
    std::move(done)(std::move(status));
  });
}

}  // namespace tiermark
