#include "clients/cli/csv_rows.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "clients/cli/facts_flags.h"

namespace tiermark::cli {
namespace {

using google::protobuf::FieldDescriptor;

constexpr size_t kShownBytesMax = 80;

// As much of a value as a person needs to find it.
std::string Shown(absl::string_view value) {
  if (value.size() <= kShownBytesMax) return std::string(value);
  size_t end = kShownBytesMax;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xc0) == 0x80) --end;
  return absl::StrCat(value.substr(0, end), "…");
}

absl::Status Fault(absl::string_view reason) { return absl::InvalidArgumentError(reason); }

// Sets a fact of one value, or adds one to a fact of several.
absl::Status PutValue(const FieldDescriptor* field, absl::string_view cell,
                      const CellFormat& format, v1::AccountFacts* facts) {
  const auto* reflection = facts->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      // Codes are never written with spaces around them; of names they are a fault.
      if (field->is_repeated()) {
        reflection->AddString(facts, field, std::string(cell));
      } else {
        const bool code = field->number() == v1::AccountFacts::kCountryFieldNumber;
        reflection->SetString(facts, field,
                              std::string(code ? absl::StripAsciiWhitespace(cell) : cell));
      }
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_INT32: {
      const auto number = ParseWholeNumber(cell);
      if (!number.ok()) return number.status();
      if (*number > std::numeric_limits<int32_t>::max() ||
          *number < std::numeric_limits<int32_t>::min()) {
        return Fault("is larger than any such number can be");
      }
      reflection->SetInt32(facts, field, static_cast<int32_t>(*number));
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_BOOL: {
      const auto truth = ParseBoolCell(cell);
      if (truth.ok()) reflection->SetBool(facts, field, *truth);
      return truth.status();
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto value = ParseCellEnum(cell, *field->enum_type());
      if (!value.ok()) return value.status();
      if (field->is_repeated()) {
        reflection->AddEnumValue(facts, field, *value);
      } else {
        reflection->SetEnumValue(facts, field, *value);
      }
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      auto date = ParseCellDate(cell, format.dates);
      if (!date.ok()) return date.status();
      *static_cast<google::type::Date*>(reflection->MutableMessage(facts, field)) =
          *std::move(date);
      return absl::OkStatus();
    }
    default:
      return absl::UnimplementedError("is of a type that no cell can have");
  }
}

// "PE=1000 USD": what stands before the last equals sign, and the amount behind it.
absl::Status ReadPair(absl::string_view item, const char* example, const CellFormat& format,
                      std::string* name, google::type::Money* money) {
  const size_t equals = item.rfind('=');
  if (equals != absl::string_view::npos) {
    auto amount = ParseMoneyCell(item.substr(equals + 1), format);
    if (amount.ok()) {
      *name = std::string(absl::StripAsciiWhitespace(item.substr(0, equals)));
      *money = *std::move(amount);
      return absl::OkStatus();
    }
  }
  return Fault(absl::StrCat("must be a list such as ", example));
}

absl::Status ReadCustomObject(absl::string_view cell, v1::AccountFacts* facts) {
  constexpr char kFault[] =
      R"(must be custom facts as JSON, such as {"plan":{"text":"gold"},"seats":{"int64":12}})";
  v1::AccountFacts read;
  // Its own words would speak of places in a larger text.
  if (!ParseFactsJson(absl::StrCat("{\"custom\":", cell, "}"), &read).ok()) {
    return Fault(kFault);
  }
  facts->mutable_custom()->insert(read.custom().begin(), read.custom().end());
  // A cell that closes the object itself would bring other facts with it.
  read.clear_custom();
  return read.ByteSizeLong() == 0 ? absl::OkStatus() : Fault(kFault);
}

bool IsRead(const CsvColumn& column) {
  return column.kind != CellKind::kIgnored && column.kind != CellKind::kAnswer;
}

// The number of a list's entry in a path, and what stands behind it; -1 for none.
int TakeIndex(absl::string_view* path) {
  int index;
  const size_t end = path->find(']');
  if (!absl::StartsWith(*path, "[") || end == absl::string_view::npos ||
      !absl::SimpleAtoi(path->substr(1, end - 1), &index)) {
    return -1;
  }
  path->remove_prefix(end + 1);
  return index;
}

}  // namespace

