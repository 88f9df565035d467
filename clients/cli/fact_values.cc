#include "clients/cli/fact_values.h"

#include <cstdint>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "clients/cli/dates.h"
#include "clients/cli/enum_names.h"

namespace tiermark::cli {
namespace {

using google::protobuf::FieldDescriptor;

constexpr char kCustomPrefix[] = "custom.";

absl::Status Malformed(absl::string_view what, absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat("must be ", what, ", and not \"", text, "\""));
}

absl::StatusOr<bool> ParseBool(absl::string_view text) {
  if (text == "yes" || text == "true") return true;
  if (text == "no" || text == "false") return false;
  return Malformed("yes or no", text);
}

absl::StatusOr<int64_t> ParseInteger(absl::string_view text) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) return Malformed("a whole number", text);
  return number;
}

absl::StatusOr<google::type::Date> ParseDay(absl::string_view text) {
  const auto date = ParseDate(std::string(text));
  if (!date) return Malformed("a day such as 2026-11-28", text);
  return *date;
}

absl::StatusOr<int> ParseEnumField(const FieldDescriptor& field, absl::string_view text) {
  const auto value = ParseEnum(*field.enum_type(), text);
  if (value) return *value;
  return Malformed(absl::StrCat("one of ", absl::StrJoin(FlagNames(*field.enum_type()), ", ")),
                   text);
}

bool IsMessage(const FieldDescriptor& field, absl::string_view name) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         field.message_type()->full_name() == name;
}

// The field of a name that is no custom fact's.
absl::StatusOr<const FieldDescriptor*> FieldOf(absl::string_view name) {
  const auto* field = v1::AccountFacts::descriptor()->FindFieldByName(std::string(name));
  if (field == nullptr || field->is_map()) {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no fact \"", name, "\"; facts of one's own are custom.KEY"));
  }
  return field;
}

// "CO=USD:60000,PE=USD:100" into messages of a key and an amount.
template <class Entry, class SetKey>
absl::Status SetAmounts(absl::string_view value, SetKey set_key,
                        google::protobuf::RepeatedPtrField<Entry>* entries) {
  for (const absl::string_view item : absl::StrSplit(value, ',', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(item, absl::MaxSplits('=', 1));
    auto amount = ParseMoney(parts.second);
    if (!amount.ok()) return amount.status();
    Entry& entry = *entries->Add();
    set_key(std::string(parts.first), &entry);
    *entry.mutable_amount() = *std::move(amount);
  }
  return absl::OkStatus();
}

absl::Status SetList(const FieldDescriptor& field, absl::string_view value,
                     v1::AccountFacts* facts) {
  if (field.number() == v1::AccountFacts::kPotentialMrrFieldNumber) {
    return SetAmounts(
        value, [](auto key, auto* entry) { entry->set_country(key); },
        facts->mutable_potential_mrr());
  }
  if (field.number() == v1::AccountFacts::kProductLineRevenueFieldNumber) {
    return SetAmounts(
        value, [](auto key, auto* entry) { entry->set_product_line(key); },
        facts->mutable_product_line_revenue());
  }
  const auto* reflection = facts->GetReflection();
  for (const absl::string_view item : absl::StrSplit(value, ',', absl::SkipEmpty())) {
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      const auto number = ParseEnumField(field, item);
      if (!number.ok()) return number.status();
      reflection->AddEnumValue(facts, &field, *number);
    } else {
      reflection->AddString(facts, &field, std::string(item));
    }
  }
  return absl::OkStatus();
}

absl::Status SetScalar(const FieldDescriptor& field, absl::string_view value,
                       v1::AccountFacts* facts) {
  const auto* reflection = facts->GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: {
      const auto number = ParseInteger(value);
      if (!number.ok() || *number != static_cast<int32_t>(*number)) {
        return Malformed("a whole number up to 2000000000", value);
      }
      reflection->SetInt32(facts, &field, static_cast<int32_t>(*number));
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_BOOL: {
      const auto is = ParseBool(value);
      if (is.ok()) reflection->SetBool(facts, &field, *is);
      return is.status();
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto number = ParseEnumField(field, value);
      if (number.ok()) reflection->SetEnumValue(facts, &field, *number);
      return number.status();
    }
    case FieldDescriptor::CPPTYPE_STRING:
      reflection->SetString(facts, &field, std::string(value));
      return absl::OkStatus();
    default:
      break;
  }
  if (IsMessage(field, "google.type.Date")) {
    const auto date = ParseDay(value);
    if (date.ok()) reflection->MutableMessage(facts, &field)->CopyFrom(*date);
    return date.status();
  }
  const auto money = ParseMoney(value);
  if (money.ok()) reflection->MutableMessage(facts, &field)->CopyFrom(*money);
  return money.status();
}

// The value of a bound, by the type of its fact; of a list by its number of entries.
absl::StatusOr<v1::FactValue> ParseBound(absl::string_view name, absl::string_view text) {
  if (absl::StartsWith(name, kCustomPrefix)) return ParseTypedValue(text);
  const auto field = FieldOf(name);
  if (!field.ok()) return field.status();
  const bool money = IsMessage(**field, "google.type.Money") || name == "potential_mrr";
  return ParseTypedValue(absl::StrCat(money                                    ? "money:"
                                      : IsMessage(**field, "google.type.Date") ? "date:"
                                                                               : "int:",
                                      text));
}

}  // namespace

