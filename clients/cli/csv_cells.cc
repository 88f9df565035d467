#include "clients/cli/csv_cells.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "clients/cli/csv_text.h"
#include "clients/cli/dates.h"
#include "clients/cli/enum_names.h"
#include "scoring/exact.h"

namespace tiermark::cli {
namespace {

bool IsListSeparator(char c, char separator) {
  return separator == '\0' ? c == '|' || c == ';' : c == separator;
}

std::string ToIso(absl::string_view cell, DateOrder order) {
  std::vector<std::string> parts = absl::StrSplit(cell, absl::ByAnyChar("-./"));
  if (parts.size() != 3) return "";
  if (order == DateOrder::kMonthDayYear) std::swap(parts[0], parts[1]);
  if (order != DateOrder::kYearMonthDay) std::swap(parts[0], parts[2]);
  // People leave out leading zeros.
  for (size_t i = 1; i < 3; ++i) {
    if (parts[i].size() == 1) parts[i].insert(0, "0");
  }
  return absl::StrJoin(parts, "-");
}

const char* DateExample(DateOrder order) {
  switch (order) {
    case DateOrder::kYearMonthDay:
      return "2026-11-28";
    case DateOrder::kDayMonthYear:
      return "28.11.2026";
    case DateOrder::kMonthDayYear:
      return "11/28/2026";
  }
  return "";
}

}  // namespace

absl::StatusOr<int64_t> ParseWholeNumber(absl::string_view cell) {
  int64_t number;
  if (!absl::SimpleAtoi(cell, &number)) {
    return absl::InvalidArgumentError(
        "must be a whole number such as 12000, without separators of thousands");
  }
  return number;
}

absl::StatusOr<bool> ParseBoolCell(absl::string_view cell) {
  const std::string word = absl::AsciiStrToLower(absl::StripAsciiWhitespace(cell));
  if (word == "true" || word == "yes" || word == "1") return true;
  if (word == "false" || word == "no" || word == "0") return false;
  return absl::InvalidArgumentError("must be true or false, yes or no, 1 or 0");
}

absl::StatusOr<google::type::Date> ParseCellDate(absl::string_view cell, DateOrder order) {
  cell = absl::StripAsciiWhitespace(cell);
  const auto date = ParseDate(ToIso(cell, order));
  if (date) return *date;
  std::string fault = absl::StrCat("must be a day such as ", DateExample(order));
  if (order == DateOrder::kYearMonthDay) absl::StrAppend(&fault, "; see --date-order for others");
  return absl::InvalidArgumentError(fault);
}

absl::StatusOr<int> ParseCellEnum(absl::string_view cell,
                                  const google::protobuf::EnumDescriptor& type) {
  const auto value =
      ParseEnum(type, absl::StrReplaceAll(absl::StripAsciiWhitespace(cell), {{" ", "-"}}));
  if (value) return *value;
  return absl::InvalidArgumentError(
      absl::StrCat("must be one of ", absl::StrJoin(FlagNames(type), ", ")));
}

absl::StatusOr<std::string> ParseCellDecimal(absl::string_view cell, const CellFormat& format) {
  std::string number(absl::StripAsciiWhitespace(cell));
  const char point = format.decimal_comma ? ',' : '.';
  const char other = format.decimal_comma ? '.' : ',';
  // One that sets off thousands in one country is the decimal point of another: never guessed.
  if (!absl::StrContains(number, other)) {
    std::replace(number.begin(), number.end(), point, '.');
    const auto nanos = tiermark::ParseDecimal(number);
    if (nanos.ok()) return FormatDecimal(*nanos);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "must be a number such as 1234", std::string(1, point), "5, of up to 18 digits before the ",
      format.decimal_comma ? "comma" : "point", " and 9 after it, without separators of thousands",
      format.decimal_comma ? "" : "; see --decimal-comma"));
}

absl::StatusOr<google::type::Money> ParseAmount(absl::string_view cell,
                                                absl::string_view currency_code,
                                                const CellFormat& format) {
  const auto number = ParseCellDecimal(cell, format);
  if (!number.ok()) return number.status();
  return MoneyOf(currency_code, *tiermark::ParseDecimal(*number));
}

absl::StatusOr<google::type::Money> ParseMoneyCell(absl::string_view cell,
                                                   const CellFormat& format) {
  cell = absl::StripAsciiWhitespace(cell);
  const size_t space = cell.rfind(' ');
  if (space != absl::string_view::npos) {
    auto money = ParseAmount(cell.substr(0, space), cell.substr(space + 1), format);
    if (money.ok()) return money;
  }
  return absl::InvalidArgumentError(absl::StrCat("must be an amount and its currency, such as 1000",
                                                 format.decimal_comma ? "," : ".", "50 USD"));
}

std::string FormatAmount(const google::type::Money& money) { return FormatDecimal(NanosOf(money)); }

std::string FormatMoney(const google::type::Money& money) {
  return absl::StrCat(FormatAmount(money), " ", money.currency_code());
}

std::string FormatDate(const google::type::Date& date) {
  return absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(), date.day());
}

std::vector<std::string> SplitList(absl::string_view cell, char separator) {
  std::vector<std::string> items;
  std::string item;
  size_t kept = 0;  // Up to where the item is no space that may be an outer one.
  const auto end_item = [&] {
    item.resize(kept);
    if (!item.empty()) items.push_back(std::move(item));
    item.clear();
    kept = 0;
  };
  for (size_t i = 0; i < cell.size(); ++i) {
    char c = cell[i];
    if (IsListSeparator(c, separator)) {
      end_item();
      continue;
    }
    const char next = i + 1 < cell.size() ? cell[i + 1] : '\0';
    const bool escaped =
        c == '\\' && next != '\0' &&
        (next == '\\' || next == ' ' || next == '|' || next == ';' || next == separator);
    if (escaped) c = cell[++i];
    if (c == ' ' && !escaped) {
      if (!item.empty()) item.push_back(c);
      continue;
    }
    item.push_back(c);
    kept = item.size();
  }
  end_item();
  return items;
}

std::string JoinList(const std::vector<std::string>& items) {
  return absl::StrJoin(items, "|", [](std::string* to, const std::string& item) {
    std::string escaped = absl::StrReplaceAll(item, {{"\\", "\\\\"}, {"|", "\\|"}, {";", "\\;"}});
    if (absl::EndsWith(escaped, " ")) escaped.insert(escaped.size() - 1, "\\");
    if (absl::StartsWith(escaped, " ")) escaped.insert(0, "\\");
    to->append(escaped);
  });
}

bool IsText(absl::string_view cell) { return cell.find(kBadByte) == absl::string_view::npos; }

}  // namespace tiermark::cli
