// Time as a seam, so that tests own it.
#pragma once

#include "absl/time/time.h"

namespace tiermark {

// Tells the time. Safe for any number of threads.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

// The machine's clock; lives as long as the process.
const Clock* SystemClock();

}  // namespace tiermark
