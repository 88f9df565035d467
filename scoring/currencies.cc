// The currencies of ISO 4217 that amounts can be in. Precious metals, test codes and units of
// account without minor units are left out.
#include <algorithm>
#include <iterator>

#include "scoring/exact.h"

namespace tiermark {
namespace {

// In bytewise order, grouped by the number of digits of the minor unit.
constexpr absl::string_view kNoDigits[] = {
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
    "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF",
};

constexpr absl::string_view kTwoDigits[] = {
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN",
    "BMD", "BND", "BOB", "BOV", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHE",
    "CHF", "CHW", "CNY", "COP", "COU", "CRC", "CUP", "CVE", "CZK", "DKK", "DOP", "DZD", "EGP",
    "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GTQ", "GYD", "HKD",
    "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IRR", "JMD", "KES", "KGS", "KHR", "KPW", "KYD",
    "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP",
    "MRU", "MUR", "MVR", "MWK", "MXN", "MXV", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR",
    "NZD", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SBD",
    "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL",
    "THB", "TJS", "TMT", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "USD", "USN", "UYU", "UZS",
    "VED", "VES", "WST", "XCD", "XCG", "YER", "ZAR", "ZMW", "ZWG",
};

constexpr absl::string_view kThreeDigits[] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};

constexpr absl::string_view kFourDigits[] = {"CLF", "UYW"};

template <size_t n>
bool Holds(const absl::string_view (&codes)[n], absl::string_view code) {
  return std::binary_search(std::begin(codes), std::end(codes), code);
}

}  // namespace

bool IsCurrency(absl::string_view code) {
  return Holds(kTwoDigits, code) || Holds(kNoDigits, code) || Holds(kThreeDigits, code) ||
         Holds(kFourDigits, code);
}

int64_t NanosPerMinorUnit(absl::string_view code) {
  if (Holds(kNoDigits, code)) return kNanosPerUnit;
  if (Holds(kThreeDigits, code)) return kNanosPerUnit / 1'000;
  if (Holds(kFourDigits, code)) return kNanosPerUnit / 10'000;
  return kNanosPerUnit / 100;
}

}  // namespace tiermark
