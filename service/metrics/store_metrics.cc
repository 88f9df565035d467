#include "service/metrics/store_metrics.h"

namespace tiermark {
namespace {

constexpr int64_t kMicrosecond = 1'000;
constexpr int64_t kMillisecond = 1'000 * kMicrosecond;
constexpr int64_t kSecond = 1'000 * kMillisecond;

// Up to kGroupItemsMax.
constexpr HistogramBounds kWritesBounds = {1, 9, {1, 2, 4, 8, 16, 32, 64, 128, 256}};

// From a flush of a disk with a cache that survives power cuts to one of a disk that is overloaded.
constexpr HistogramBounds kTimeBounds = {
    kSecond,
    14,
    {50 * kMicrosecond, 100 * kMicrosecond, 250 * kMicrosecond, 500 * kMicrosecond, kMillisecond,
     2'500 * kMicrosecond, 5 * kMillisecond, 10 * kMillisecond, 25 * kMillisecond,
     50 * kMillisecond, 100 * kMillisecond, 250 * kMillisecond, kSecond, 5 * kSecond}};

}  // namespace

StoreMetrics::StoreMetrics()
    : group_writes_(kWritesBounds),
      commit_took_(kTimeBounds),
      flush_took_(kTimeBounds),
      steps_took_{Histogram(kTimeBounds), Histogram(kTimeBounds), Histogram(kTimeBounds)} {}

void StoreMetrics::GroupCommitted(size_t writes, absl::Duration took) {
  group_writes_.Add(static_cast<int64_t>(writes));
  commit_took_.Add(absl::ToInt64Nanoseconds(took));
}

void StoreMetrics::Flushed(absl::Duration took) { flush_took_.Add(absl::ToInt64Nanoseconds(took)); }

void StoreMetrics::Checkpointed(CheckpointStep step, absl::Duration took) {
  steps_took_[static_cast<size_t>(step)].Add(absl::ToInt64Nanoseconds(took));
}

void StoreMetrics::Failed(StoreFault fault) {
  faults_[static_cast<size_t>(fault)].fetch_add(1, std::memory_order_relaxed);
}

}  // namespace tiermark
