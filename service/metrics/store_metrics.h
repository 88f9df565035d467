// Counts what a store tells of its work.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "service/metrics/histogram.h"
#include "storage/store_observer.h"

namespace tiermark {

// Thread-safe.
class StoreMetrics final : public StoreObserver {
 public:
  // By the number of the enumerators.
  static constexpr std::array<const char*, 3> kSteps = {"copy", "flush", "end"};
  static constexpr std::array<const char*, 4> kFaults = {"disk_full", "unavailable", "damaged",
                                                         "internal"};

  StoreMetrics();

  void GroupCommitted(size_t writes, absl::Duration took) override;
  void Flushed(absl::Duration took) override;
  void Checkpointed(CheckpointStep step, absl::Duration took) override;
  void Failed(StoreFault fault) override;

  // Writes in a group; the others nanoseconds.
  const Histogram& group_writes() const { return group_writes_; }
  const Histogram& commit_took() const { return commit_took_; }
  const Histogram& flush_took() const { return flush_took_; }
  const Histogram& step_took(size_t step) const { return steps_took_[step]; }
  int64_t faults(size_t fault) const { return faults_[fault].load(std::memory_order_relaxed); }

 private:
  Histogram group_writes_;
  Histogram commit_took_;
  Histogram flush_took_;
  std::array<Histogram, kSteps.size()> steps_took_;
  std::array<std::atomic<int64_t>, kFaults.size()> faults_ = {};
};

}  // namespace tiermark
