#include "scoring/exchange_rates.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace tiermark {
namespace {

constexpr size_t kRateFractionDigits = 12;
constexpr int64_t kRateScale = 1'000'000'000'000;
constexpr int64_t kRateMax = 1'000'000;
constexpr size_t kRateWholeDigits = 7;

// Billionths beyond every amount of money.
constexpr absl::int128 kUnreached = absl::MakeInt128(int64_t{1} << 36, 0);

// A code as a number of the same order.
uint32_t KeyOf(absl::string_view code) {
  if (code.size() != 3) return 0;
  const auto byte = [code](int i) { return uint32_t{static_cast<unsigned char>(code[i])}; };
  return byte(0) << 16 | byte(1) << 8 | byte(2);
}

// Trillionths, or 0 for what is not a rate.
absl::int128 ParseRate(absl::string_view text) {
  const size_t point = text.find('.');
  const absl::string_view whole = text.substr(0, point);
  const absl::string_view fraction =
      point == absl::string_view::npos ? absl::string_view("0") : text.substr(point + 1);
  if (whole.empty() || whole.size() > kRateWholeDigits || fraction.empty() ||
      fraction.size() > kRateFractionDigits) {
    return 0;
  }
  absl::int128 rate = 0;
  for (const absl::string_view digits : {whole, fraction}) {
    for (const char c : digits) {
      if (c < '0' || c > '9') return 0;
      rate = rate * 10 + (c - '0');
    }
  }
  for (size_t i = fraction.size(); i < kRateFractionDigits; ++i) rate *= 10;
  return rate <= absl::int128(kRateMax) * kRateScale ? rate : absl::int128(0);
}

}  // namespace

RateTable::RateTable(const v1::ExchangeRates& rates, absl::string_view path,
                     Violations* violations) {
  if (rates.version() < 1) {
    violations->Add(absl::StrCat(path, ".version"), "must be 1 or more");
  }
  if (!IsCurrency(rates.reference_currency())) {
    violations->Add(absl::StrCat(path, ".reference_currency"),
                    "must be an ISO 4217 currency code in capital letters");
  } else {
    Insert(rates.reference_currency(), kRateScale);
  }
  for (int i = 0; i < rates.rates_size(); ++i) {
    const v1::ExchangeRate& given = rates.rates(i);
    const std::string item = absl::StrCat(path, ".rates[", i, "]");
    const bool known = IsCurrency(given.currency_code());
    const absl::int128 rate = ParseRate(given.rate());
    const bool reference = given.currency_code() == rates.reference_currency();
    if (!known) {
      violations->Add(absl::StrCat(item, ".currency_code"),
                      "must be an ISO 4217 currency code in capital letters");
    } else if (std::any_of(rates.rates().begin(), rates.rates().begin() + i,
                           [&](const v1::ExchangeRate& other) {
                             return other.currency_code() == given.currency_code();
                           })) {
      violations->Add(absl::StrCat(item, ".currency_code"), "is given twice");
    } else if (rate > 0 && !reference) {
      Insert(given.currency_code(), rate);
    }
    if (rate <= 0) {
      violations->Add(absl::StrCat(item, ".rate"),
                      "must be a decimal above 0 and up to 1000000, with up to 12 digits after "
                      "the point");
    } else if (reference && rate != kRateScale) {
      violations->Add(absl::StrCat(item, ".rate"), "must be 1 for the reference currency");
    }
  }
}

void RateTable::Insert(const std::string& code, absl::int128 rate) {
  const uint32_t key = KeyOf(code);
  const auto place = std::lower_bound(keys_.begin(), keys_.end(), key);
  entries_.insert(entries_.begin() + (place - keys_.begin()), Entry{code, rate});
  keys_.insert(place, key);
}

int RateTable::Find(absl::string_view currency_code) const {
  const uint32_t key = KeyOf(currency_code);
  const auto place = std::lower_bound(keys_.begin(), keys_.end(), key);
  return place != keys_.end() && *place == key ? static_cast<int>(place - keys_.begin()) : kNone;
}

Nanos RateTable::LeastWorth(int index, Nanos bound, int bound_index) const {
  // The quotient of bound * bound_rate and rate, upwards. The product itself might not fit: so what
  // the rate divides out of the bound, apart from the rest of the bound.
  const absl::int128 rate = entries_[index].rate;
  const absl::int128 bound_rate = entries_[bound_index].rate;
  const absl::int128 whole = bound / rate;
  const absl::int128 unreached = kUnreached / bound_rate;
  if (whole > unreached) return kUnreached;
  if (whole < -unreached) return -kUnreached;
  const absl::int128 rest = bound % rate * bound_rate;
  // Division cuts towards zero, which is already upwards below zero.
  return whole * bound_rate + rest / rate + (rest > 0 && rest % rate != 0 ? 1 : 0);
}

Worth RateTable::WorthOf(int index, Nanos amount) const {
  // The product itself might not fit: so the part above the scale, which the rate divides out of,
  // apart from the part below.
  const absl::int128 rate = entries_[index].rate;
  const absl::int128 rest = amount % kRateScale * rate;
  return {amount / kRateScale * rate + rest / kRateScale, static_cast<int64_t>(rest % kRateScale)};
}

}  // namespace tiermark
