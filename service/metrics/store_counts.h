// What a store holds, for metrics: what takes reads to count, and is counted now and then.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "storage/clock.h"
#include "storage/mutex.h"
#include "storage/store.h"

namespace tiermark {

// Counting of a reason ends here.
inline constexpr int64_t kDueCountedMax = 100'000;

// Of all tenants together.
struct CountsOfStore {
  // By reason, all of them: "event", "first_meeting" and so on. At most kDueCountedMax each. An
  // account counts for each of its reasons, also for one that ended before the account was lost.
  std::map<std::string, int64_t> due;
  // The number of the latest account. There are fewer where some were erased.
  int64_t accounts = 0;
  // Jobs on all accounts of a tenant (see account_jobs.h) that are not finished, and the accounts
  // that these have been through.
  int64_t jobs_unfinished = 0;
  int64_t job_accounts_done = 0;
  // When they were counted; in the infinite past when they never were.
  absl::Time counted = absl::InfinitePast();
};

// Counts on a thread that lets others go first, by reads of bounded size. Thread-safe.
class StoreCounts {
 public:
  // Both must outlive it.
  StoreCounts(Store& store, const Clock& clock) : store_(store), clock_(clock) {}
  ~StoreCounts() { Stop(); }
  StoreCounts(const StoreCounts&) = delete;
  StoreCounts& operator=(const StoreCounts&) = delete;

  // Counts at once and from now on every `interval`, until Stop.
  void Start(absl::Duration interval);

  // To be called before the store is closed; again it does nothing.
  void Stop();

  // Counts now. What the store cannot read leaves everything as it was.
  absl::Status Count();

  CountsOfStore latest() const;

 private:
  void Work(absl::Duration interval);
  bool stopping() const;
  absl::StatusOr<int64_t> CountDue(TenantId tenant, v1::ReevaluationReason reason, int64_t now_us,
                                   int64_t max) const;

  Store& store_;
  const Clock& clock_;
  mutable Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  CountsOfStore latest_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace tiermark
