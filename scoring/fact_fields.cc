#include "scoring/fact_fields.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "google/protobuf/message.h"
#include "scoring/facts.h"

namespace tiermark {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Reflection;

struct NamedBounds {
  absl::string_view fact;
  IntBounds bounds;
};

constexpr NamedBounds kBounds[] = {
    {"past_due_cases", {0, kPastDueCasesMax}}, {"employees", {0, kCountMax}},
    {"early_payment_discount", {0, 10'000}},   {"late_payment_percent", {0, 100}},
    {"payment_defaults", {0, kCountMax}},      {"country_risk_class", {0, 7}},
    {"forms_filled_in", {0, kCountMax}},       {"content_downloads", {0, kCountMax}},
    {"emails_read", {0, kCountMax}},           {"links_clicked", {0, kCountMax}},
    {"purchases_per_year", {0, kCountMax}},
};

constexpr absl::string_view kProse[] = {"immediate_needs", "future_needs", "expectations"};

bool SameRevenue(const v1::ProductLineRevenue& a, const v1::ProductLineRevenue& b) {
  return a.product_line() == b.product_line() && SameMoney(a.amount(), b.amount());
}

// Entries of product_line_revenue, the one list of messages in the profile.
const v1::ProductLineRevenue& RevenueAt(const Reflection& reflection, const FieldDescriptor* field,
                                        const v1::AccountFacts& facts, int index) {
  return static_cast<const v1::ProductLineRevenue&>(
      reflection.GetRepeatedMessage(facts, field, index));
}

bool SameEntry(const Reflection& reflection, const FieldDescriptor* field,
               const v1::AccountFacts& a, const v1::AccountFacts& b, int index) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.GetRepeatedEnumValue(a, field, index) ==
             reflection.GetRepeatedEnumValue(b, field, index);
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string spare_a;
      std::string spare_b;
      return reflection.GetRepeatedStringReference(a, field, index, &spare_a) ==
             reflection.GetRepeatedStringReference(b, field, index, &spare_b);
    }
    default:
      return SameRevenue(RevenueAt(reflection, field, a, index),
                         RevenueAt(reflection, field, b, index));
  }
}

void CopyEntries(const Reflection& reflection, const FieldDescriptor* field,
                 const v1::AccountFacts& source, v1::AccountFacts* target) {
  reflection.ClearField(target, field);
  const int size = reflection.FieldSize(source, field);
  for (int i = 0; i < size; ++i) {
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_ENUM:
        reflection.AddEnumValue(target, field, reflection.GetRepeatedEnumValue(source, field, i));
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        reflection.AddString(target, field, reflection.GetRepeatedString(source, field, i));
        break;
      default:
        reflection.AddMessage(target, field)
            ->CopyFrom(reflection.GetRepeatedMessage(source, field, i));
    }
  }
}

}  // namespace

// Written out, so that compilers make a few tests of whole words of it.
bool HasProfile(const v1::AccountFacts& facts) {
  const int lists = facts.product_line_revenue_size() | facts.follow_ups_size() |
                    facts.interests_size() | facts.product_categories_size();
  return (lists != 0) | facts.has_customer_kind() | facts.has_region() | facts.has_sales_route() |
         facts.has_sales_medium() | facts.has_promotion() | facts.has_reseller_kind() |
         facts.has_employees() | facts.has_annual_revenue() | facts.has_industry() |
         facts.has_industry_regulated() | facts.has_service_level() | facts.has_payment_terms() |
         facts.has_early_payment_discount() | facts.has_late_payment_percent() |
         facts.has_payment_defaults() | facts.has_country_risk_class() | facts.has_contact_role() |
         facts.has_capital() | facts.has_expected_product() | facts.has_budget() |
         facts.has_expected_delivery_date() | facts.has_forms_filled_in() |
         facts.has_content_downloads() | facts.has_emails_read() | facts.has_links_clicked() |
         facts.has_last_contact_date() | facts.has_lead_origin() |
         facts.has_first_inbound_channel() | facts.has_specific_request_made() |
         facts.has_specific_form_filled_in() | facts.has_last_purchase_date() |
         facts.has_average_basket() | facts.has_purchase_reason() |
         facts.has_minimum_contact_needed() | facts.has_preferred_approach() |
         facts.has_purchases_per_year() | facts.has_solicitation_reaction() |
         facts.has_immediate_needs() | facts.has_future_needs() | facts.has_expectations() |
         facts.has_acquisition_cost() | facts.has_maintenance_cost() |
         facts.has_receivables_current() | facts.has_receivables_past_due();
}

// A number without bounds is a bug that no caller can act on; a test meets it first.
IntBounds IntBoundsOf(const FieldDescriptor& field) {
  for (const NamedBounds& named : kBounds) {
    if (named.fact == absl::string_view(field.name())) return named.bounds;
  }
  std::fprintf(stderr, "tiermark: the fact %s has no bounds\n", field.name().c_str());
  std::abort();
}

bool IsProse(const FieldDescriptor& field) {
  return std::find(std::begin(kProse), std::end(kProse), absl::string_view(field.name())) !=
         std::end(kProse);
}

int EntriesMax(const FieldDescriptor& field) {
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM)
    return field.enum_type()->value_count() - 1;
  const bool countries = field.number() == v1::AccountFacts::kOperatingCountriesFieldNumber ||
                         field.number() == v1::AccountFacts::kExpansionCountriesFieldNumber;
  return countries ? kCountriesMax : kListEntriesMax;
}

bool SameDate(const google::type::Date& a, const google::type::Date& b) {
  return a.year() == b.year() && a.month() == b.month() && a.day() == b.day();
}

bool SameMoney(const google::type::Money& a, const google::type::Money& b) {
  return a.units() == b.units() && a.nanos() == b.nanos() && a.currency_code() == b.currency_code();
}

bool SameField(const FieldDescriptor* field, const v1::AccountFacts& a, const v1::AccountFacts& b) {
  const Reflection& reflection = *a.GetReflection();
  if (field->is_repeated()) {
    const int size = reflection.FieldSize(a, field);
    if (size != reflection.FieldSize(b, field)) return false;
    for (int i = 0; i < size; ++i) {
      if (!SameEntry(reflection, field, a, b, i)) return false;
    }
    return true;
  }
  const bool known = reflection.HasField(a, field);
  if (known != reflection.HasField(b, field)) return false;
  if (!known) return true;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.GetInt32(a, field) == reflection.GetInt32(b, field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(a, field) == reflection.GetBool(b, field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.GetEnumValue(a, field) == reflection.GetEnumValue(b, field);
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string spare_a;
      std::string spare_b;
      return reflection.GetStringReference(a, field, &spare_a) ==
             reflection.GetStringReference(b, field, &spare_b);
    }
    default:
      return IsDate(*field) ? SameDate(DateAt(field, a), DateAt(field, b))
                            : SameMoney(MoneyAt(field, a), MoneyAt(field, b));
  }
}

void CopyField(const FieldDescriptor* field, const v1::AccountFacts& source,
               v1::AccountFacts* target) {
  const Reflection& reflection = *source.GetReflection();
  if (field->is_repeated()) return CopyEntries(reflection, field, source, target);
  if (!reflection.HasField(source, field)) return reflection.ClearField(target, field);
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.SetInt32(target, field, reflection.GetInt32(source, field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.SetBool(target, field, reflection.GetBool(source, field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.SetEnumValue(target, field, reflection.GetEnumValue(source, field));
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.SetString(target, field, reflection.GetString(source, field));
    default:
      reflection.MutableMessage(target, field)->CopyFrom(reflection.GetMessage(source, field));
  }
}

}  // namespace tiermark
