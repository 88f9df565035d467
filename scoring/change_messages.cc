#include "scoring/change_messages.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "scoring/exact.h"

namespace tiermark {
namespace {

// What people call the fact: a noun of ours, or the name that the model gives the criterion.
absl::string_view NameOf(const v1::Criterion& criterion, const FactKind& fact) {
  if (!fact.noun.empty()) return fact.noun;
  return criterion.display_name().empty() ? absl::string_view(criterion.fact())
                                          : absl::string_view(criterion.display_name());
}

// "2026-03-01"
std::string IsoDate(const google::type::Date& date) {
  return absl::StrCat(absl::Dec(date.year(), absl::kZeroPad4), "-",
                      absl::Dec(date.month(), absl::kZeroPad2), "-",
                      absl::Dec(date.day(), absl::kZeroPad2));
}

// A value with its unit: "25 000 USD".
std::string ValueForPeople(const v1::FactValue& value) {
  switch (value.value_case()) {
    case v1::FactValue::kInt64:
      return FormatDecimalForPeople(Nanos(value.int64()) * kNanosPerUnit);
    case v1::FactValue::kDecimal:
      return FormatDecimalForPeople(ParseDecimal(value.decimal()).value_or(0));
    case v1::FactValue::kMoney:
      return absl::StrCat(FormatDecimalForPeople(NanosOf(value.money())), " ",
                          value.money().currency_code());
    case v1::FactValue::kDate:
      return IsoDate(value.date());
    default:
      return value.text();
  }
}

// "A budget", "An expected delivery date"
std::string WithArticle(absl::string_view noun) {
  const bool vowel = absl::string_view("aeio").find(noun[0]) != absl::string_view::npos;
  return absl::StrCat(vowel ? "An " : "A ", noun);
}

// "25 000 USD potential MRR", "A created date of 2026-03-01", "Budget of 300".
std::string ValueOfFact(const v1::FactValue& value, const v1::Criterion& criterion,
                        const FactKind& fact) {
  const std::string text = ValueForPeople(value);
  if (fact.noun.empty()) return absl::StrCat(NameOf(criterion, fact), " of ", text);
  if (fact.noun_of_one.empty()) return absl::StrCat(WithArticle(fact.noun), " of ", text);
  const bool one = value.has_int64() && value.int64() == 1;
  return absl::StrCat(text, " ", one ? fact.noun_of_one : fact.noun);
}

absl::string_view OrLess(const v1::FactValue& value, const FactKind& fact) {
  if (value.has_date()) return " or earlier";
  return value.has_int64() && !fact.noun_of_one.empty() ? " or fewer" : " or less";
}

std::string Presence(const v1::Criterion& criterion, const FactKind& fact) {
  if (fact.noun.empty()) return absl::StrCat(NameOf(criterion, fact), ", known or true,");
  if (fact.type == FactType::kBool) return WithArticle(fact.noun);
  return absl::StrCat("Knowing the ", fact.noun);
}

std::string LabelOf(const std::string& value, const v1::Criterion& criterion) {
  for (const v1::Category& category : criterion.category_points().categories()) {
    if (category.value() == value && !category.label().empty()) return category.label();
  }
  return value;
}

std::string Subject(const v1::SingleFactChange& change, const v1::Criterion& criterion,
                    const FactKind& fact) {
  switch (change.target_case()) {
    case v1::SingleFactChange::kAtLeast:
      return absl::StrCat(ValueOfFact(change.at_least(), criterion, fact),
                          change.at_least().has_date() ? " or later" : " or more");
    case v1::SingleFactChange::kAtMost:
      return absl::StrCat(ValueOfFact(change.at_most(), criterion, fact),
                          OrLess(change.at_most(), fact));
    case v1::SingleFactChange::kOneOf: {
      std::vector<std::string> labels;
      for (const std::string& value : change.one_of().values()) {
        labels.push_back(LabelOf(value, criterion));
      }
      return absl::StrCat(absl::StrJoin(labels, " or "), " as ", NameOf(criterion, fact));
    }
    case v1::SingleFactChange::kPresent:
      return Presence(criterion, fact);
    case v1::SingleFactChange::TARGET_NOT_SET:
      return "";
  }
  return "";
}

}  // namespace

std::string ChangeMessage(const v1::SingleFactChange& change, const v1::Criterion& criterion,
                          const FactKind& fact, absl::string_view outcome) {
  return absl::StrCat(Subject(change, criterion, fact), " would make this account ", outcome);
}

}  // namespace tiermark
