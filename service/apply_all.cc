#include "service/apply_all.h"

#include <future>
#include <memory>
#include <utility>

#include "storage/mutex.h"

namespace tiermark {
namespace {

struct Progress {
  Mutex mutex;
  CondVar ended;
  size_t left ABSL_GUARDED_BY(mutex) = 0;
  std::vector<absl::StatusOr<CommitResult>> outcomes ABSL_GUARDED_BY(mutex);
};

}  // namespace

std::vector<absl::StatusOr<CommitResult>> ApplyAll(Store& store, std::vector<AccountWrite> writes) {
  const auto progress = std::make_shared<Progress>();
  {
    MutexLock lock(&progress->mutex);
    progress->left = writes.size();
    progress->outcomes.resize(writes.size(), absl::UnknownError(""));
  }
  for (size_t i = 0; i < writes.size(); ++i) {
    writes[i].done = [progress, i](absl::StatusOr<CommitResult> outcome) {
      MutexLock lock(&progress->mutex);
      progress->outcomes[i] = std::move(outcome);
      if (--progress->left == 0) progress->ended.Signal();
    };
    store.Apply(std::move(writes[i]));
  }
  MutexLock lock(&progress->mutex);
  while (progress->left > 0) progress->ended.Wait(&progress->mutex);
  return std::move(progress->outcomes);
}

absl::StatusOr<TenantCommit> ApplyTenantNow(Store& store, TenantWrite write) {
  const auto ended = std::make_shared<std::promise<absl::StatusOr<TenantCommit>>>();
  std::future<absl::StatusOr<TenantCommit>> outcome = ended->get_future();
  write.done = [ended](absl::StatusOr<TenantCommit> commit) {
    ended->set_value(std::move(commit));
  };
  store.ApplyTenant(std::move(write));
  return outcome.get();
}

}  // namespace tiermark
