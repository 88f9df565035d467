#include "scoring/fact_reading.h"

#include <array>

#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "scoring/calendar.h"
#include "scoring/facts.h"
#include "scoring/text.h"

namespace tiermark {
namespace {

constexpr absl::string_view kCustomPrefix = "custom.";

struct NamedFact {
  absl::string_view name;
  FactSource source;
  FactType type;
  absl::string_view noun;
  absl::string_view noun_of_one;
};

constexpr NamedFact kFacts[] = {
    {"potential_mrr", FactSource::kPotentialMrr, FactType::kMoney, "potential MRR",
     "potential MRR"},
    {"past_due_cases", FactSource::kPastDueCases, FactType::kNumber, "past-due cases",
     "past-due case"},
    {"industry_reference", FactSource::kIndustryReference, FactType::kEnum, "industry reference",
     "industry reference"},
    {"lifecycle_stage", FactSource::kLifecycleStage, FactType::kEnum, "lifecycle stage",
     "lifecycle stage"},
    {"countries", FactSource::kCountries, FactType::kList, "countries", "country"},
    {"operating_countries", FactSource::kOperatingCountries, FactType::kList, "operating countries",
     "operating country"},
    {"expansion_countries", FactSource::kExpansionCountries, FactType::kList, "expansion countries",
     "expansion country"},
    {"financial_products", FactSource::kFinancialProducts, FactType::kList, "financial products",
     "financial product"},
    {"product_lines", FactSource::kProductLines, FactType::kList, "product lines", "product line"},
    {"country", FactSource::kCountry, FactType::kText, "country", "country"},
    {"owner_id", FactSource::kOwnerId, FactType::kText, "owner", "owner"},
    {"parent_id", FactSource::kParentId, FactType::kText, "parent", "parent"},
    {"created_date", FactSource::kCreatedDate, FactType::kDate, "created date", "created date"},
    {"client_since_date", FactSource::kClientSinceDate, FactType::kDate, "client since date",
     "client since date"},
    {"first_meeting_date", FactSource::kFirstMeetingDate, FactType::kDate, "first meeting date",
     "first meeting date"},
};

// The values by number, which has no gaps. They carry the enum's name in capitals as their prefix:
// what stands before UNSPECIFIED in the first.
std::vector<std::string> ShortNames(const google::protobuf::EnumDescriptor& values) {
  std::vector<std::string> names;
  names.reserve(values.value_count());
  const size_t prefix = values.value(0)->name().size() - absl::string_view("UNSPECIFIED").size();
  for (int i = 0; i < values.value_count(); ++i) {
    names.push_back(values.FindValueByNumber(i)->name().substr(prefix));
  }
  return names;
}

// Whether two codes of countries are the same; cheaper than comparing any two strings.
bool SameCountry(const std::string& a, const std::string& b) {
  return a.size() == 2 && b.size() == 2 && a[0] == b[0] && a[1] == b[1];
}

// The countries met so far. Codes are two capital letters, of which five bits each tell them apart.
class CountrySet {
 public:
  void Add(const std::string& code) {
    if (code.size() != 2) return;
    const unsigned row = static_cast<unsigned char>(code[0]) & 31;
    const uint32_t bit = uint32_t{1} << (static_cast<unsigned char>(code[1]) & 31);
    count_ += (rows_[row] & bit) == 0;
    rows_[row] |= bit;
  }

  int count() const { return count_; }

