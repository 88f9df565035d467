// A histogram that many threads add to and hardly anyone reads.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace tiermark {

// Bounds of buckets in ascending order, each of which counts what is at most its bound. Values are
// whole numbers; `per_unit` of them are one of the unit that is shown (1e9: nanoseconds shown as
// seconds).
struct HistogramBounds {
  static constexpr size_t kBoundsMax = 16;

  double per_unit = 1;
  size_t size = 0;
  std::array<int64_t, kBoundsMax> bounds = {};
};

// Adding costs two atomic additions and no lock. Thread-safe.
class Histogram {
 public:
  // `bounds` must outlive it.
  explicit Histogram(const HistogramBounds& bounds) : bounds_(bounds) {}

  // A value below 0, as from a clock that was set back, counts as 0.
  void Add(int64_t value) {
    if (value < 0) value = 0;
    size_t bucket = 0;
    while (bucket < bounds_.size && value > bounds_.bounds[bucket]) ++bucket;
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }

  // Buckets are not cumulated; the last one, at `bounds().size`, has what is above all bounds.
  // Values that are added meanwhile may be in `sum` alone or in `counts` alone.
  struct Snapshot {
    std::array<int64_t, HistogramBounds::kBoundsMax + 1> counts = {};
    int64_t sum = 0;
  };
  Snapshot Take() const {
    Snapshot snapshot;
    for (size_t i = 0; i <= bounds_.size; ++i) {
      snapshot.counts[i] = counts_[i].load(std::memory_order_relaxed);
    }
    snapshot.sum = sum_.load(std::memory_order_relaxed);
    return snapshot;
  }

  const HistogramBounds& bounds() const { return bounds_; }

 private:
  const HistogramBounds& bounds_;
  std::array<std::atomic<int64_t>, HistogramBounds::kBoundsMax + 1> counts_ = {};
  std::atomic<int64_t> sum_ = 0;
};

}  // namespace tiermark
