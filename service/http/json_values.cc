#include "service/http/json_values.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "scoring/text.h"

namespace tiermark {
namespace {

constexpr int kNanosDigits = 9;
constexpr int kNanosPerSecond = 1'000'000'000;
constexpr int64_t kDurationSecondsMax = 315'576'000'000;
constexpr absl::CivilSecond kEpoch(1970, 1, 1, 0, 0, 0);
constexpr int64_t kTimestampSecondsMin = absl::CivilSecond(1, 1, 1, 0, 0, 0) - kEpoch;
constexpr int64_t kTimestampSecondsMax = absl::CivilSecond(9999, 12, 31, 23, 59, 59) - kEpoch;

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

absl::string_view TakeDigits(absl::string_view* text) {
  size_t size = 0;
  while (size < text->size() && IsDigit((*text)[size])) ++size;
  const absl::string_view digits = text->substr(0, size);
  text->remove_prefix(size);
  return digits;
}

// A number in JSON's grammar, in its parts.
struct Decimal {
  bool negative = false;
  absl::string_view whole;
  absl::string_view fraction;
  int64_t exponent = 0;
};

absl::optional<Decimal> DecimalOf(absl::string_view text) {
  constexpr int64_t kExponentMax = 1'000'000'000'000;
  Decimal decimal;
  decimal.negative = absl::ConsumePrefix(&text, "-");
  decimal.whole = TakeDigits(&text);
  if (decimal.whole.empty() || (decimal.whole.size() > 1 && decimal.whole[0] == '0')) {
    return absl::nullopt;
  }
  if (absl::ConsumePrefix(&text, ".")) {
    decimal.fraction = TakeDigits(&text);
    if (decimal.fraction.empty()) return absl::nullopt;
  }
  if (absl::ConsumePrefix(&text, "e") || absl::ConsumePrefix(&text, "E")) {
    const bool negative = absl::ConsumePrefix(&text, "-");
    if (!negative) absl::ConsumePrefix(&text, "+");
    const absl::string_view digits = TakeDigits(&text);
    if (digits.empty()) return absl::nullopt;
    for (const char c : digits) {
      decimal.exponent = std::min(decimal.exponent * 10 + (c - '0'), kExponentMax);
    }
    if (negative) decimal.exponent = -decimal.exponent;
  }
  if (!text.empty()) return absl::nullopt;
  return decimal;
}

// "", or "." and 1 to 9 digits, as billionths.
absl::optional<int32_t> TakeFraction(absl::string_view* text) {
  if (!absl::ConsumePrefix(text, ".")) return 0;
  const absl::string_view digits = TakeDigits(text);
  if (digits.empty() || digits.size() > kNanosDigits) return absl::nullopt;
  int32_t nanos = 0;
  for (size_t i = 0; i < kNanosDigits; ++i) {
    nanos = nanos * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  }
  return nanos;
}

// Takes as much as the pattern is long, in which 0 stands for any digit, and puts the numbers that
// other signs are between into `numbers`.
bool TakeNumbers(absl::string_view pattern, absl::string_view* text, int* numbers) {
  if (text->size() < pattern.size()) return false;
  *numbers = 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = (*text)[i];
    if (pattern[i] == '0') {
      if (!IsDigit(c)) return false;
      *numbers = *numbers * 10 + (c - '0');
    } else {
      if (c != pattern[i]) return false;
      *++numbers = 0;
    }
  }
  text->remove_prefix(pattern.size());
  return true;
}

// Seconds that a local time is ahead of UTC by.
absl::optional<int64_t> OffsetOf(absl::string_view text) {
  if (text == "Z") return 0;
  const bool behind = absl::ConsumePrefix(&text, "-");
  if (!behind && !absl::ConsumePrefix(&text, "+")) return absl::nullopt;
  int parts[2] = {};
  if (!TakeNumbers("00:00", &text, parts) || !text.empty() || parts[0] > 23 || parts[1] > 59) {
    return absl::nullopt;
  }
  const int64_t seconds = (parts[0] * 60 + parts[1]) * 60;
  return behind ? -seconds : seconds;
}

// In as few groups of three digits as will do.
std::string FractionOf(int32_t nanos) {
  if (nanos == 0) return "";
  if (nanos % 1'000'000 == 0) return absl::StrFormat(".%03d", nanos / 1'000'000);
  if (nanos % 1'000 == 0) return absl::StrFormat(".%06d", nanos / 1'000);
  return absl::StrFormat(".%09d", nanos);
}

}  // namespace

