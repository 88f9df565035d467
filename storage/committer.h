// Group commit: one thread loads, decides and commits what waits, as one transaction after another.
#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "storage/answer_threads.h"
#include "storage/clock.h"
#include "storage/commit_backend.h"
#include "storage/flusher.h"
#include "storage/group.h"
#include "storage/store.h"
#include "storage/store_observer.h"
#include "storage/write_queue.h"

namespace tiermark {

struct CommitterOptions {
  // Not owned.
  const Clock* clock = SystemClock();

  // Threads that run the writes' `done`. With more than one they run in no order.
  int answer_threads = 1;

  // Called once, on an answer thread and after the answers, when a commit ended in a way that
  // leaves its outcome open. The process should end, so that a restart finds out.
  std::function<void(const absl::Status&)> on_fatal;

  // Called after each commit when it is durable and before it is answered, on a thread of the
  // committer's; the log then reaches to `position`.
  std::function<void(int64_t position)> on_durable = [](int64_t) {};

  // Told of groups and flushes. Not owned.
  StoreObserver* observer = NoStoreObserver();
};

// Runs the writes of a store. Safe for any number of threads. There are no timers: a group is what
// came while the last commit ran. Answers are handed out when the group is durable; meanwhile the
// next one is loaded, decided and committed.
class Committer {
 public:
  // `backend` must outlive the committer, which uses it from a thread of its own.
  Committer(CommitBackend* backend, CommitterOptions options);
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // See Store::Apply and Store::ApplyTenant.
  void Apply(AccountWrite write);
  void Apply(TenantWrite write);

  // How much waits: the queues of StoreGauges, and nothing else.
  StoreGauges Gauges() { return queue_.Gauges(); }

  // Accepts no more, commits what was accepted, and waits until it is answered. May be called
  // again; not from a `done`.
  void Close();

 private:
  void Run();
  void RunGroup(std::vector<AccountWrite> writes);
  void RunTenant(TenantWrite write);
  bool Commit(Group* group);
  void OverwriteErased();
  void ContinueBackup();
  template <typename Write>
  void Accept(Write write);
  template <typename Write>
  void Refuse(Write write, absl::Status status);
  absl::Status End(const CommitOutcome& outcome);
  void StopServing(const absl::Status& status);

  CommitBackend* const backend_;
  const CommitterOptions options_;
  WriteQueue queue_;
  std::atomic<bool> failed_ = false;
  // Of the committer's thread.
  bool has_erased_ = true;
  // Set once, by whoever set failed_, before the queue is closed.
  absl::Status fatal_status_;
  AnswerThreads answer_threads_;
  Flusher flusher_;
  Mutex close_mutex_;
  std::thread thread_;
};

}  // namespace tiermark
