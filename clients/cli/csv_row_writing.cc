// The cells of an account.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "clients/cli/csv_rows.h"
#include "clients/cli/enum_names.h"
#include "clients/cli/text.h"
#include "google/protobuf/util/json_util.h"

namespace tiermark::cli {
namespace {

using google::protobuf::FieldDescriptor;

std::string EnumCell(const FieldDescriptor* field, int value) {
  const auto* named = field->enum_type()->FindValueByNumber(value);
  return named == nullptr ? absl::StrCat(value) : FlagName(*named);  // Of a newer server.
}

std::string ValueCell(const FieldDescriptor* field, const v1::AccountFacts& facts) {
  const auto* reflection = facts.GetReflection();
  if (!reflection->HasField(facts, field)) return "";
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->GetString(facts, field);
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(reflection->GetInt32(facts, field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(facts, field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumCell(field, reflection->GetEnumValue(facts, field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return FormatDate(
          static_cast<const google::type::Date&>(reflection->GetMessage(facts, field)));
    default:
      return "";
  }
}

std::string ListCell(const FieldDescriptor* field, const v1::AccountFacts& facts) {
  const auto* reflection = facts.GetReflection();
  std::vector<std::string> items;
  const int size = reflection->FieldSize(facts, field);
  items.reserve(size);
  for (int i = 0; i < size; ++i) {
    items.push_back(field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM
                        ? EnumCell(field, reflection->GetRepeatedEnumValue(facts, field, i))
                        : reflection->GetRepeatedString(facts, field, i));
  }
  return JoinList(items);
}

// The money that the column is about, or nullptr.
const google::type::Money* MoneyOfColumn(const CsvColumn& column, const v1::AccountFacts& facts) {
  if (column.kind == CellKind::kAmount || column.kind == CellKind::kCurrency) {
    const auto* reflection = facts.GetReflection();
    if (!reflection->HasField(facts, column.fact)) return nullptr;
    return static_cast<const google::type::Money*>(&reflection->GetMessage(facts, column.fact));
  }
  const std::string& country = column.country.empty() ? facts.country() : column.country;
  for (const v1::PotentialMrr& entry : facts.potential_mrr()) {
    if (!country.empty() && entry.country() == country) return &entry.amount();
  }
  return nullptr;
}

std::string CustomObjectCell(const v1::AccountFacts& facts) {
  if (facts.custom().empty()) return "";
  v1::AccountFacts custom;
  *custom.mutable_custom() = facts.custom();
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(custom, &json).ok()) return "";
  absl::string_view object = json;
  absl::ConsumePrefix(&object, "{\"custom\":");
  absl::ConsumeSuffix(&object, "}");
  return std::string(object);
}

std::string CustomValueCell(const CsvColumn& column, const v1::AccountFacts& facts) {
  const auto found = facts.custom().find(column.custom_key);
  if (found == facts.custom().end()) return "";
  const v1::FactValue& value = found->second;
  // A value of another type would be read back as something else.
  if (value.value_case() != column.custom_type) return "";
  switch (value.value_case()) {
    case v1::FactValue::kText:
      return value.text();
    case v1::FactValue::kInt64:
      return absl::StrCat(value.int64());
    case v1::FactValue::kDecimal:
      return value.decimal();
    case v1::FactValue::kBool:
      return value.bool_() ? "true" : "false";
    case v1::FactValue::kDate:
      return FormatDate(value.date());
    case v1::FactValue::kMoney:
      return FormatMoney(value.money());
    case v1::FactValue::VALUE_NOT_SET:
      return "";
  }
  return "";
}

// The score that the account's segment comes from, or nullptr.
const v1::ModelScore* SegmentationScore(const v1::Account& account) {
  for (const v1::ModelScore& score : account.scores()) {
    if (score.segment() != v1::SEGMENT_UNSPECIFIED) return &score;
  }
  return nullptr;
}

template <class Enum>
std::string NameCell(Enum value) {
  if (value == 0) return "";
  const auto* named = google::protobuf::GetEnumDescriptor<Enum>()->FindValueByNumber(value);
  return named == nullptr ? absl::StrCat(static_cast<int>(value)) : FlagName(*named);
}

std::string AnswerCell(absl::string_view name, const v1::Account& account) {
  if (name == "segment") return NameCell(account.segment());
  if (name == "effective_segment") return NameCell(account.effective_segment());
  if (name == "activity") return NameCell(account.activity().status());
  const v1::ModelScore* score = SegmentationScore(account);
  if (score == nullptr) return "";
  return name == "score" ? absl::StrCat(score->score()) : TextOf(score->evaluate_time());
}

}  // namespace

std::string CellOf(const CsvColumn& column, const v1::Account& account) {
  const v1::AccountFacts& facts = account.facts();
  std::vector<std::string> items;
  switch (column.kind) {
    case CellKind::kAccountId:
      return account.account_id();
    case CellKind::kValue:
      return ValueCell(column.fact, facts);
    case CellKind::kList:
      return ListCell(column.fact, facts);
    case CellKind::kAmount:
    case CellKind::kMrrAmount: {
      const google::type::Money* money = MoneyOfColumn(column, facts);
      return money == nullptr ? "" : FormatAmount(*money);
    }
    case CellKind::kCurrency:
    case CellKind::kMrrCurrency: {
      const google::type::Money* money = MoneyOfColumn(column, facts);
      return money == nullptr ? "" : money->currency_code();
    }
    case CellKind::kMrrList:
      for (const v1::PotentialMrr& entry : facts.potential_mrr()) {
        if (entry.country() == facts.country()) continue;
        items.push_back(absl::StrCat(entry.country(), "=", FormatMoney(entry.amount())));
      }
      return JoinList(items);
    case CellKind::kRevenueList:
      for (const v1::ProductLineRevenue& entry : facts.product_line_revenue()) {
        items.push_back(absl::StrCat(entry.product_line(), "=", FormatMoney(entry.amount())));
      }
      return JoinList(items);
    case CellKind::kCustomObject:
      return CustomObjectCell(facts);
    case CellKind::kCustomValue:
      return CustomValueCell(column, facts);
    case CellKind::kAnswer:
      return AnswerCell(column.name, account);
    case CellKind::kIgnored:
      return "";
  }
  return "";
}

}  // namespace tiermark::cli
