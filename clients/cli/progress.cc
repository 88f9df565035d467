#include "clients/cli/progress.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "clients/cli/text.h"

namespace tiermark::cli {
namespace {

constexpr std::chrono::milliseconds kBarEvery(100);
constexpr std::chrono::seconds kLineEvery(5);
constexpr int kBarCells = 24;
constexpr double kSecondsBeforeGuess = 0.5;

std::string DurationText(double seconds) {
  const int64_t whole = std::llround(seconds);
  if (whole >= 3600) return absl::StrFormat("%d:%02d h", whole / 3600, whole / 60 % 60);
  return absl::StrFormat("%d:%02d min", whole / 60, whole % 60);
}

std::string Bar(const ProgressState& now) {
  if (now.total <= 0) return "";
  const auto cells =
      static_cast<int>(std::min<int64_t>(kBarCells * now.done / now.total, kBarCells));
  return absl::StrCat("[", std::string(cells, '#'), std::string(kBarCells - cells, '.'), "] ");
}

}  // namespace

std::string ProgressLine(const ProgressState& begun, const ProgressState& now, double seconds) {
  std::string line;
  if (now.total > 0) {
    absl::StrAppend(&line, std::min<int64_t>(100 * now.done / now.total, 100), " %, ");
  }
  absl::StrAppend(&line, Grouped(now.rows), " rows");
  if (now.failed > 0) absl::StrAppend(&line, ", ", Grouped(now.failed), " failed");
  if (seconds < kSecondsBeforeGuess) return line;
  absl::StrAppend(&line, ", ", Grouped(static_cast<int64_t>((now.rows - begun.rows) / seconds)),
                  "/s");
  if (now.done > begun.done && now.total >= now.done) {
    const double left = seconds * (now.total - now.done) / (now.done - begun.done);
    absl::StrAppend(&line, ", ", DurationText(left), " left");
  }
  return line;
}

Progress::Progress(std::ostream* to, const Terminal& terminal) : to_(to), terminal_(terminal) {}

void Progress::Update(const ProgressState& now) {
  if (to_ == nullptr) return;
  const auto time = Clock::now();
  const bool bar = terminal_.is_terminal;
  if (!started_) {
    started_ = true;
    begin_ = time;
    begun_ = now;
    // A run of no time needs no line.
    next_ = bar ? time : time + kLineEvery;
  }
  if (time < next_) return;
  next_ = time + (bar ? std::chrono::milliseconds(kBarEvery) : kLineEvery);
  const double seconds = std::chrono::duration<double>(time - begin_).count();
  std::string line = ProgressLine(begun_, now, seconds);
  if (bar) {
    line.insert(0, Bar(now));
    // A line that wraps could not be drawn over.
    if (terminal_.columns > 0) line.resize(std::min<size_t>(line.size(), terminal_.columns - 1));
    *to_ << "\r\x1b[K" << line << std::flush;
    drawn_ = true;
  } else {
    *to_ << line << std::endl;
  }
}

void Progress::Clear() {
  if (!drawn_) return;
  *to_ << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace tiermark::cli
