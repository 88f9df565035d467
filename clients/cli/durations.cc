#include "clients/cli/durations.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"

namespace tiermark::cli {

std::optional<std::chrono::milliseconds> ParseDuration(const std::string& text) {
  absl::Duration duration;
  absl::string_view days = text;
  int64_t count = 0;
  if (absl::ConsumeSuffix(&days, "d")) {
    // A year and more of days fits any bound that the server has.
    if (!absl::SimpleAtoi(days, &count) || count > 100'000) return {};
    duration = count * absl::Hours(24);
  } else if (!absl::ParseDuration(text, &duration)) {
    return {};
  }
  if (duration < absl::Milliseconds(1) || duration > absl::Hours(24 * 100'000)) return {};
  return absl::ToChronoMilliseconds(duration);
}

std::string CheckDuration(const std::string& text) {
  if (ParseDuration(text)) return "";
  return absl::StrCat("must be a duration such as 500ms, 30s, 10m, 2h or 7d, and not ", text);
}

}  // namespace tiermark::cli
