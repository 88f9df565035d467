// Durations counted in buckets that are a thirty-second of their size wide.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace tiermark::bench {

// A value; not thread-safe.
class Histogram {
 public:
  void Add(int64_t nanos) {
    ++counts_[BucketOf(static_cast<uint64_t>(std::max<int64_t>(nanos, 0)))];
    ++total_;
    max_ = std::max(max_, nanos);
  }

  void Add(const Histogram& other) {
    for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    max_ = std::max(max_, other.max_);
  }

  int64_t total() const { return total_; }
  int64_t max() const { return max_; }

  // The lower bound of the bucket below which `share` of the values lie.
  int64_t Quantile(double share) const {
    const auto wanted = static_cast<int64_t>(share * static_cast<double>(total_));
    int64_t seen = 0;
    for (size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > wanted) return LowerBound(i);
    }
    return max_;
  }

 private:
  static constexpr int kSubBits = 5;
  static constexpr uint64_t kSub = uint64_t{1} << kSubBits;

  static size_t BucketOf(uint64_t value) {
    if (value < kSub) return value;
    const int shift = std::bit_width(value) - 1 - kSubBits;
    return (static_cast<uint64_t>(shift) + 1) * kSub + ((value >> shift) - kSub);
  }

  static int64_t LowerBound(size_t bucket) {
    if (bucket < kSub) return static_cast<int64_t>(bucket);
    const size_t shift = bucket / kSub - 1;
    return static_cast<int64_t>((kSub + bucket % kSub) << shift);
  }

  std::array<int64_t, (64 - kSubBits + 1) * kSub> counts_{};
  int64_t total_ = 0;
  int64_t max_ = 0;
};

}  // namespace tiermark::bench