absl::StatusOr<RowReader> RowReader::Make(std::vector<CsvColumn> columns, RowOptions options) {
  if (options.empty_clears) {
    for (const CsvColumn& column : columns) {
      if (column.kind == CellKind::kCustomValue) {
        return absl::InvalidArgumentError(
            absl::StrCat("with --empty-clears the custom facts are written as a whole, from the "
                         "column custom: ",
                         column.header, " cannot be one of the columns"));
      }
    }
  }
  return RowReader(std::move(columns), std::move(options));
}

RowReader::RowReader(std::vector<CsvColumn> columns, RowOptions options)
    : columns_(std::move(columns)),
      options_(std::move(options)),
      currency_of_(columns_.size(), -1) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    const CsvColumn& column = columns_[i];
    if (column.name == "country") country_ = static_cast<int>(i);
    for (size_t j = 0; j < columns_.size(); ++j) {
      if (columns_[j].name == column.name + "_currency") currency_of_[i] = static_cast<int>(j);
    }
    const bool again = std::any_of(columns_.begin(), columns_.begin() + i,
                                   [&](const auto& other) { return other.fact == column.fact; });
    if (options_.empty_clears && column.fact != nullptr && !again) {
      mask_.add_paths(column.fact->name());
    }
  }
}

absl::Status RowReader::ReadMoney(size_t at, const std::vector<std::string>& cells,
                                  google::type::Money* money) const {
  std::string currency = options_.currency;
  if (const int column = currency_of_[at]; column >= 0) {
    const auto given = absl::StripAsciiWhitespace(cells[column]);
    if (!given.empty()) currency = std::string(given);
  }
  if (currency.empty()) {
    return Fault(absl::StrCat("has no currency: give one in a column ", columns_[at].name,
                              "_currency, or with --currency"));
  }
  auto read = ParseAmount(cells[at], currency, options_.format);
  if (!read.ok()) return read.status();
  *money = *std::move(read);
  return absl::OkStatus();
}

absl::Status RowReader::ReadCustomValue(const CsvColumn& column, const std::string& cell,
                                        v1::FactValue* value) const {
  switch (column.custom_type) {
    case v1::FactValue::kInt64: {
      const auto number = ParseWholeNumber(cell);
      if (number.ok()) value->set_int64(*number);
      return number.status();
    }
    case v1::FactValue::kDecimal: {
      const auto decimal = ParseCellDecimal(cell, options_.format);
      if (decimal.ok()) value->set_decimal(*decimal);
      return decimal.status();
    }
    case v1::FactValue::kBool: {
      const auto truth = ParseBoolCell(cell);
      if (truth.ok()) value->set_bool_(*truth);
      return truth.status();
    }
    case v1::FactValue::kDate: {
      const auto date = ParseCellDate(cell, options_.format.dates);
      if (date.ok()) *value->mutable_date() = *date;
      return date.status();
    }
    case v1::FactValue::kMoney: {
      const auto money = ParseMoneyCell(cell, options_.format);
      if (money.ok()) *value->mutable_money() = *money;
      return money.status();
    }
    default:
      value->set_text(cell);
      return absl::OkStatus();
  }
}

