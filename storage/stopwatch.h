// How long something takes.
#pragma once

#include <chrono>

#include "absl/time/time.h"

namespace tiermark {

// Runs from when it is made, by the machine's own clock.
class Stopwatch {
 public:
  absl::Duration Elapsed() const {
    return absl::FromChrono(std::chrono::steady_clock::now() - start_);
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace tiermark
