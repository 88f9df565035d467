// Work on all accounts that goes on in the background, over restarts: due dates that follow the
// policy, and accounts that are due because a published model moves them.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/catalogs.h"
#include "storage/clock.h"
#include "storage/mutex.h"
#include "storage/store.h"
#include "tiermark/store/v1/records.pb.h"

namespace tiermark {

// One thread that works off the jobs of all tenants at kRecomputationKey and kMarkingKey (see
// settings.h and model_settings.h), page by page, and keeps how far each has come. Goes on at start
// with jobs that were left. Thread-safe.
//
// No account is left as the former policy or model had it, because
//   - the catalog has the new one before a job for it is begun;
//   - decisions take it from the catalog while they are made, on the committer's thread;
//   - a job's first write is answered only when all that was decided before it can be read, and
//     only then are accounts listed. What was decided by the former one is therefore listed, and
//     what is written later is decided by the new one.
class AccountJobs {
 public:
  // All must outlive it.
  AccountJobs(Store& store, Catalogs& catalogs, const Clock& clock);

  ~AccountJobs() { Stop(); }
  AccountJobs(const AccountJobs&) = delete;
  AccountJobs& operator=(const AccountJobs&) = delete;

  // Looks for jobs: to be called when one was written, and the catalog has what it is about.
  void Wake();

  // Ends the thread between two pages. To be called before the store is closed; again it does
  // nothing.
  void Stop();

 private:
  // A kind of job of one tenant.
  struct Kind {
    TenantId tenant = kDefaultTenant;
    std::string key;
    // The version that the catalog has of what such jobs put into effect.
    std::function<int(const Catalog&)> version;
    // What a job makes of an account. An empty change set: nothing.
    std::function<absl::StatusOr<ChangeSet>(const Catalog&, const store::v1::AccountJob&,
                                            const DecideInput&)>
        decide;
  };

  void Work();

  static std::vector<Kind> KindsOf(TenantId tenant);

  // Works off the jobs that there are. ABORTED: another one took the place of one.
  absl::Status RunJobs();
  absl::Status RunJob(const Kind& kind);

  // Writes `job` in the place of the one for the same version. ABORTED: as above.
  absl::Status KeepProgress(const Kind& kind, const store::v1::AccountJob& job, bool finished);

  // Works on the accounts, the refused ones again until all are through or it stops. How many were
  // written.
  absl::StatusOr<int> WorkOn(const Kind& kind, const Catalog& catalog,
                             const store::v1::AccountJob& job,
                             const std::vector<AccountRecord>& accounts);

  Store& store_;
  Catalogs& catalogs_;
  const Clock& clock_;
  Mutex mutex_;
  CondVar changed_;
  bool awake_ ABSL_GUARDED_BY(mutex_) = true;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

// The job at a key, finished or not; nothing when there never was one.
absl::StatusOr<std::optional<store::v1::AccountJob>> ReadAccountJob(Store& store, TenantId tenant,
                                                                    const std::string& key);

}  // namespace tiermark
