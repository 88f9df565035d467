#include "fact_access.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"

namespace tiermark {

void SetFact(const std::string& fact, const v1::FactValue& value, v1::AccountFacts* facts) {
  absl::string_view key = fact;
  if (absl::ConsumePrefix(&key, "custom.")) {
    (*facts->mutable_custom())[std::string(key)] = value;
    return;
  }
  ClearFact(fact, facts);
  if (fact == "potential_mrr") {
    if (!facts->has_country()) return;
    v1::PotentialMrr* entry = facts->add_potential_mrr();
    entry->set_country(facts->country());
    *entry->mutable_amount() = value.money();
  } else if (fact == "past_due_cases") {
    facts->set_past_due_cases(static_cast<int>(value.int64()));
  } else if (fact == "industry_reference") {
    v1::IndustryReference reference = v1::INDUSTRY_REFERENCE_UNSPECIFIED;
    EXPECT_TRUE(v1::IndustryReference_Parse("INDUSTRY_REFERENCE_" + value.text(), &reference));
    facts->set_industry_reference(reference);
  } else if (fact == "lifecycle_stage") {
    v1::LifecycleStage stage = v1::LIFECYCLE_STAGE_UNSPECIFIED;
    EXPECT_TRUE(v1::LifecycleStage_Parse("LIFECYCLE_STAGE_" + value.text(), &stage));
    facts->set_lifecycle_stage(stage);
  } else if (fact == "countries") {
    int left = static_cast<int>(value.int64());
    if (facts->has_country()) facts->add_operating_countries(facts->country()), --left;
    for (const char* code : kTestCountries) {
      if (left == 0) break;
      if (facts->country() == code) continue;
      // Some are confirmed expansion, and one is named in both lists.
      (left % 2 == 0 ? facts->add_operating_countries(code) : facts->add_expansion_countries(code));
      --left;
    }
    if (facts->operating_countries_size() > 0) {
      facts->add_expansion_countries(facts->operating_countries(0));
    }
    EXPECT_EQ(left, 0);
  } else if (fact == "financial_products" || fact == "product_lines") {
    for (int64_t i = 0; i < value.int64(); ++i) {
      const std::string entry = absl::StrCat("line-", i);
      fact == "product_lines" ? facts->add_product_lines(entry)
                              : facts->add_financial_products(entry);
    }
  } else if (fact == "owner_id") {
    facts->set_owner_id(value.text());
  } else if (fact == "created_date") {
    *facts->mutable_created_date() = value.date();
  } else if (fact == "client_since_date") {
    *facts->mutable_client_since_date() = value.date();
  } else if (fact == "first_meeting_date") {
    *facts->mutable_first_meeting_date() = value.date();
  } else {
    ADD_FAILURE() << fact;
  }
}

void ClearFact(const std::string& fact, v1::AccountFacts* facts) {
  absl::string_view key = fact;
  if (absl::ConsumePrefix(&key, "custom.")) {
    facts->mutable_custom()->erase(std::string(key));
  } else if (fact == "countries") {
    facts->clear_operating_countries();
    facts->clear_expansion_countries();
  } else {
    facts->GetReflection()->ClearField(facts,
                                       v1::AccountFacts::descriptor()->FindFieldByName(fact));
  }
}

absl::optional<v1::FactValue> GetFact(const std::string& fact, const v1::AccountFacts& facts) {
  v1::FactValue value;
  absl::string_view key = fact;
  if (absl::ConsumePrefix(&key, "custom.")) {
    const auto found = facts.custom().find(std::string(key));
    if (found == facts.custom().end()) return absl::nullopt;
    return found->second;
  }
  if (fact == "potential_mrr") {
    for (const v1::PotentialMrr& entry : facts.potential_mrr()) {
      if (facts.has_country() && entry.country() == facts.country()) {
        *value.mutable_money() = entry.amount();
      }
    }
  } else if (fact == "past_due_cases") {
    if (facts.has_past_due_cases()) value.set_int64(facts.past_due_cases());
  } else if (fact == "industry_reference") {
    if (facts.has_industry_reference()) {
      value.set_text(v1::IndustryReference_Name(facts.industry_reference())
                         .substr(std::string("INDUSTRY_REFERENCE_").size()));
    }
  } else if (fact == "lifecycle_stage") {
    value.set_text(v1::LifecycleStage_Name(facts.has_lifecycle_stage()
                                               ? facts.lifecycle_stage()
                                               : v1::LIFECYCLE_STAGE_PROSPECT)
                       .substr(std::string("LIFECYCLE_STAGE_").size()));
  } else if (fact == "countries") {
    std::set<std::string> distinct(facts.operating_countries().begin(),
                                   facts.operating_countries().end());
    distinct.insert(facts.expansion_countries().begin(), facts.expansion_countries().end());
    if (!distinct.empty() && facts.has_country()) distinct.insert(facts.country());
    if (!distinct.empty()) value.set_int64(static_cast<int64_t>(distinct.size()));
  } else if (fact == "financial_products" || fact == "product_lines") {
    const int size =
        fact == "product_lines" ? facts.product_lines_size() : facts.financial_products_size();
    if (size > 0) value.set_int64(size);
  } else if (fact == "owner_id") {
    if (facts.has_owner_id()) value.set_text(facts.owner_id());
  } else if (fact == "created_date") {
    if (facts.has_created_date()) *value.mutable_date() = facts.created_date();
  } else if (fact == "client_since_date") {
    if (facts.has_client_since_date()) *value.mutable_date() = facts.client_since_date();
  } else if (fact == "first_meeting_date") {
    if (facts.has_first_meeting_date()) *value.mutable_date() = facts.first_meeting_date();
  } else {
    ADD_FAILURE() << fact;
  }
  if (value.value_case() == v1::FactValue::VALUE_NOT_SET) return absl::nullopt;
  return value;
}

}  // namespace tiermark
