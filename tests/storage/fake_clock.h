// A clock that stands still until it is set.
#pragma once

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"
#include "storage/clock.h"

namespace tiermark {

// Safe for any number of threads.
class FakeClock : public Clock {
 public:
  // 2026-01-01 00:00 UTC.
  static constexpr int64_t kStartUs = 1'767'225'600'000'000;

  absl::Time Now() const override { return absl::FromUnixMicros(now_us_); }
  int64_t now_us() const { return now_us_; }

  void Set(int64_t now_us) { now_us_ = now_us; }
  void Advance(absl::Duration by) { now_us_ += absl::ToInt64Microseconds(by); }

 private:
  std::atomic<int64_t> now_us_ = kStartUs;
};

}  // namespace tiermark
