#include "storage/write_queue.h"

#include <algorithm>
#include <utility>

namespace tiermark {

WriteQueue::Pushed WriteQueue::Push(AccountWrite* write) {
  bool wake = false;
  {
    MutexLock lock(&mutex_);
    if (closed_) return Pushed::kClosed;
    Lane& lane = write->bulk ? bulk_ : interactive_;
    if (lane.writes.size() >= kQueueItemsMax || lane.bytes + write->bytes > kQueueBytesMax ||
        lane.writes.Crowds(write->tenant, kQueueItemsMax)) {
      return Pushed::kFull;
    }
    lane.bytes += write->bytes;
    lane.writes.Push(write->tenant, std::move(*write));
    std::swap(wake, asleep_);
  }
  if (wake) wake_.Signal();
  return Pushed::kAccepted;
}

WriteQueue::Pushed WriteQueue::Push(TenantWrite* write) {
  bool wake = false;
  {
    MutexLock lock(&mutex_);
    if (closed_) return Pushed::kClosed;
    if (tenant_.size() >= kTenantWritesMax) return Pushed::kFull;
    tenant_.push_back(std::move(*write));
    std::swap(wake, asleep_);
  }
  if (wake) wake_.Signal();
  return Pushed::kAccepted;
}

GroupOfWrites WriteQueue::TakeGroup() {
  MutexLock lock(&mutex_);
  while (interactive_.writes.empty() && bulk_.writes.empty() && tenant_.empty() && !closed_) {
    asleep_ = true;
    wake_.Wait(&mutex_);
  }
  asleep_ = false;
  GroupOfWrites taken;
  if (!tenant_.empty()) {
    taken.tenant = std::move(tenant_.front());
    tenant_.pop_front();
    return taken;
  }
  std::vector<AccountWrite>& group = taken.accounts;
  const size_t share = bulk_.writes.empty() ? 1 : 2;
  group.reserve(std::min(kGroupItemsMax, interactive_.writes.size() + bulk_.writes.size()));
  // Each takes its share; then the interactive ones take what bulk left, and bulk goes without.
  const size_t bulk_items = std::min(bulk_.writes.size(), kGroupItemsMax / share);
  Take(kGroupItemsMax - bulk_items, kGroupBytesMax / share, &interactive_, &group);
  const size_t bulk_share = group.empty() ? 1 : 2;
  Take(kGroupItemsMax / bulk_share, kGroupBytesMax / bulk_share, &bulk_, &group);
  return taken;
}

void WriteQueue::Take(size_t items_max, size_t bytes_max, Lane* lane,
                      std::vector<AccountWrite>* group) {
  size_t bytes = 0;
  for (size_t items = 0; items < items_max && !lane->writes.empty(); ++items) {
    const size_t next = lane->writes.front().bytes;
    // A write larger than a group still has to go.
    if (items > 0 && bytes + next > bytes_max) break;
    bytes += next;
    lane->bytes -= next;
    group->push_back(lane->writes.Pop());
  }
}

bool WriteQueue::empty() {
  MutexLock lock(&mutex_);
  return interactive_.writes.empty() && bulk_.writes.empty() && tenant_.empty();
}

StoreGauges WriteQueue::Gauges() {
  const auto of = [](size_t writes, size_t bytes) {
    return StoreGauges::Queue{static_cast<int64_t>(writes), static_cast<int64_t>(bytes)};
  };
  StoreGauges gauges;
  MutexLock lock(&mutex_);
  gauges.interactive = of(interactive_.writes.size(), interactive_.bytes);
  gauges.bulk = of(bulk_.writes.size(), bulk_.bytes);
  gauges.tenant = of(tenant_.size(), 0);
  return gauges;
}

void WriteQueue::Close() {
  {
    MutexLock lock(&mutex_);
    closed_ = true;
  }
  wake_.SignalAll();
}

}  // namespace tiermark