absl::optional<absl::int128> WholeNumberOf(absl::string_view text) {
  constexpr int64_t kDigitsMax = 20;
  const absl::optional<Decimal> decimal = DecimalOf(text);
  if (!decimal) return absl::nullopt;
  std::string digits = absl::StrCat(decimal->whole, decimal->fraction);
  int64_t zeros = decimal->exponent - static_cast<int64_t>(decimal->fraction.size());
  const size_t last = digits.find_last_not_of('0');
  if (last == std::string::npos) return 0;
  zeros += static_cast<int64_t>(digits.size() - 1 - last);
  digits.resize(last + 1);
  digits.erase(0, digits.find_first_not_of('0'));
  if (zeros < 0 || zeros > kDigitsMax || static_cast<int64_t>(digits.size()) + zeros > kDigitsMax) {
    return absl::nullopt;
  }
  absl::int128 value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  for (; zeros > 0; --zeros) value *= 10;
  return decimal->negative ? -value : value;
}

absl::optional<double> RealNumberOf(absl::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  double value = 0;
  if (!DecimalOf(text) || !absl::SimpleAtod(text, &value) || !std::isfinite(value)) {
    return absl::nullopt;
  }
  return value;
}

absl::optional<std::string> BytesOfBase64(absl::string_view text) {
  // Abseil's decoder passes over them.
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); })) {
    return absl::nullopt;
  }
  std::string bytes;
  if (absl::Base64Unescape(text, &bytes) || absl::WebSafeBase64Unescape(text, &bytes)) {
    return bytes;
  }
  return absl::nullopt;
}

absl::optional<JsonTime> TimestampOfText(absl::string_view text) {
  int parts[6] = {};
  if (!TakeNumbers("0000-00-00T00:00:00", &text, parts)) return absl::nullopt;
  const absl::CivilSecond second(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]);
  // A date such as February 30th is another after normalization.
  if (second.year() != parts[0] || second.month() != parts[1] || second.day() != parts[2] ||
      second.hour() != parts[3] || second.minute() != parts[4] || second.second() != parts[5]) {
    return absl::nullopt;
  }
  const absl::optional<int32_t> nanos = TakeFraction(&text);
  const absl::optional<int64_t> offset = OffsetOf(text);
  if (!nanos || !offset) return absl::nullopt;
  const int64_t seconds = second - kEpoch - *offset;
  if (seconds < kTimestampSecondsMin || seconds > kTimestampSecondsMax) return absl::nullopt;
  return JsonTime{seconds, *nanos};
}

absl::optional<JsonTime> DurationOfText(absl::string_view text) {
  const bool negative = absl::ConsumePrefix(&text, "-");
  const absl::string_view digits = TakeDigits(&text);
  const absl::optional<int32_t> nanos = TakeFraction(&text);
  JsonTime time;
  // Too many digits do not convert.
  if (!nanos || text != "s" || !absl::SimpleAtoi(digits, &time.seconds)) return absl::nullopt;
  if (time.seconds > kDurationSecondsMax) return absl::nullopt;
  time.nanos = *nanos;
  if (negative) time = {-time.seconds, -time.nanos};
  return time;
}

absl::optional<std::string> TextOfTimestamp(JsonTime time) {
  if (time.seconds < kTimestampSecondsMin || time.seconds > kTimestampSecondsMax ||
      time.nanos < 0 || time.nanos >= kNanosPerSecond) {
    return absl::nullopt;
  }
  const absl::CivilSecond second = kEpoch + time.seconds;
  return absl::StrFormat("%04d-%02d-%02dT%02d:%02d:%02d%sZ", second.year(), second.month(),
                         second.day(), second.hour(), second.minute(), second.second(),
                         FractionOf(time.nanos));
}

absl::optional<std::string> TextOfDuration(JsonTime time) {
  const bool negative = time.seconds < 0 || time.nanos < 0;
  if (negative && (time.seconds > 0 || time.nanos > 0)) return absl::nullopt;
  if (time.seconds < -kDurationSecondsMax || time.seconds > kDurationSecondsMax ||
      time.nanos <= -kNanosPerSecond || time.nanos >= kNanosPerSecond) {
    return absl::nullopt;
  }
  return absl::StrCat(negative ? "-" : "", std::abs(time.seconds), FractionOf(std::abs(time.nanos)),
                      "s");
}

bool AppendJsonString(absl::string_view text, std::string* json) {
  constexpr char kHex[] = "0123456789abcdef";
  json->push_back('"');
  size_t begin = 0;
  bool ascii = true;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x80) ascii = false;
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    json->append(text.data() + begin, i - begin);
    begin = i + 1;
    json->push_back('\\');
    switch (c) {
      case '"':
      case '\\':
        json->push_back(text[i]);
        break;
      case '\n':
        json->push_back('n');
        break;
      case '\r':
        json->push_back('r');
        break;
      case '\t':
        json->push_back('t');
        break;
      default:
        json->append("u00");
        json->push_back(kHex[c >> 4]);
        json->push_back(kHex[c & 0xF]);
    }
  }
  json->append(text.data() + begin, text.size() - begin);
  json->push_back('"');
  return ascii || IsUtf8(text);
}

}  // namespace tiermark
