// The values that the JSON mapping of proto3 writes as numbers and texts of a certain form. No
// function keeps state.
#pragma once

#include <cstdint>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace tiermark {

// The whole number that a number in JSON's grammar is exactly: 120 for "120", "1.2e2" and
// "120.0". Nothing for fractions, for other text, and from 10^20 on.
absl::optional<absl::int128> WholeNumberOf(absl::string_view text);

// A finite number in JSON's grammar; or "NaN", "Infinity" or "-Infinity".
absl::optional<double> RealNumberOf(absl::string_view text);

// Either alphabet, with its padding or without.
absl::optional<std::string> BytesOfBase64(absl::string_view text);

// An instant, or a time that lasts; the nanoseconds have the sign of the seconds in the latter.
struct JsonTime {
  int64_t seconds = 0;
  int32_t nanos = 0;
};

// "2026-05-20T10:30:00.25-05:00", as RFC 3339 has it: within the years 1 to 9999 in UTC, up to 9
// digits of fraction, no leap seconds.
absl::optional<JsonTime> TimestampOfText(absl::string_view text);
// "-3.5s": up to 315 576 000 000 whole seconds either way and up to 9 digits of fraction.
absl::optional<JsonTime> DurationOfText(absl::string_view text);

// The same in UTC with 0, 3, 6 or 9 digits of fraction. Nothing for what is out of range.
absl::optional<std::string> TextOfTimestamp(JsonTime time);
absl::optional<std::string> TextOfDuration(JsonTime time);

// Appends the text in quotes. False if it is not UTF-8.
bool AppendJsonString(absl::string_view text, std::string* json);

}  // namespace tiermark
