// How far a long run has come, for people: a bar that is drawn over itself on a terminal, and a
// line every few seconds elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>

#include "clients/cli/terminal.h"

namespace tiermark::cli {

struct ProgressState {
  int64_t done = 0;   // Of `total`, in whatever unit; such as bytes of a file.
  int64_t total = 0;  // 0: nobody knows.
  int64_t rows = 0;
  int64_t failed = 0;
};

// The line that tells of it. `begun` is where it was when the time began to count.
std::string ProgressLine(const ProgressState& begun, const ProgressState& now, double seconds);

// Not thread-safe.
class Progress {
 public:
  // `to` outlives it; nullptr: it says nothing.
  Progress(std::ostream* to, const Terminal& terminal);
  // Leaves no bar behind.
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // To be called often; it says something only now and then.
  void Update(const ProgressState& now);

  // Makes way for other output on the same terminal.
  void Clear();

 private:
  using Clock = std::chrono::steady_clock;

  std::ostream* const to_;
  const Terminal terminal_;
  Clock::time_point begin_;
  Clock::time_point next_;
  ProgressState begun_;
  bool started_ = false;
  bool drawn_ = false;
};

}  // namespace tiermark::cli
