// The due dates of all accounts, computed anew in the background after the policy changed.
#pragma once

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/catalog.h"
#include "storage/mutex.h"
#include "storage/store.h"
#include "tiermark/store/v1/records.pb.h"

namespace tiermark {

// The due reasons of an account as the policy has them; an empty change set when they are so.
absl::StatusOr<ChangeSet> DecideRecomputation(const CompiledPolicy& policy,
                                              const DecideInput& input);

// One thread that works off the job at kRecomputationKey, page by page, and keeps how far it has
// come. Goes on at start with a job that was left. Thread-safe.
//
// No account keeps due dates by a former policy, because
//   - the catalog has the new policy before a job for it is begun;
//   - decisions take the policy from the catalog while they are made, on the committer's thread;
//   - the job's first write is answered only when all that was decided before it can be read, and
//     only then are accounts listed. What was decided by the former policy is therefore listed, and
//     what is written later is decided by the new one.
class Recomputation {
 public:
  // Both must outlive it. The catalog has the policy of the store's records.
  Recomputation(Store& store, const Catalog& catalog);

  ~Recomputation() { Stop(); }
  Recomputation(const Recomputation&) = delete;
  Recomputation& operator=(const Recomputation&) = delete;

  // Looks for a job: to be called when a policy was replaced, and the catalog has it.
  void Wake();

  // Ends the thread between two pages. To be called before the store is closed; again it does
  // nothing.
  void Stop();

 private:
  void Work();

  // Works off the job that there is. ABORTED: another one took its place.
  absl::Status RunJob();

  // Writes `job` in the place of the one for the same policy. ABORTED: as above.
  absl::Status KeepProgress(const store::v1::RecomputationJob& job, bool finished);

  // Recomputes the accounts, the failed ones again until all are through or it stops.
  absl::Status RecomputePage(const std::vector<AccountRecord>& accounts);

  Store& store_;
  const Catalog& catalog_;
  Mutex mutex_;
  CondVar changed_;
  bool awake_ ABSL_GUARDED_BY(mutex_) = true;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

// The job, finished or not; nothing when there never was one.
absl::StatusOr<std::optional<store::v1::RecomputationJob>> ReadRecomputation(Store& store,
                                                                             TenantId tenant);

}  // namespace tiermark
