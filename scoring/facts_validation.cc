// What facts and masks are admitted.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "scoring/exact.h"
#include "scoring/fact_checks.h"
#include "scoring/fact_fields.h"
#include "scoring/facts.h"
#include "scoring/text.h"

namespace tiermark {
namespace {

using google::protobuf::FieldDescriptor;

constexpr char kMaskFieldFault[] = "names something that is not a top-level fact";

void ValidatePotentialMrr(const v1::AccountFacts& facts, absl::string_view path,
                          Violations* violations) {
  if (facts.potential_mrr_size() > kMrrCountriesMax) {
    violations->Add(absl::StrCat(path, ".potential_mrr"),
                    absl::StrCat("must have ", kMrrCountriesMax, " entries at most"));
  }
  const int checked = std::min(facts.potential_mrr_size(), kMrrCountriesMax);
  for (int i = 0; i < checked; ++i) {
    const v1::PotentialMrr& entry = facts.potential_mrr(i);
    const std::string item = Item(path, "potential_mrr", i);
    const auto same_country = [&](const v1::PotentialMrr& other) {
      return other.country() == entry.country();
    };
    if (const char* fault = CountryFault(entry.country())) {
      violations->Add(absl::StrCat(item, ".country"), fault);
    } else if (std::any_of(facts.potential_mrr().begin(), facts.potential_mrr().begin() + i,
                           same_country)) {
      violations->Add(absl::StrCat(item, ".country"), kTwiceFault);
    }
    if (!entry.has_amount()) {
      violations->Add(absl::StrCat(item, ".amount"), "is required");
    } else {
      ValidateMoney(entry.amount(), 0, absl::StrCat(item, ".amount"), violations);
    }
  }
}

void ValidateCustomValue(const v1::FactValue& value, const std::string& field,
                         Violations* violations) {
  switch (value.value_case()) {
    case v1::FactValue::kText:
      if (value.text().size() > kCustomTextBytesMax || !IsControlFree(value.text())) {
        violations->Add(absl::StrCat(field, ".text"),
                        "must be UTF-8 of 256 bytes at most without control characters");
      }
      return;
    case v1::FactValue::kDecimal:
      if (const auto decimal = ParseDecimal(value.decimal()); !decimal.ok()) {
        violations->Add(absl::StrCat(field, ".decimal"),
                        "must be a decimal such as -12.5, of up to 18 digits before the point "
                        "and 9 after it");
      }
      return;
    case v1::FactValue::kDate:
      ValidateDate(value.date(), absl::StrCat(field, ".date"), violations);
      return;
    case v1::FactValue::kMoney:
      ValidateMoney(value.money(), -kMoneyUnitsMax, absl::StrCat(field, ".money"), violations);
      return;
    case v1::FactValue::kInt64:
    case v1::FactValue::kBool:
    case v1::FactValue::VALUE_NOT_SET:
      return;
  }
}

void ValidateCustom(const v1::AccountFacts& facts, absl::string_view path, Violations* violations) {
  const std::string field = absl::StrCat(path, ".custom");
  if (facts.custom_size() > kCustomFactsMax) {
    violations->Add(field, absl::StrCat("must have ", kCustomFactsMax, " entries at most"));
    return;
  }
  // A map has no order of its own; answers must not depend on chance.
  std::vector<const std::string*> keys;
  for (const auto& [key, value] : facts.custom()) keys.push_back(&key);
  std::sort(keys.begin(), keys.end(), [](auto* a, auto* b) { return *a < *b; });
  for (const std::string* key : keys) {
    if (!IsLowerSnakeCase(*key)) {
      violations->Add(field, "has a key that is not lower_snake_case of 1 to 64 bytes");
    } else {
      ValidateCustomValue(facts.custom().at(*key), absl::StrCat(field, ".", *key), violations);
    }
  }
}

// Whether any value is given, an empty map or list being none.
bool IsPopulated(const v1::AccountFacts& facts, const FieldDescriptor* field) {
  const google::protobuf::Reflection* reflection = facts.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(facts, field) > 0
                              : reflection->HasField(facts, field);
}

}  // namespace

void ValidateId(absl::string_view id, absl::string_view field, Violations* violations) {
  if (id.empty() || id.size() > kIdBytesMax) {
    violations->Add(field, "must be 1 to 128 bytes long");
  } else if (!IsPrintable(id)) {
    violations->Add(field, "must be UTF-8 without control characters");
  } else if (HasOuterSpace(id)) {
    violations->Add(field, "must not begin or end with a space");
  }
}

void ValidateFacts(const v1::AccountFacts& facts, absl::string_view path, Violations* violations) {
  const auto at = [path](absl::string_view field) { return absl::StrCat(path, ".", field); };
  if (facts.has_display_name() &&
      (facts.display_name().size() > kDisplayNameBytesMax || !IsPrintable(facts.display_name()))) {
    violations->Add(at("display_name"),
                    "must be UTF-8 of 256 bytes at most without control characters");
  }
  if (const char* fault = facts.has_country() ? CountryFault(facts.country()) : nullptr) {
    violations->Add(at("country"), fault);
  }
  ValidatePotentialMrr(facts, path, violations);
  if (facts.has_past_due_cases() &&
      (facts.past_due_cases() < 0 || facts.past_due_cases() > kPastDueCasesMax)) {
    violations->Add(at("past_due_cases"), absl::StrCat("must be 0 to ", kPastDueCasesMax));
  }
  if (facts.has_industry_reference() &&
      (facts.industry_reference() == v1::INDUSTRY_REFERENCE_UNSPECIFIED ||
       !v1::IndustryReference_IsValid(facts.industry_reference()))) {
    violations->Add(at("industry_reference"), kEnumFault);
  }
  ValidateList(facts.operating_countries(), kCountriesMax, CountryFault, path,
               "operating_countries", violations);
  ValidateList(facts.expansion_countries(), kCountriesMax, CountryFault, path,
               "expansion_countries", violations);
  ValidateList(facts.financial_products(), kListEntriesMax, NameFault, path, "financial_products",
               violations);
  ValidateList(facts.product_lines(), kListEntriesMax, NameFault, path, "product_lines",
               violations);
  if (facts.has_lifecycle_stage() && (facts.lifecycle_stage() == v1::LIFECYCLE_STAGE_UNSPECIFIED ||
                                      !v1::LifecycleStage_IsValid(facts.lifecycle_stage()))) {
    violations->Add(at("lifecycle_stage"), kEnumFault);
  }
  if (facts.has_created_date()) {
    ValidateDate(facts.created_date(), at("created_date"), violations);
  }
  if (facts.has_client_since_date()) {
    ValidateDate(facts.client_since_date(), at("client_since_date"), violations);
  }
  if (facts.has_first_meeting_date()) {
    ValidateDate(facts.first_meeting_date(), at("first_meeting_date"), violations);
  }
  if (facts.has_owner_id()) ValidateId(facts.owner_id(), at("owner_id"), violations);
  if (facts.has_parent_id()) ValidateId(facts.parent_id(), at("parent_id"), violations);
  ValidateCustom(facts, path, violations);
  if (HasProfile(facts)) ValidateProfile(facts, path, violations);
}

void ValidateMask(const google::protobuf::FieldMask& mask, const v1::AccountFacts& facts,
                  absl::string_view mask_path, absl::string_view facts_path,
                  Violations* violations) {
  const google::protobuf::Descriptor* descriptor = v1::AccountFacts::descriptor();
  std::vector<bool> named(descriptor->field_count(), false);
  bool all = false;
  // Every path that is well formed is met once, so more of them than fields are faults in number.
  const int checked = std::min(mask.paths_size(), 2 * descriptor->field_count());
  for (int i = 0; i < checked; ++i) {
    const std::string& path = mask.paths(i);
    const std::string item = absl::StrCat(mask_path, ".paths[", i, "]");
    if (path == "*") {
      all = true;
      if (mask.paths_size() > 1) violations->Add(item, "\"*\" must stand alone");
      continue;
    }
    const FieldDescriptor* field = descriptor->FindFieldByName(path);
    if (field == nullptr) {
      violations->Add(item, kMaskFieldFault);
    } else if (named[field->index()]) {
      violations->Add(item, "is given twice");
    } else {
      named[field->index()] = true;
    }
  }
  if (checked < mask.paths_size()) {
    violations->Add(absl::StrCat(mask_path, ".paths"), "has more paths than there are facts");
  }
  if (all) return;
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (!named[i] && IsPopulated(facts, field)) {
      violations->Add(absl::StrCat(facts_path, ".", field->name()),
                      absl::StrCat("is given but not named in ", mask_path));
    }
  }
}

void ValidateMerged(const v1::AccountFacts& merged, absl::string_view path,
                    Violations* violations) {
  if (merged.custom_size() > kCustomFactsMax) {
    violations->Add(absl::StrCat(path, ".custom"),
                    absl::StrCat("the account would have more than ", kCustomFactsMax, " of them"));
  }
}

void ValidateAmount(const google::type::Money& amount, absl::string_view path,
                    Violations* violations) {
  ValidateMoney(amount, -kMoneyUnitsMax, path, violations);
}

}  // namespace tiermark
