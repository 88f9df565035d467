#include "scoring/facts.h"

#include <algorithm>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "scoring/fact_fields.h"

namespace tiermark {
namespace {

using google::protobuf::FieldDescriptor;

bool Same(const std::string& a, const std::string& b) { return a == b; }

bool Same(const v1::PotentialMrr& a, const v1::PotentialMrr& b) {
  return a.country() == b.country() && SameMoney(a.amount(), b.amount());
}

bool Same(const v1::FactValue& a, const v1::FactValue& b) {
  if (a.value_case() != b.value_case()) return false;
  switch (a.value_case()) {
    case v1::FactValue::kText:
      return a.text() == b.text();
    case v1::FactValue::kInt64:
      return a.int64() == b.int64();
    case v1::FactValue::kDecimal:
      return a.decimal() == b.decimal();
    case v1::FactValue::kBool:
      return a.bool_() == b.bool_();
    case v1::FactValue::kDate:
      return SameDate(a.date(), b.date());
    case v1::FactValue::kMoney:
      return SameMoney(a.money(), b.money());
    case v1::FactValue::VALUE_NOT_SET:
      return true;
  }
  return true;
}

// Replaces a list that is given; returns whether it changed.
template <typename List>
bool MergeList(const List& given, List* stored) {
  if (given.empty()) return false;
  const auto same = [](const auto& a, const auto& b) { return Same(a, b); };
  if (std::equal(given.begin(), given.end(), stored->begin(), stored->end(), same)) return false;
  *stored = given;
  return true;
}

bool MergeCustom(const v1::AccountFacts& given, v1::AccountFacts* stored) {
  bool changed = false;
  for (const auto& [key, value] : given.custom()) {
    if (value.value_case() == v1::FactValue::VALUE_NOT_SET) {
      changed |= stored->mutable_custom()->erase(key) > 0;
      continue;
    }
    const auto old = stored->custom().find(key);
    if (old != stored->custom().end() && Same(old->second, value)) continue;
    (*stored->mutable_custom())[key] = value;
    changed = true;
  }
  return changed;
}

void MergeProfile(const v1::AccountFacts& given, v1::AccountFacts* stored,
                  std::vector<std::string>* changed) {
  std::vector<const FieldDescriptor*> fields;
  given.GetReflection()->ListFields(given, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->number() < kFirstProfileField || SameField(field, given, *stored)) continue;
    CopyField(field, given, stored);
    changed->push_back(field->name());
  }
}

std::vector<std::string> MergePresent(const v1::AccountFacts& given, v1::AccountFacts* stored) {
  std::vector<std::string> changed;
  if (given.has_display_name() &&
      !(stored->has_display_name() && stored->display_name() == given.display_name())) {
    stored->set_display_name(given.display_name());
    changed.emplace_back("display_name");
  }
  if (given.has_country() && !(stored->has_country() && stored->country() == given.country())) {
    stored->set_country(given.country());
    changed.emplace_back("country");
  }
  if (MergeList(given.potential_mrr(), stored->mutable_potential_mrr())) {
    changed.emplace_back("potential_mrr");
  }
  if (given.has_past_due_cases() &&
      !(stored->has_past_due_cases() && stored->past_due_cases() == given.past_due_cases())) {
    stored->set_past_due_cases(given.past_due_cases());
    changed.emplace_back("past_due_cases");
  }
  if (given.has_industry_reference() &&
      !(stored->has_industry_reference() &&
        stored->industry_reference() == given.industry_reference())) {
    stored->set_industry_reference(given.industry_reference());
    changed.emplace_back("industry_reference");
  }
  if (MergeList(given.operating_countries(), stored->mutable_operating_countries())) {
    changed.emplace_back("operating_countries");
  }
  if (MergeList(given.expansion_countries(), stored->mutable_expansion_countries())) {
    changed.emplace_back("expansion_countries");
  }
  if (MergeList(given.financial_products(), stored->mutable_financial_products())) {
    changed.emplace_back("financial_products");
  }
  if (MergeList(given.product_lines(), stored->mutable_product_lines())) {
    changed.emplace_back("product_lines");
  }
  if (given.has_lifecycle_stage() &&
      !(stored->has_lifecycle_stage() && stored->lifecycle_stage() == given.lifecycle_stage())) {
    stored->set_lifecycle_stage(given.lifecycle_stage());
    changed.emplace_back("lifecycle_stage");
  }
  if (given.has_created_date() &&
      !(stored->has_created_date() && SameDate(stored->created_date(), given.created_date()))) {
    *stored->mutable_created_date() = given.created_date();
    changed.emplace_back("created_date");
  }
  if (given.has_client_since_date() &&
      !(stored->has_client_since_date() &&
        SameDate(stored->client_since_date(), given.client_since_date()))) {
    *stored->mutable_client_since_date() = given.client_since_date();
    changed.emplace_back("client_since_date");
  }
  if (given.has_first_meeting_date() &&
      !(stored->has_first_meeting_date() &&
        SameDate(stored->first_meeting_date(), given.first_meeting_date()))) {
    *stored->mutable_first_meeting_date() = given.first_meeting_date();
    changed.emplace_back("first_meeting_date");
  }
  if (given.has_owner_id() && !(stored->has_owner_id() && stored->owner_id() == given.owner_id())) {
    stored->set_owner_id(given.owner_id());
    changed.emplace_back("owner_id");
  }
  if (given.has_parent_id() &&
      !(stored->has_parent_id() && stored->parent_id() == given.parent_id())) {
    stored->set_parent_id(given.parent_id());
    changed.emplace_back("parent_id");
  }
  if (given.custom_size() > 0 && MergeCustom(given, stored)) changed.emplace_back("custom");
  if (HasProfile(given)) MergeProfile(given, stored, &changed);
  return changed;
}

// Maps are written in key order, so that equal messages give equal bytes.
std::string Bytes(const v1::AccountFacts& facts) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  facts.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

std::vector<std::string> MergeNamed(const v1::AccountFacts& given,
                                    const google::protobuf::FieldMask& mask,
                                    v1::AccountFacts* stored) {
  v1::AccountFacts source = given;
  for (const auto& [key, value] : given.custom()) {
    if (value.value_case() == v1::FactValue::VALUE_NOT_SET) source.mutable_custom()->erase(key);
  }
  const bool all = mask.paths_size() == 1 && mask.paths(0) == "*";
  const google::protobuf::Descriptor* descriptor = v1::AccountFacts::descriptor();
  const google::protobuf::Reflection* reflection = stored->GetReflection();
  std::vector<std::string> changed;
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (!all &&
        std::find(mask.paths().begin(), mask.paths().end(), field->name()) == mask.paths().end()) {
      continue;
    }
    v1::AccountFacts before;
    v1::AccountFacts after;
    reflection->SwapFields(&source, &after, {field});
    reflection->SwapFields(stored, &before, {field});
    if (Bytes(before) != Bytes(after)) changed.push_back(field->name());
    reflection->SwapFields(stored, &after, {field});
  }
  return changed;
}

}  // namespace

std::vector<std::string> MergeFacts(const v1::AccountFacts& given,
                                    const google::protobuf::FieldMask* mask,
                                    v1::AccountFacts* stored) {
  return mask == nullptr ? MergePresent(given, stored) : MergeNamed(given, *mask, stored);
}

std::vector<std::string> DistinctCountries(const v1::AccountFacts& facts) {
  std::vector<std::string> countries;
  if (facts.operating_countries().empty() && facts.expansion_countries().empty()) return countries;
  countries.assign(facts.operating_countries().begin(), facts.operating_countries().end());
  countries.insert(countries.end(), facts.expansion_countries().begin(),
                   facts.expansion_countries().end());
  if (facts.has_country()) countries.push_back(facts.country());
  std::sort(countries.begin(), countries.end());
  countries.erase(std::unique(countries.begin(), countries.end()), countries.end());
  return countries;
}

v1::LifecycleStage EffectiveStage(const v1::AccountFacts& facts) {
  return facts.has_lifecycle_stage() ? facts.lifecycle_stage() : v1::LIFECYCLE_STAGE_PROSPECT;
}

}  // namespace tiermark
