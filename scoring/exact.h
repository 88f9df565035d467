// Exact decimals and money: integers of billionths, never floating point.
#pragma once

#include <cstdint>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/type/money.pb.h"

namespace tiermark {

// Billionths of one. 128 bits hold every decimal and amount that the API admits, with room to add
// and compare them.
using Nanos = absl::int128;

inline constexpr int64_t kNanosPerUnit = 1'000'000'000;

// The largest amount of money, either way, in whole units.
inline constexpr int64_t kMoneyUnitsMax = 1'000'000'000'000;

// Reads "-12.5": an optional minus, 1 to 18 digits, and optionally a point with 1 to 9 digits.
// INVALID_ARGUMENT for anything else (no plus, no exponent, no spaces, no bare point).
absl::StatusOr<Nanos> ParseDecimal(absl::string_view text);

// The shortest text that ParseDecimal reads back to the same value.
std::string FormatDecimal(Nanos nanos);

// A decimal for people: as FormatDecimal, with the digits before the point in groups of three that
// are set apart by no-break spaces (U+00A0), "25 000.5".
std::string FormatDecimalForPeople(Nanos nanos);

// The amount of `money`, which must satisfy IsValidMoney.
Nanos NanosOf(const google::type::Money& money);

// Money of `nanos`, with units and nanos of the same sign.
google::type::Money MoneyOf(absl::string_view currency_code, Nanos nanos);

// Whether the currency is of ISO 4217, nanos are within a unit and of the sign of units, and the
// amount is within kMoneyUnitsMax either way.
bool IsValidMoney(const google::type::Money& money);

// Whether `code` is an ISO 4217 currency code in use, capital letters.
bool IsCurrency(absl::string_view code);

// Billionths in one minor unit of a currency: 10 000 000 for USD, 1 000 000 000 for JPY or CLP.
// `code` must be a currency.
int64_t NanosPerMinorUnit(absl::string_view code);

// Whether `code` is an officially assigned ISO 3166-1 alpha-2 code, capital letters.
bool IsCountry(absl::string_view code);

}  // namespace tiermark