absl::Status RowReader::ReadCell(size_t at, const std::vector<std::string>& cells,
                                 v1::ImportedAccount* account) const {
  const CsvColumn& column = columns_[at];
  const std::string& cell = cells[at];
  v1::AccountFacts* facts = account->mutable_facts();
  const CellFormat& format = options_.format;
  switch (column.kind) {
    case CellKind::kAccountId:
      account->set_account_id(cell);
      return absl::OkStatus();
    case CellKind::kValue:
      return PutValue(column.fact, cell, format, facts);
    case CellKind::kList:
      for (const std::string& item : SplitList(cell, format.list_separator)) {
        if (absl::Status put = PutValue(column.fact, item, format, facts); !put.ok()) return put;
      }
      return absl::OkStatus();
    case CellKind::kAmount:
      return ReadMoney(at, cells,
                       static_cast<google::type::Money*>(
                           facts->GetReflection()->MutableMessage(facts, column.fact)));
    case CellKind::kMrrAmount: {
      v1::PotentialMrr* entry = facts->add_potential_mrr();
      entry->set_country(column.country);
      if (column.country.empty()) {
        if (country_ >= 0) {
          entry->set_country(std::string(absl::StripAsciiWhitespace(cells[country_])));
        }
        if (entry->country().empty()) return Fault("needs the country of the account in its row");
      }
      return ReadMoney(at, cells, entry->mutable_amount());
    }
    case CellKind::kMrrList:
      for (const std::string& item : SplitList(cell, format.list_separator)) {
        v1::PotentialMrr* entry = facts->add_potential_mrr();
        absl::Status read = ReadPair(item, "PE=1000 USD|EC=250.50 USD", format,
                                     entry->mutable_country(), entry->mutable_amount());
        if (!read.ok()) return read;
      }
      return absl::OkStatus();
    case CellKind::kRevenueList:
      for (const std::string& item : SplitList(cell, format.list_separator)) {
        v1::ProductLineRevenue* entry = facts->add_product_line_revenue();
        absl::Status read = ReadPair(item, "cards=1000 USD|loans=250.50 USD", format,
                                     entry->mutable_product_line(), entry->mutable_amount());
        if (!read.ok()) return read;
      }
      return absl::OkStatus();
    case CellKind::kCustomObject:
      return ReadCustomObject(cell, facts);
    case CellKind::kCustomValue:
      return ReadCustomValue(column, cell, &(*facts->mutable_custom())[column.custom_key]);
    case CellKind::kIgnored:
    case CellKind::kAnswer:
    case CellKind::kCurrency:  // Read with their amounts.
    case CellKind::kMrrCurrency:
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

std::vector<CellFault> RowReader::Read(const std::vector<std::string>& cells,
                                       v1::ImportedAccount* account) const {
  account->Clear();
  account->mutable_facts();
  if (options_.empty_clears) *account->mutable_update_mask() = mask_;
  std::vector<CellFault> faults;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (!IsRead(columns_[i])) continue;
    if (!IsText(cells[i])) {
      faults.push_back({columns_[i].header, "",
                        "has bytes that are no text in the encoding of the file; see --encoding"});
      continue;
    }
    if (absl::StripAsciiWhitespace(cells[i]).empty()) {
      if (columns_[i].kind == CellKind::kAccountId)
        faults.push_back({columns_[i].header, "", "is empty"});
      continue;
    }
    const absl::Status read = ReadCell(i, cells, account);
    if (!read.ok()) {
      faults.push_back({columns_[i].header, Shown(cells[i]), std::string(read.message())});
    }
  }
  return faults;
}

CellFault RowReader::FaultAt(absl::string_view path, absl::string_view reason,
                             const v1::ImportedAccount& account) const {
  const bool fact = absl::ConsumePrefix(&path, "facts.");
  const absl::string_view name = path.substr(0, path.find_first_of(".["));
  absl::string_view rest = path.substr(name.size());
  const int index = TakeIndex(&rest);
  std::string country;
  if (name == "potential_mrr" && index >= 0 && index < account.facts().potential_mrr_size()) {
    country = account.facts().potential_mrr(index).country();
  }
  const CsvColumn* found = nullptr;
  // The country of an account's own MRR stands in the column of its country, and nowhere else.
  if (rest == ".country" && country == account.facts().country() && country_ >= 0) {
    found = &columns_[country_];
  }
  for (const CsvColumn& column : columns_) {
    if (found != nullptr && found->name == "country") break;
    if (!IsRead(column)) continue;
    if (!fact) {
      if (column.name == name) found = &column;
      continue;
    }
    if (column.fact == nullptr || column.fact->name() != name) continue;
    switch (column.kind) {
      case CellKind::kCurrency:
        if (absl::EndsWith(rest, "currency_code")) found = &column;
        break;
      case CellKind::kMrrAmount:
      case CellKind::kMrrCurrency: {
        const bool own = column.country.empty() && country == account.facts().country();
        const bool currency = column.kind == CellKind::kMrrCurrency;
        if (currency && !absl::EndsWith(rest, "currency_code")) break;
        if (own || (!country.empty() && column.country == country)) found = &column;
        break;
      }
      case CellKind::kMrrList:
      case CellKind::kCustomObject:
        if (found == nullptr) found = &column;
        break;
      case CellKind::kCustomValue:
        if (absl::StartsWith(absl::StrCat(rest, "."), absl::StrCat(".", column.custom_key, "."))) {
          found = &column;
        }
        break;
      default:
        found = &column;
    }
  }
  CellFault fault{"", "", std::string(reason)};
  if (found == nullptr) {
    // Such as a country that is missing in a file without such a column.
    fault.reason = absl::StrCat(fact ? "facts." : "", path, " ", reason);
    return fault;
  }
  fault.column = found->header;
  v1::Account as_sent;
  as_sent.set_account_id(account.account_id());
  *as_sent.mutable_facts() = account.facts();
  fault.value = Shown(CellOf(*found, as_sent));
  return fault;
}

}  // namespace tiermark::cli
