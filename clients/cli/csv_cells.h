// Single cells and the values that they stand for, both ways.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/type/date.pb.h"
#include "google/type/money.pb.h"

namespace tiermark::cli {

enum class DateOrder { kYearMonthDay, kDayMonthYear, kMonthDayYear };

// How the cells of a file are written. Our own files are written by the defaults.
struct CellFormat {
  bool decimal_comma = false;
  DateOrder dates = DateOrder::kYearMonthDay;
  char list_separator = '\0';  // NUL: both | and ; are.
};

// Outer spaces do not count in any of these. The errors are INVALID_ARGUMENT, and say what a cell
// must be like without repeating it.
absl::StatusOr<int64_t> ParseWholeNumber(absl::string_view cell);
absl::StatusOr<bool> ParseBoolCell(absl::string_view cell);
absl::StatusOr<google::type::Date> ParseCellDate(absl::string_view cell, DateOrder order);
// As the names of flags, and with spaces for hyphens.
absl::StatusOr<int> ParseCellEnum(absl::string_view cell,
                                  const google::protobuf::EnumDescriptor& type);
// A decimal as the API takes it: "-12.5".
absl::StatusOr<std::string> ParseCellDecimal(absl::string_view cell, const CellFormat& format);
// An amount without its currency.
absl::StatusOr<google::type::Money> ParseAmount(absl::string_view cell,
                                                absl::string_view currency_code,
                                                const CellFormat& format);
// An amount and its currency: "1000.50 USD".
absl::StatusOr<google::type::Money> ParseMoneyCell(absl::string_view cell,
                                                   const CellFormat& format);

std::string FormatAmount(const google::type::Money& money);
std::string FormatMoney(const google::type::Money& money);
std::string FormatDate(const google::type::Date& date);

// The items of a list without their outer spaces; empty ones are left out. A backslash takes the
// separator, space or backslash behind it as a part of the item.
std::vector<std::string> SplitList(absl::string_view cell, char separator);
std::string JoinList(const std::vector<std::string>& items);

// Whether all of it is text, and not bytes that DecodeText could not make sense of.
bool IsText(absl::string_view cell);

}  // namespace tiermark::cli
