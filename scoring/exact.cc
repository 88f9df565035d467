#include "scoring/exact.h"

#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace tiermark {
namespace {

constexpr size_t kWholeDigitsMax = 18;
constexpr size_t kFractionDigitsMax = 9;
constexpr char kNoBreakSpace[] = "\u00a0";

absl::Status NotADecimal() {
  return absl::InvalidArgumentError(
      "not a decimal such as -12.5, of up to 18 digits before the point and 9 after it");
}

// The digits of a decimal: "-", "12", "5" for -12.5.
struct Parts {
  std::string sign;
  std::string whole;
  std::string fraction;
};

Parts PartsOf(Nanos nanos) {
  Parts parts;
  if (nanos < 0) parts.sign.push_back('-');
  const absl::uint128 magnitude = nanos < 0 ? -absl::uint128(nanos) : absl::uint128(nanos);
  const absl::uint128 unit = kNanosPerUnit;
  absl::uint128 whole = magnitude / unit;
  if (absl::Uint128High64(whole) == 0) {
    parts.whole = absl::StrCat(absl::Uint128Low64(whole));
  } else {
    for (; whole != 0; whole /= 10) {
      parts.whole.insert(parts.whole.begin(),
                         static_cast<char>('0' + static_cast<int>(whole % 10)));
    }
  }
  uint64_t rest = absl::Uint128Low64(magnitude % unit);
  if (rest != 0) {
    parts.fraction = absl::StrCat(absl::Dec(rest, absl::kZeroPad9));
    parts.fraction.erase(parts.fraction.find_last_not_of('0') + 1);
  }
  return parts;
}

}  // namespace

absl::StatusOr<Nanos> ParseDecimal(absl::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  const size_t point = text.find('.');
  const absl::string_view whole = text.substr(0, point);
  absl::string_view fraction;
  if (point != absl::string_view::npos) {
    fraction = text.substr(point + 1);
    if (fraction.empty()) return NotADecimal();
  }
  if (whole.empty() || whole.size() > kWholeDigitsMax || fraction.size() > kFractionDigitsMax) {
    return NotADecimal();
  }
  int64_t units = 0;
  for (const char c : whole) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return NotADecimal();
    units = units * 10 + (c - '0');
  }
  int64_t nanos = 0;
  for (size_t i = 0; i < kFractionDigitsMax; ++i) {
    nanos *= 10;
    if (i >= fraction.size()) continue;
    if (!absl::ascii_isdigit(static_cast<unsigned char>(fraction[i]))) return NotADecimal();
    nanos += fraction[i] - '0';
  }
  const Nanos value = Nanos(units) * kNanosPerUnit + nanos;
  return negative ? -value : value;
}

std::string FormatDecimal(Nanos nanos) {
  const Parts parts = PartsOf(nanos);
  return absl::StrCat(parts.sign, parts.whole, parts.fraction.empty() ? "" : ".", parts.fraction);
}

std::string FormatDecimalForPeople(Nanos nanos) {
  const Parts parts = PartsOf(nanos);
  std::string text = parts.sign;
  absl::string_view whole = parts.whole;
  size_t group = (whole.size() - 1) % 3 + 1;
  while (true) {
    text.append(whole.data(), group);
    whole.remove_prefix(group);
    if (whole.empty()) break;
    text += kNoBreakSpace;
    group = 3;
  }
  if (!parts.fraction.empty()) absl::StrAppend(&text, ".", parts.fraction);
  return text;
}

Nanos NanosOf(const google::type::Money& money) {
  return Nanos(money.units()) * kNanosPerUnit + money.nanos();
}

google::type::Money MoneyOf(absl::string_view currency_code, Nanos nanos) {
  google::type::Money money;
  money.set_currency_code(std::string(currency_code));
  money.set_units(static_cast<int64_t>(nanos / kNanosPerUnit));
  money.set_nanos(static_cast<int32_t>(nanos % kNanosPerUnit));
  return money;
}

bool IsValidMoney(const google::type::Money& money) {
  if (!IsCurrency(money.currency_code())) return false;
  if (money.nanos() <= -kNanosPerUnit || money.nanos() >= kNanosPerUnit) return false;
  if ((money.units() > 0 && money.nanos() < 0) || (money.units() < 0 && money.nanos() > 0)) {
    return false;
  }
  const Nanos most = Nanos(kMoneyUnitsMax) * kNanosPerUnit;
  const Nanos nanos = NanosOf(money);
  return nanos >= -most && nanos <= most;
}

}  // namespace tiermark
