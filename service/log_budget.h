// Keeps lines that anybody can cause from filling the disk.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "storage/mutex.h"

namespace tiermark {

// So many lines each second, and no more. Thread-safe.
class LogBudget {
 public:
  explicit LogBudget(int lines_per_second) : lines_per_second_(lines_per_second) {}

  // How many lines were left out before this one; nothing when it is to be left out too.
  std::optional<int64_t> Take(absl::Time now) {
    const int64_t second = absl::ToUnixSeconds(now);
    MutexLock lock(&mutex_);
    if (second != second_) {
      second_ = second;
      lines_ = 0;
    }
    if (lines_ >= lines_per_second_) {
      ++left_out_;
      return std::nullopt;
    }
    ++lines_;
    const int64_t left_out = left_out_;
    left_out_ = 0;
    return left_out;
  }

 private:
  const int lines_per_second_;
  Mutex mutex_;
  int64_t second_ ABSL_GUARDED_BY(mutex_) = 0;
  int lines_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace tiermark