 private:
  std::array<uint32_t, 32> rows_ = {};
  int count_ = 0;
};

int CountCountries(const v1::AccountFacts& facts) {
  if (facts.operating_countries().empty() && facts.expansion_countries().empty()) return 0;
  CountrySet countries;
  if (facts.has_country()) countries.Add(facts.country());
  for (const std::string& code : facts.operating_countries()) countries.Add(code);
  for (const std::string& code : facts.expansion_countries()) countries.Add(code);
  return countries.count();
}

Reading Known(FactType type, absl::int128 value, absl::string_view text = {}) {
  return Reading{true, type, value, text};
}

Reading OfList(int entries) { return entries == 0 ? Reading() : Known(FactType::kList, entries); }

Reading OfText(bool known, const std::string& text) {
  return known ? Known(FactType::kText, 0, text) : Reading();
}

Reading OfDate(bool known, const google::type::Date& date) {
  return known ? Known(FactType::kDate, DayNumber(date)) : Reading();
}

Reading OfMoney(const google::type::Money& money) {
  return Known(FactType::kMoney, NanosOf(money), money.currency_code());
}

Reading OfValue(const v1::FactValue& value) {
  switch (value.value_case()) {
    case v1::FactValue::kText:
      return Known(FactType::kText, 0, value.text());
    case v1::FactValue::kInt64:
      return Known(FactType::kNumber, Nanos(value.int64()) * kNanosPerUnit);
    case v1::FactValue::kDecimal: {
      const absl::StatusOr<Nanos> nanos = ParseDecimal(value.decimal());
      return nanos.ok() ? Known(FactType::kNumber, *nanos) : Reading();
    }
    case v1::FactValue::kBool:
      return Known(FactType::kBool, value.bool_() ? 1 : 0);
    case v1::FactValue::kDate:
      return OfDate(true, value.date());
    case v1::FactValue::kMoney:
      return OfMoney(value.money());
    case v1::FactValue::VALUE_NOT_SET:
      return Reading();
  }
  return Reading();
}

Reading OfCustom(const std::string& key, const v1::AccountFacts& facts) {
  const auto found = facts.custom().find(key);
  return found == facts.custom().end() ? Reading() : OfValue(found->second);
}

}  // namespace

absl::optional<FactKind> FindFact(absl::string_view name) {
  for (const NamedFact& fact : kFacts) {
    if (fact.name == name) {
      return FactKind{fact.source, fact.type, fact.name, fact.noun, fact.noun_of_one, ""};
    }
  }
  absl::string_view key = name;
  if (absl::ConsumePrefix(&key, kCustomPrefix) && IsLowerSnakeCase(key)) {
    return FactKind{FactSource::kCustom, FactType::kAny, name, "", "", std::string(key)};
  }
  return absl::nullopt;
}

const std::vector<std::string>& EnumNames(const FactKind& fact) {
  static const auto& references =
      *new std::vector<std::string>(ShortNames(*v1::IndustryReference_descriptor()));
  static const auto& stages =
      *new std::vector<std::string>(ShortNames(*v1::LifecycleStage_descriptor()));
  return fact.source == FactSource::kLifecycleStage ? stages : references;
}

Reading ReadFact(const FactKind& fact, const v1::AccountFacts& facts) {
  switch (fact.source) {
    case FactSource::kPotentialMrr: {
      const int local = LocalMrrIndex(facts);
      return local < 0 ? Reading() : OfMoney(facts.potential_mrr(local).amount());
    }
    case FactSource::kPastDueCases:
      if (!facts.has_past_due_cases()) return Reading();
      return Known(FactType::kNumber, Nanos(int64_t{facts.past_due_cases()} * kNanosPerUnit));
    case FactSource::kIndustryReference:
      if (!facts.has_industry_reference()) return Reading();
      return Known(FactType::kEnum, facts.industry_reference());
    case FactSource::kLifecycleStage:
      return Known(FactType::kEnum, EffectiveStage(facts));
    case FactSource::kCountries:
      return OfList(CountCountries(facts));
    case FactSource::kOperatingCountries:
      return OfList(facts.operating_countries_size());
    case FactSource::kExpansionCountries:
      return OfList(facts.expansion_countries_size());
    case FactSource::kFinancialProducts:
      return OfList(facts.financial_products_size());
    case FactSource::kProductLines:
      return OfList(facts.product_lines_size());
    case FactSource::kCountry:
      return OfText(facts.has_country(), facts.country());
    case FactSource::kOwnerId:
      return OfText(facts.has_owner_id(), facts.owner_id());
    case FactSource::kParentId:
      return OfText(facts.has_parent_id(), facts.parent_id());
    case FactSource::kCreatedDate:
      return OfDate(facts.has_created_date(), facts.created_date());
    case FactSource::kClientSinceDate:
      return OfDate(facts.has_client_since_date(), facts.client_since_date());
    case FactSource::kFirstMeetingDate:
      return OfDate(facts.has_first_meeting_date(), facts.first_meeting_date());
    case FactSource::kCustom:
      return OfCustom(fact.custom_key, facts);
  }
  return Reading();
}

int LocalMrrIndex(const v1::AccountFacts& facts) {
  if (!facts.has_country()) return -1;
  for (int i = 0; i < facts.potential_mrr_size(); ++i) {
    if (SameCountry(facts.potential_mrr(i).country(), facts.country())) return i;
  }
  return -1;
}

int64_t DayNumber(const google::type::Date& date) {
  return DayOf(date) - absl::CivilDay(1970, 1, 1);
}

}  // namespace tiermark
