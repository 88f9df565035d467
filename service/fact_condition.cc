#include "service/fact_condition.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/descriptor.h"
#include "scoring/calendar.h"
#include "scoring/exact.h"
#include "scoring/facts.h"

namespace tiermark {
namespace {

using google::protobuf::FieldDescriptor;

bool IsCustom(const FactKind& fact) { return fact.type == FactType::kAny; }

bool IsCountryFact(const FactKind& fact) {
  return fact.source == FactSource::kCountry || fact.source == FactSource::kCountries ||
         fact.source == FactSource::kOperatingCountries ||
         fact.source == FactSource::kExpansionCountries;
}

bool HasEnumValues(const FactKind& fact) {
  return fact.field != nullptr && fact.field->enum_type() != nullptr;
}

// Calls `see` with the entries of a list until it says true; whether it did.
template <typename See>
bool AnyEntry(const FactKind& fact, const v1::AccountFacts& facts, See see) {
  if (fact.source == FactSource::kCountries) {
    const std::vector<std::string> countries = DistinctCountries(facts);
    return std::any_of(countries.begin(), countries.end(), see);
  }
  const FieldDescriptor* field = fact.field;
  if (field->message_type() != nullptr) {
    return std::any_of(
        facts.product_line_revenue().begin(), facts.product_line_revenue().end(),
        [&see](const v1::ProductLineRevenue& revenue) { return see(revenue.product_line()); });
  }
  const google::protobuf::Reflection* reflection = facts.GetReflection();
  for (int i = 0; i < reflection->FieldSize(facts, field); ++i) {
    std::string scratch;
    if (field->enum_type() != nullptr) {
      if (see(EnumNames(fact)[reflection->GetRepeatedEnumValue(facts, field, i)])) return true;
    } else if (see(reflection->GetRepeatedStringReference(facts, field, i, &scratch))) {
      return true;
    }
  }
  return false;
}

// Which values a bound of the fact can have.
const char* BoundFault(const FactKind& fact) {
  switch (fact.type) {
    case FactType::kNumber:
    case FactType::kList:
      return "must be an int64, or a decimal such as \"-12.5\"";
    case FactType::kDate:
      return "must be a date of the years 1900 to 2199";
    case FactType::kMoney:
      return "must be money of an ISO 4217 currency, within 1 000 000 000 000 units";
    default:
      return "must be an int64, a decimal such as \"-12.5\", a date of the years 1900 to 2199, or "
             "money of an ISO 4217 currency, within 1 000 000 000 000 units";
  }
}

}  // namespace

FactTest::FactTest(const v1::FactCondition& condition, absl::string_view path,
                   Violations* violations)
    : fact_(FindFact(condition.fact())) {
  if (!fact_.has_value()) {
    violations->Add(absl::StrCat(path, ".fact"),
                    "must be a field of AccountFacts, `countries`, or `custom.KEY`");
    return;
  }
  // It may be a view of the request, which does not live as long.
  if (IsCustom(*fact_)) fact_->name = absl::string_view();
  ReadTexts(condition, path, violations);
  ReadBounds(condition, path, violations);
  if (!condition.has_is()) return;
  is_ = condition.is();
  if (fact_->type != FactType::kBool && !IsCustom(*fact_)) {
    violations->Add(absl::StrCat(path, ".is"), "is for facts that are bools");
  }
}

void FactTest::ReadTexts(const v1::FactCondition& condition, absl::string_view path,
                         Violations* violations) {
  const std::string field = absl::StrCat(path, ".one_of");
  if (condition.one_of().empty()) return;
  const bool suits = fact_->type == FactType::kText || fact_->type == FactType::kEnum ||
                     fact_->type == FactType::kList || IsCustom(*fact_);
  if (!suits) violations->Add(field, "is for facts that are texts, enums or lists");
  if (condition.one_of_size() > kConditionValuesMax) {
    violations->Add(field, absl::StrCat("has more than ", kConditionValuesMax, " entries"));
  }
  if (!suits || condition.one_of_size() > kConditionValuesMax) return;
  for (int i = 0; i < condition.one_of_size(); ++i) {
    const std::string& value = condition.one_of(i);
    const std::string item = absl::StrCat(field, "[", i, "]");
    if (value.empty()) {
      violations->Add(item, "must not be empty");
    } else if (HasEnumValues(*fact_)) {
      // The first is UNSPECIFIED, which no known fact is.
      const std::vector<std::string>& names = EnumNames(*fact_);
      if (std::find(names.begin() + 1, names.end(), value) == names.end()) {
        violations->Add(item, absl::StrCat("must be one of ",
                                           absl::StrJoin(names.begin() + 1, names.end(), ", ")));
      }
    } else if (IsCountryFact(*fact_) && !IsCountry(value)) {
      violations->Add(item, "must be an ISO 3166-1 alpha-2 code in capital letters");
    }
    one_of_.insert(value);
  }
}

absl::optional<FactTest::Bound> FactTest::ReadBound(const v1::FactValue& value,
                                                    absl::string_view field,
                                                    Violations* violations) const {
  const FactType type = fact_->type == FactType::kList ? FactType::kNumber : fact_->type;
  const auto suits = [&](FactType of_value) { return type == of_value || IsCustom(*fact_); };
  if (value.has_int64() && suits(FactType::kNumber)) {
    return Bound{FactType::kNumber, Nanos(value.int64()) * kNanosPerUnit, ""};
  }
  if (value.has_decimal() && suits(FactType::kNumber)) {
    const absl::StatusOr<Nanos> nanos = ParseDecimal(value.decimal());
    if (nanos.ok()) return Bound{FactType::kNumber, *nanos, ""};
  }
  if (value.has_date() && suits(FactType::kDate) && IsValidDate(value.date())) {
    return Bound{FactType::kDate, DayNumber(value.date()), ""};
  }
  if (value.has_money() && suits(FactType::kMoney) && IsValidMoney(value.money())) {
    return Bound{FactType::kMoney, NanosOf(value.money()), value.money().currency_code()};
  }
  violations->Add(field, BoundFault(*fact_));
  return absl::nullopt;
}

void FactTest::ReadBounds(const v1::FactCondition& condition, absl::string_view path,
                          Violations* violations) {
  const bool suits = fact_->type != FactType::kText && fact_->type != FactType::kEnum &&
                     fact_->type != FactType::kBool;
  const auto read = [&](bool given, const v1::FactValue& value, absl::string_view name) {
    const std::string field = absl::StrCat(path, ".", name);
    absl::optional<Bound> bound;
    if (given && suits) bound = ReadBound(value, field, violations);
    if (given && !suits) {
      violations->Add(field, "is for facts that are numbers, dates, money or lists");
    }
    return bound;
  };
  at_least_ = read(condition.has_at_least(), condition.at_least(), "at_least");
  at_most_ = read(condition.has_at_most(), condition.at_most(), "at_most");
  if (!at_least_.has_value() || !at_most_.has_value()) return;
  const std::string field = absl::StrCat(path, ".at_most");
  if (at_least_->type != at_most_->type) {
    violations->Add(field, "must be of the same kind as at_least");
  } else if (at_least_->currency != at_most_->currency) {
    violations->Add(absl::StrCat(field, ".money.currency_code"), "must be that of at_least");
  } else if (at_least_->value > at_most_->value) {
    violations->Add(field, "must not be below at_least");
  }
}

bool FactTest::IsOneOf(const Reading& reading, const v1::AccountFacts& facts) const {
  switch (reading.type) {
    case FactType::kText:
      return one_of_.contains(reading.text);
    case FactType::kEnum:
      return one_of_.contains(EnumNames(*fact_)[static_cast<size_t>(reading.value)]);
    case FactType::kList:
      return AnyEntry(*fact_, facts,
                      [this](const std::string& entry) { return one_of_.contains(entry); });
    default:
      return false;
  }
}

bool FactTest::Holds(const v1::AccountFacts& facts) const {
  const Reading reading = ReadFact(*fact_, facts);
  if (!reading.known) return false;
  if (!one_of_.empty() && !IsOneOf(reading, facts)) return false;
  if (is_.has_value() && (reading.type != FactType::kBool || (reading.value != 0) != *is_)) {
    return false;
  }
  const bool list = reading.type == FactType::kList;
  const FactType type = list ? FactType::kNumber : reading.type;
  const absl::int128 value = list ? reading.value * kNanosPerUnit : reading.value;
  const auto comparable = [&](const Bound& bound) {
    return bound.type == type && (type != FactType::kMoney || bound.currency == reading.text);
  };
  if (at_least_.has_value() && !(comparable(*at_least_) && value >= at_least_->value)) return false;
  return !at_most_.has_value() || (comparable(*at_most_) && value <= at_most_->value);
}

}  // namespace tiermark
