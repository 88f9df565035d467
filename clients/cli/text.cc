#include "clients/cli/text.h"

#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "clients/cli/enum_names.h"

namespace tiermark::cli {

std::string WordsOf(const google::protobuf::EnumDescriptor& type, int value) {
  const auto* named = type.FindValueByNumber(value);
  if (named == nullptr) return absl::StrCat(value);  // Of a newer server.
  if (value == 0) return "";
  std::string name = BareName(*named);
  if (name == "SMB" || name == "VAR" || name == "OEM") return name;
  name = absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", " "}});
  name[0] = absl::ascii_toupper(static_cast<unsigned char>(name[0]));
  return name;
}

std::string Grouped(int64_t number) {
  std::string digits = absl::StrCat(number);
  const int first = number < 0 ? 1 : 0;
  for (int at = static_cast<int>(digits.size()) - 3; at > first; at -= 3) digits.insert(at, ",");
  return digits;
}

std::string TextOf(const google::type::Money& money) {
  if (money.currency_code().empty()) return "";
  const bool negative = money.units() < 0 || money.nanos() < 0;
  std::string amount =
      absl::StrCat(negative && money.units() == 0 ? "-" : "", Grouped(money.units()));
  if (money.nanos() != 0) {
    std::string fraction = absl::StrFormat("%09d", std::abs(money.nanos()));
    // Two digits at least, as amounts have.
    while (fraction.size() > 2 && fraction.back() == '0') fraction.pop_back();
    absl::StrAppend(&amount, ".", fraction);
  }
  return absl::StrCat(amount, " ", money.currency_code());
}

std::string TextOf(const google::type::Date& date) {
  if (date.year() == 0) return "";
  return absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(), date.day());
}

std::string TextOf(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return "";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(time.seconds()),
                          absl::UTCTimeZone());
}

std::string TextOf(const v1::FactValue& value) {
  switch (value.value_case()) {
    case v1::FactValue::kText:
      return value.text();
    case v1::FactValue::kInt64:
      return Grouped(value.int64());
    case v1::FactValue::kDecimal:
      return value.decimal();
    case v1::FactValue::kBool:
      return value.bool_() ? "yes" : "no";
    case v1::FactValue::kDate:
      return TextOf(value.date());
    case v1::FactValue::kMoney:
      return TextOf(value.money());
    case v1::FactValue::VALUE_NOT_SET:
      break;
  }
  return "";
}

std::string HundredthsOf(int hundredths) {
  return absl::StrFormat("%s%d.%02d", hundredths < 0 ? "-" : "", std::abs(hundredths) / 100,
                         std::abs(hundredths) % 100);
}

std::string SignedHundredthsOf(int hundredths) {
  return absl::StrCat(hundredths > 0 ? "+" : "", HundredthsOf(hundredths));
}

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

}  // namespace tiermark::cli
