// System calls on files that fail when a test says so, as they do on some file systems.
#pragma once

#include <atomic>

namespace tiermark {

struct FailingCalls {
  // EIO.
  std::atomic<bool> flushing_a_directory = false;
  // EINVAL, as where renaming knows no flags.
  std::atomic<bool> renaming_anew = false;
};

FailingCalls& failing_calls();

}  // namespace tiermark
