#include "scoring/fact_reading.h"

#include <array>

#include "absl/strings/strip.h"
#include "google/protobuf/message.h"
#include "scoring/calendar.h"
#include "scoring/fact_fields.h"
#include "scoring/facts.h"
#include "scoring/text.h"

namespace tiermark {
namespace {

using google::protobuf::FieldDescriptor;

constexpr absl::string_view kCustomPrefix = "custom.";

struct NamedFact {
  absl::string_view name;
  absl::string_view noun;
  absl::string_view noun_of_one;
  FactSource source = FactSource::kField;
};

constexpr NamedFact kFacts[] = {
    {"potential_mrr", "potential MRR", "potential MRR", FactSource::kPotentialMrr},
    {"past_due_cases", "past-due cases", "past-due case", FactSource::kPastDueCases},
    {"industry_reference", "industry reference", "", FactSource::kIndustryReference},
    {"lifecycle_stage", "lifecycle stage", "", FactSource::kLifecycleStage},
    {"countries", "countries", "country", FactSource::kCountries},
    {"operating_countries", "operating countries", "operating country",
     FactSource::kOperatingCountries},
    {"expansion_countries", "expansion countries", "expansion country",
     FactSource::kExpansionCountries},
    {"financial_products", "financial products", "financial product",
     FactSource::kFinancialProducts},
    {"product_lines", "product lines", "product line", FactSource::kProductLines},
    {"country", "country", "", FactSource::kCountry},
    {"owner_id", "owner", "", FactSource::kOwnerId},
    {"parent_id", "parent", "", FactSource::kParentId},
    {"created_date", "created date", "", FactSource::kCreatedDate},
    {"client_since_date", "client since date", "", FactSource::kClientSinceDate},
    {"first_meeting_date", "first meeting date", "", FactSource::kFirstMeetingDate},
    {"customer_kind", "customer kind", ""},
    {"region", "region", ""},
    {"product_line_revenue", "product lines with revenue", "product line with revenue"},
    {"sales_route", "sales route", ""},
    {"sales_medium", "sales medium", ""},
    {"promotion", "promotion", ""},
    {"reseller_kind", "reseller kind", ""},
    {"employees", "employees", "employee"},
    {"annual_revenue", "annual revenue", "annual revenue"},
    {"industry", "industry", ""},
    {"industry_regulated", "regulated industry", ""},
    {"service_level", "service level", ""},
    {"payment_terms", "payment terms", ""},
    {"early_payment_discount", "early-payment discount in hundredths of a percent", ""},
    {"late_payment_percent", "percentage of late payments", ""},
    {"payment_defaults", "payment defaults", "payment default"},
    {"country_risk_class", "country risk class", ""},
    {"contact_role", "contact role", ""},
    {"capital", "capital", "capital"},
    {"expected_product", "expected product", ""},
    {"budget", "budget", "budget"},
    {"expected_delivery_date", "expected delivery date", ""},
    {"forms_filled_in", "forms filled in", "form filled in"},
    {"content_downloads", "content downloads", "content download"},
    {"emails_read", "e-mails read", "e-mail read"},
    {"links_clicked", "links clicked", "link clicked"},
    {"last_contact_date", "last contact date", ""},
    {"lead_origin", "lead origin", ""},
    {"first_inbound_channel", "first inbound channel", ""},
    {"specific_request_made", "specific request", ""},
    {"specific_form_filled_in", "form that tells of an intent to buy", ""},
    {"last_purchase_date", "last purchase date", ""},
    {"average_basket", "average basket", "average basket"},
    {"purchase_reason", "reason to purchase", ""},
    {"follow_ups", "follow-ups", "follow-up"},
    {"minimum_contact_needed", "need for a minimum of contact", ""},
    {"preferred_approach", "preferred approach", ""},
    {"interests", "interests", "interest"},
    {"product_categories", "product categories", "product category"},
    {"purchases_per_year", "purchases per year", "purchase per year"},
    {"solicitation_reaction", "reaction to solicitation", ""},
    {"immediate_needs", "immediate needs", ""},
    {"future_needs", "future needs", ""},
    {"expectations", "expectations", ""},
    {"acquisition_cost", "acquisition cost", "acquisition cost"},
    {"maintenance_cost", "maintenance cost", "maintenance cost"},
    {"receivables_current", "receivables not due yet", "receivables not due yet"},
    {"receivables_past_due", "past-due receivables", "past-due receivables"},
};

FactType TypeOf(const NamedFact& fact, const FieldDescriptor* field) {
  if (fact.source == FactSource::kPotentialMrr) return FactType::kMoney;
  if (field == nullptr || field->is_repeated()) return FactType::kList;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return FactType::kNumber;
    case FieldDescriptor::CPPTYPE_BOOL:
      return FactType::kBool;
    case FieldDescriptor::CPPTYPE_ENUM:
      return FactType::kEnum;
    case FieldDescriptor::CPPTYPE_STRING:
      return FactType::kText;
    default:
      return IsDate(*field) ? FactType::kDate : FactType::kMoney;
  }
}

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

// By index of the field; empty where it is no enum.
std::vector<std::vector<std::string>> NamesOfFields() {
  const google::protobuf::Descriptor* facts = v1::AccountFacts::descriptor();
  std::vector<std::vector<std::string>> names(facts->field_count());
  for (int i = 0; i < facts->field_count(); ++i) {
    const google::protobuf::EnumDescriptor* values = facts->field(i)->enum_type();
    if (values != nullptr) names[i] = ShortNames(*values);
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

Reading OfField(const FactKind& fact, const v1::AccountFacts& facts) {
  const google::protobuf::Reflection& reflection = *facts.GetReflection();
  const FieldDescriptor* field = fact.field;
  if (fact.type == FactType::kList) return OfList(reflection.FieldSize(facts, field));
  if (!reflection.HasField(facts, field)) return Reading();
  switch (fact.type) {
    case FactType::kNumber:
      return Known(fact.type, Nanos(int64_t{reflection.GetInt32(facts, field)}) * kNanosPerUnit);
    case FactType::kBool:
      return Known(fact.type, reflection.GetBool(facts, field) ? 1 : 0);
    case FactType::kEnum:
      return Known(fact.type, reflection.GetEnumValue(facts, field));
    case FactType::kText: {
      // The text is the message's own: only fields of another representation use the spare one.
      std::string spare;
      return OfText(true, reflection.GetStringReference(facts, field, &spare));
    }
    case FactType::kDate:
      return OfDate(true, DateAt(field, facts));
    case FactType::kMoney:
      return OfMoney(MoneyAt(field, facts));
    case FactType::kList:
    case FactType::kAny:
      break;
  }
  return Reading();
}

}  // namespace

absl::optional<FactKind> FindFact(absl::string_view name) {
  for (const NamedFact& fact : kFacts) {
    if (fact.name != name) continue;
    const FieldDescriptor* field = v1::AccountFacts::descriptor()->FindFieldByName(
        std::string(fact.name.data(), fact.name.size()));
    return FactKind{fact.source,      TypeOf(fact, field), fact.name, fact.noun,
                    fact.noun_of_one, std::string(),       field};
  }
  absl::string_view key = name;
  if (absl::ConsumePrefix(&key, kCustomPrefix) && IsLowerSnakeCase(key)) {
    return FactKind{FactSource::kCustom, FactType::kAny, name, "", "", std::string(key)};
  }
  return absl::nullopt;
}

const std::vector<std::string>& EnumNames(const FactKind& fact) {
  static const auto& names = *new std::vector<std::vector<std::string>>(NamesOfFields());
  return names[fact.field->index()];
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
    case FactSource::kField:
      return OfField(fact, facts);
  }
  return Reading();
}

const google::type::Money& AmountOf(const FactKind& fact, const v1::AccountFacts& facts) {
  return fact.source == FactSource::kPotentialMrr
             ? facts.potential_mrr(LocalMrrIndex(facts)).amount()
             : MoneyAt(fact.field, facts);
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