absl::StatusOr<google::type::Money> ParseMoney(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits(':', 1));
  absl::string_view number = parts.second;
  const bool negative = absl::ConsumePrefix(&number, "-");
  const std::pair<absl::string_view, absl::string_view> halves =
      absl::StrSplit(number, absl::MaxSplits('.', 1));
  const auto digits = [](absl::string_view half) {
    return half.find_first_not_of("0123456789") == absl::string_view::npos;
  };
  google::type::Money money;
  int64_t units = 0;
  int32_t nanos = 0;
  if (parts.first.size() != 3 || halves.first.empty() || !digits(halves.first) ||
      !digits(halves.second) || halves.second.size() > 9 || absl::EndsWith(number, ".") ||
      !absl::SimpleAtoi(halves.first, &units)) {
    return Malformed("an amount such as USD:60000 or EUR:99.50", text);
  }
  if (!halves.second.empty() &&
      !absl::SimpleAtoi(absl::StrCat(halves.second, std::string(9 - halves.second.size(), '0')),
                        &nanos)) {
    return Malformed("an amount such as USD:60000 or EUR:99.50", text);
  }
  money.set_currency_code(absl::AsciiStrToUpper(parts.first));
  money.set_units(negative ? -units : units);
  money.set_nanos(negative ? -nanos : nanos);
  return money;
}

absl::StatusOr<v1::FactValue> ParseTypedValue(absl::string_view text) {
  v1::FactValue value;
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "int:")) {
    const auto number = ParseInteger(rest);
    if (!number.ok()) return number.status();
    value.set_int64(*number);
  } else if (absl::ConsumePrefix(&rest, "decimal:")) {
    value.set_decimal(std::string(rest));
  } else if (absl::ConsumePrefix(&rest, "bool:")) {
    const auto is = ParseBool(rest);
    if (!is.ok()) return is.status();
    value.set_bool_(*is);
  } else if (absl::ConsumePrefix(&rest, "date:")) {
    auto date = ParseDay(rest);
    if (!date.ok()) return date.status();
    *value.mutable_date() = *std::move(date);
  } else if (absl::ConsumePrefix(&rest, "money:")) {
    auto money = ParseMoney(rest);
    if (!money.ok()) return money.status();
    *value.mutable_money() = *std::move(money);
  } else {
    absl::ConsumePrefix(&rest, "text:");
    value.set_text(std::string(rest));
  }
  return value;
}

absl::Status SetFact(absl::string_view name, absl::string_view value, v1::AccountFacts* facts) {
  absl::string_view key = name;
  if (absl::ConsumePrefix(&key, kCustomPrefix)) {
    v1::FactValue removed;
    auto custom = value.empty() ? removed : ParseTypedValue(value);
    if (!custom.ok()) return custom.status();
    (*facts->mutable_custom())[std::string(key)] = *std::move(custom);
    return absl::OkStatus();
  }
  const auto field = FieldOf(name);
  if (!field.ok()) return field.status();
  facts->GetReflection()->ClearField(facts, *field);
  absl::Status set =
      (*field)->is_repeated() ? SetList(**field, value, facts) : SetScalar(**field, value, facts);
  if (set.ok()) return set;
  return absl::InvalidArgumentError(absl::StrCat(name, " ", set.message()));
}

absl::Status SetFact(absl::string_view assignment, v1::AccountFacts* facts) {
  const size_t equals = assignment.find('=');
  if (equals == absl::string_view::npos) return Malformed("NAME=VALUE", assignment);
  return SetFact(assignment.substr(0, equals), assignment.substr(equals + 1), facts);
}

absl::StatusOr<v1::FactCondition> ParseFactCondition(absl::string_view text) {
  const size_t at = text.find_first_of("<>=");
  if (at == absl::string_view::npos)
    return Malformed("NAME=VALUE, NAME>=VALUE or NAME<=VALUE", text);
  absl::string_view rest = text.substr(at);
  const absl::string_view name = text.substr(0, at);
  v1::FactCondition condition;
  condition.set_fact(std::string(name));
  const bool least = absl::ConsumePrefix(&rest, ">=");
  if (least || absl::ConsumePrefix(&rest, "<=")) {
    auto bound = ParseBound(name, rest);
    if (!bound.ok()) return bound.status();
    *(least ? condition.mutable_at_least() : condition.mutable_at_most()) = *std::move(bound);
    return condition;
  }
  if (!absl::ConsumePrefix(&rest, "=")) {
    return Malformed("NAME=VALUE, NAME>=VALUE or NAME<=VALUE", text);
  }
  const FieldDescriptor* field = nullptr;
  if (!absl::StartsWith(name, kCustomPrefix)) {
    const auto found = FieldOf(name);
    if (!found.ok()) return found.status();
    field = *found;
  }
  const bool custom_bool = field == nullptr && absl::ConsumePrefix(&rest, "bool:");
  if (custom_bool || (field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL)) {
    const auto is = ParseBool(rest);
    if (!is.ok()) return is.status();
    condition.set_is(*is);
    return condition;
  }
  for (const absl::string_view value : absl::StrSplit(rest, ',', absl::SkipEmpty())) {
    if (field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      const auto number = ParseEnumField(*field, value);
      if (!number.ok()) return number.status();
      condition.add_one_of(BareName(*field->enum_type()->FindValueByNumber(*number)));
    } else {
      condition.add_one_of(std::string(value));
    }
  }
  return condition;
}

}  // namespace tiermark::cli
