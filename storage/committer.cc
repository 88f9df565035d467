#include "storage/committer.h"

#include <utility>

#include "scoring/error.h"
#include "storage/stopwatch.h"
#include "storage/tenant_write.h"
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
               {options_.on_durable, [this](const absl::Status& status) { StopServing(status); },
                options_.observer}),
      thread_([this] { Run(); }) {}

Committer::~Committer() { Close(); }

void Committer::Apply(AccountWrite write) { Accept(std::move(write)); }

void Committer::Apply(TenantWrite write) { Accept(std::move(write)); }

template <typename Write>
void Committer::Accept(Write write) {
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
    OverwriteErased();
    ContinueBackup();
    GroupOfWrites writes = queue_.TakeGroup();
    if (writes.empty()) break;
    if (failed_) {
      for (AccountWrite& write : writes.accounts) Refuse(std::move(write), Failed());
      if (writes.tenant.has_value()) Refuse(*std::move(writes.tenant), Failed());
      continue;
    }
    if (writes.tenant.has_value()) {
      RunTenant(*std::move(writes.tenant));
    } else {
      RunGroup(std::move(writes.accounts));
    }
    if (failed_) continue;
    if (absl::Status maintained = backend_->Maintain(); !maintained.ok()) StopServing(maintained);
  }
  backend_->ContinueBackup(/*abandon=*/true);
  flusher_.Drain();
  if (failed_ && options_.on_fatal) {
    answer_threads_.Post([this] { options_.on_fatal(fatal_status_); });
  }
}

// What is left to overwrite of erased accounts: all of it while nothing waits, a little between
// groups.
void Committer::OverwriteErased() {
  while (has_erased_ && !failed_) {
    absl::StatusOr<bool> more = backend_->OverwriteErased();
    // A full disk or a damaged row must not stop the rest; the next start tries again.
    has_erased_ = more.ok() && *more;
    if (!queue_.empty()) return;
  }
}

// As above: a backup gives way to writes.
void Committer::ContinueBackup() {
  while (!failed_ && backend_->ContinueBackup(/*abandon=*/false)) {
    if (!queue_.empty()) return;
  }
}

void Committer::RunTenant(TenantWrite write) {
  const Stopwatch watch;
  absl::StatusOr<TenantOutcome> outcome;
  if (absl::Status begun = backend_->Begin(); !begun.ok()) {
    outcome = begun;
  } else {
    outcome = RunTenantWrite(write, options_.clock->Now(), backend_);
    if (!outcome.ok() || !outcome->wrote) {
      backend_->Rollback();
    } else if (absl::Status ended = End(backend_->Commit()); !ended.ok()) {
      outcome = ended;
    }
  }
  const bool wrote = outcome.ok() && outcome->wrote;
  if (wrote) options_.observer->GroupCommitted(1, watch.Elapsed());
  Answer answer;
  answer.needs_flush = outcome.ok();
  answer.outcome = CommitResult();
  answer.done = [done = std::move(write.done),
                 outcome = std::move(outcome)](absl::StatusOr<CommitResult> flushed) mutable {
    if (!outcome.ok()) return done(outcome.status());
    if (!flushed.ok()) return done(flushed.status());
    done(std::move(outcome->commit));
  };
  std::vector<Answer> answers;
  answers.push_back(std::move(answer));
  flusher_.Post(std::move(answers), wrote, backend_->NextPosition() - 1, queue_.empty());
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
  const Stopwatch watch;
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
      const absl::Status ended = End(backend_->Commit());
      committed = ended.ok();
      if (!committed) group->Fail(ended);
      if (committed) options_.observer->GroupCommitted(group->size(), watch.Elapsed());
      for (const AccountChange& account : change.accounts) has_erased_ |= account.erased;
    }
  }
  flusher_.Post(std::move(*group).TakeAnswers(), committed, backend_->NextPosition() - 1,
                queue_.empty());
  return true;
}

// OK when the transaction that ended so took effect; otherwise what its writes are answered with.
absl::Status Committer::End(const CommitOutcome& outcome) {
  if (outcome.unknown) {
    StopServing(outcome.status);
    return CommitUnknown();
  }
  if (!outcome.status.ok()) backend_->Rollback();
  return outcome.status;
}

void Committer::StopServing(const absl::Status& status) {
  if (failed_.exchange(true)) return;
  fatal_status_ = status;
  queue_.Close();
}

template <typename Write>
void Committer::Refuse(Write write, absl::Status status) {
  answer_threads_.Post([done = std::move(write.done), status = std::move(status)]() mutable {
    std::move(done)(std::move(status));
  });
}

}  // namespace tiermark
