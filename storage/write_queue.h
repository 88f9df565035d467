// The writes that wait for the committer.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "storage/fair_queue.h"
#include "storage/mutex.h"
#include "storage/store.h"

namespace tiermark {

// What a group holds at most.
inline constexpr size_t kGroupItemsMax = 256;
inline constexpr size_t kGroupBytesMax = size_t{1} << 20;

// What waits at most, in each queue.
inline constexpr size_t kQueueItemsMax = 16'384;
inline constexpr size_t kQueueBytesMax = size_t{64} << 20;

// Writes of tenants' records that wait at most: there are few who make them.
inline constexpr size_t kTenantWritesMax = 256;

// What is committed together. Of the two at most one is not empty.
struct GroupOfWrites {
  std::vector<AccountWrite> accounts;
  std::optional<TenantWrite> tenant;

  bool empty() const { return accounts.empty() && !tenant.has_value(); }
};

// Two bounded queues, interactive and bulk, many producers and one consumer. In each, tenants take
// turns, and none of several fills more than three quarters. Safe for any number of threads.
class WriteQueue {
 public:
  enum class Pushed { kAccepted, kFull, kClosed };

  // Takes the write if it is accepted, and leaves it alone if it is not. Wakes the consumer only
  // when it sleeps.
  Pushed Push(AccountWrite* write);

  // A tenant's write goes before accounts' that wait, and alone.
  Pushed Push(TenantWrite* write);

  // Waits for writes and takes a group of them, in order, the interactive ones first. Bulk ones are
  // at most half of a full group while interactive ones wait. Empty: closed, and nothing is left.
  GroupOfWrites TakeGroup();

  // Whether nothing waits at this moment.
  bool empty();

  // How much waits: the queues of StoreGauges, and nothing else.
  StoreGauges Gauges();

  // Accepts no more.
  void Close();

 private:
  struct Lane {
    FairQueue<AccountWrite> writes;
    size_t bytes = 0;
  };

  void Take(size_t items_max, size_t bytes_max, Lane* lane, std::vector<AccountWrite>* group)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  CondVar wake_;
  Lane interactive_ ABSL_GUARDED_BY(mutex_);
  Lane bulk_ ABSL_GUARDED_BY(mutex_);
  std::deque<TenantWrite> tenant_ ABSL_GUARDED_BY(mutex_);
  bool asleep_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace tiermark
