#include "scoring/fact_checks.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "scoring/calendar.h"
#include "scoring/exact.h"
#include "scoring/facts.h"
#include "scoring/text.h"

namespace tiermark {

std::string Item(absl::string_view path, absl::string_view field, int index) {
  return absl::StrCat(path, ".", field, "[", index, "]");
}

void ValidateDate(const google::type::Date& date, absl::string_view field, Violations* violations) {
  if (!IsValidDate(date)) {
    violations->Add(field, "must be a day of the calendar in the years 1900 to 2199");
  }
}

void ValidateMoney(const google::type::Money& money, int64_t least, absl::string_view field,
                   Violations* violations) {
  if (!IsCurrency(money.currency_code())) {
    violations->Add(absl::StrCat(field, ".currency_code"),
                    "must be an ISO 4217 currency code in capital letters");
  }
  const int64_t nanos = money.nanos();
  const bool opposed = (money.units() > 0 && nanos < 0) || (money.units() < 0 && nanos > 0);
  if (nanos <= -kNanosPerUnit || nanos >= kNanosPerUnit || opposed) {
    violations->Add(absl::StrCat(field, ".nanos"),
                    "must be within 999 999 999 either way and of the sign of units");
    return;
  }
  const Nanos amount = NanosOf(money);
  if (amount < Nanos(least) * kNanosPerUnit || amount > Nanos(kMoneyUnitsMax) * kNanosPerUnit) {
    violations->Add(absl::StrCat(field, ".units"),
                    absl::StrCat("must be an amount from ", least, " to ", kMoneyUnitsMax));
  }
}

const char* CountryFault(const std::string& code) {
  return IsCountry(code) ? nullptr
                         : "must be an ISO 3166-1 alpha-2 country code in capital letters";
}

const char* NameFault(const std::string& name) {
  if (name.empty() || name.size() > kListEntryBytesMax) return "must be 1 to 64 bytes long";
  if (!IsPrintable(name)) return "must be UTF-8 without control characters";
  if (HasOuterSpace(name)) return "must not begin or end with a space";
  return nullptr;
}

void ValidateList(const google::protobuf::RepeatedPtrField<std::string>& entries, int entries_max,
                  const char* (*entry_fault)(const std::string&), absl::string_view path,
                  absl::string_view field, Violations* violations) {
  if (entries.size() > entries_max) {
    violations->Add(absl::StrCat(path, ".", field),
                    absl::StrCat("must have ", entries_max, " entries at most"));
  }
  const int checked = std::min(entries.size(), entries_max);
  for (int i = 0; i < checked; ++i) {
    if (const char* fault = entry_fault(entries[i])) {
      violations->Add(Item(path, field, i), fault);
    } else if (std::find(entries.begin(), entries.begin() + i, entries[i]) != entries.begin() + i) {
      violations->Add(Item(path, field, i), kTwiceFault);
    }
  }
}

}  // namespace tiermark
