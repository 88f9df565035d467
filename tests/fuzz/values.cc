// Decimals, and the numbers, times and bytes that JSON writes as text: what is taken is the same
// when it is read from its shortest form.
#include <cmath>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "scoring/exact.h"
#include "scoring/text.h"
#include "service/http/json_values.h"
#include "tests/fuzz/fuzz.h"

namespace tiermark {
namespace {

bool Same(const absl::optional<JsonTime>& a, const JsonTime& b) {
  return a && a->seconds == b.seconds && a->nanos == b.nanos;
}

void Feed(absl::string_view input) {
  if (const auto decimal = ParseDecimal(input); decimal.ok()) {
    const std::string shortest = FormatDecimal(*decimal);
    MUST(shortest.size() <= input.size());
    MUST(*ParseDecimal(shortest) == *decimal);
    FormatDecimalForPeople(*decimal);
    // Every decimal is a number to JSON, but for zeros before it.
    if (shortest == input) MUST(RealNumberOf(input).has_value());
  }
  const auto whole = WholeNumberOf(input);
  const auto real = RealNumberOf(input);
  if (whole) {
    MUST(real && std::abs(*real - static_cast<double>(*whole)) <= std::abs(*real) * 1e-15);
    MUST(WholeNumberOf(absl::StrFormat("%s%d", "", static_cast<int64_t>(*whole))).has_value());
  }
  if (real && std::isfinite(*real)) {
    MUST(RealNumberOf(absl::StrFormat("%.17g", *real)).value_or(NAN) == *real);
  }
  if (const auto bytes = BytesOfBase64(input)) {
    MUST(BytesOfBase64(absl::Base64Escape(*bytes)) == *bytes);
    MUST(BytesOfBase64(absl::WebSafeBase64Escape(*bytes)) == *bytes);
  }
  if (const auto time = TimestampOfText(input))
    MUST(Same(TimestampOfText(*TextOfTimestamp(*time)), *time));
  if (const auto time = DurationOfText(input))
    MUST(Same(DurationOfText(*TextOfDuration(*time)), *time));
  std::string json;
  MUST(AppendJsonString(input, &json) == IsUtf8(input));
}

std::vector<std::string> Seeds() {
  return {"-12.5",
          "999999999999999999.999999999",
          "1.20e2",
          "-0",
          "NaN",
          "1e400",
          "-_8=",
          "+/8=",
          "2026-05-20T10:30:00.25-05:00",
          "9999-12-31T23:59:59.999999999Z",
          "-315576000000.5s"};
}

}  // namespace

const Fuzzer kFuzzer = {Feed, 48, Seeds};

}  // namespace tiermark
