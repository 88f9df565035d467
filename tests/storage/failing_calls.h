// System calls on files that fail when a test says so, as they do on some file systems.
#pragma once

#include <atomic>
#include <limits>

namespace tiermark {

struct FailingCalls {
  // Those behind them fail with EIO.
  std::atomic<int> directory_flushes_left = std::numeric_limits<int>::max();
  // EINVAL, as where renaming knows no flags.
  std::atomic<bool> renaming_anew = false;

  void Reset() {
    directory_flushes_left = std::numeric_limits<int>::max();
    renaming_anew = false;
  }
};

FailingCalls& failing_calls();

}  // namespace tiermark
