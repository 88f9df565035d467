// What filters refuse, and what they leave to the store's indexes.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/service/filters.h"

namespace tiermark {
namespace {

using testing::ElementsAre;
using Strings = std::vector<std::string>;

Strings FaultsOf(const std::string& filter) {
  const auto catalog = CatalogWithPolicy();
  return FieldsOf(CompileAtNoon(*catalog, FromText<v1::AccountFilter>(filter)).status);
}

TEST(AccountFilter, Empty_AsksTheStoreForEverything) {
  const auto catalog = CatalogWithPolicy();
  const CompiledFilter compiled = CompileAtNoon(*catalog, {});
  EXPECT_OK(compiled.status);
  EXPECT_FALSE(compiled.query.matches);
  EXPECT_FALSE(compiled.query.transactions_if_issued_after.has_value());
  EXPECT_EQ(compiled.outlook.day, kToday);
}

TEST(AccountFilter, IndexedParts_NeedNoPredicate) {
  const auto catalog = CatalogWithPolicy();
  const CompiledFilter compiled = CompileAtNoon(*catalog, FromText<v1::AccountFilter>(R"pb(
    segments: [ SEGMENT_SMB, SEGMENT_UNSPECIFIED ]
    min_score: 3
    max_score: 90
    countries: "CO"
    owner_ids: "o"
    as_of_date { year: 2026 month: 1 day: 31 }
  )pb"));
  EXPECT_OK(compiled.status);
  EXPECT_FALSE(compiled.query.matches);
  EXPECT_THAT(compiled.query.segments, ElementsAre(v1::SEGMENT_SMB, v1::SEGMENT_UNSPECIFIED));
  EXPECT_EQ(compiled.query.score_min, 3);
  EXPECT_EQ(compiled.query.score_max, 90);
  EXPECT_THAT(compiled.query.countries, ElementsAre("CO"));
  EXPECT_THAT(compiled.query.owner_ids, ElementsAre("o"));
  EXPECT_EQ(compiled.outlook.day, absl::CivilDay(2026, 1, 31));
}

TEST(AccountFilter, Activity_WantsTransactionsIssuedLater) {
  const auto catalog = CatalogWithPolicy();
  const CompiledFilter compiled = CompileAtNoon(*catalog, FromText<v1::AccountFilter>(R"pb(
    dimensions { dimension: DIMENSION_ACTIVITY values: "ACTIVE" }
    as_of_date { year: 1970 month: 1 day: 31 }
  )pb"));
  EXPECT_EQ(compiled.query.transactions_if_issued_after, 30);
}

TEST(AccountFilter, ListsEveryFaultByPath) {
  EXPECT_THAT(FaultsOf(R"pb(
                segments: [ SEGMENT_SMB, SEGMENT_SMB ]
                min_score: -1
                max_score: 101
                countries: [ "CO", "XX" ]
                owner_ids: ""
                parent_ids: " p"
                dimensions {
                  dimension: DIMENSION_SERVICE_LEVEL
                  values: [ "BASIC", "GOLD", "BASIC" ]
                }
                dimensions { dimension: DIMENSION_SERVICE_LEVEL values: "BASIC" }
                dimensions { dimension: DIMENSION_REGION }
                dimensions { values: "x" }
                due {
                  due_by_time { nanos: -1 }
                  reasons: [ REEVALUATION_REASON_EVENT, REEVALUATION_REASON_UNSPECIFIED ]
                }
                as_of_date { year: 2026 month: 2 day: 29 }
              )pb"),
              ElementsAre("filter.segments[1]", "filter.min_score", "filter.max_score",
                          "filter.countries[1]", "filter.owner_ids[0]", "filter.as_of_date",
                          "filter.parent_ids[0]", "filter.dimensions[0].values[1]",
                          "filter.dimensions[0].values[2]", "filter.dimensions[1].dimension",
                          "filter.dimensions[2].values", "filter.dimensions[3].dimension",
                          "filter.due.due_by_time", "filter.due.reasons[1]"));
  EXPECT_THAT(FaultsOf("min_score: 50 max_score: 49"), ElementsAre("filter.max_score"));
}

TEST(AccountFilter, FactConditions_AreHeldToTheirFactsType) {
  const std::pair<const char*, Strings> rows[] = {
      {"fact: 'nonsense'", {"fact"}},
      {"fact: 'custom.Nonsense'", {"fact"}},
      {"fact: 'employees'", {}},
      {"fact: 'employees' at_least { int64: 5 } at_most { decimal: '7.5' }", {}},
      {"fact: 'employees' at_least { decimal: '7,5' } at_most {}", {"at_least", "at_most"}},
      {"fact: 'employees' at_least { int64: 8 } at_most { decimal: '7.5' }", {"at_most"}},
      {"fact: 'employees' one_of: 'x' is: true", {"one_of", "is"}},
      {"fact: 'employees' at_least { text: '7' }", {"at_least"}},
      {"fact: 'region' one_of: 'Andes'", {}},
      {"fact: 'region' one_of: ''", {"one_of[0]"}},
      {"fact: 'region' at_least { text: 'A' }", {"at_least"}},
      {"fact: 'country' one_of: ['CO', 'XX']", {"one_of[1]"}},
      {"fact: 'service_level' one_of: ['BASIC', 'UNSPECIFIED', 'GOLD']",
       {"one_of[1]", "one_of[2]"}},
      {"fact: 'follow_ups' one_of: ['TRAINING', 'PARTY']", {"one_of[1]"}},
      {"fact: 'product_lines' at_least { int64: 2 } one_of: 'loans'", {}},
      {"fact: 'industry_regulated' is: false", {}},
      {"fact: 'industry_regulated' at_least { bool: true }", {"at_least"}},
      {"fact: 'first_meeting_date' at_least { date { year: 2026 month: 5 day: 1 } }", {}},
      {"fact: 'first_meeting_date' at_least { date { year: 2026 month: 13 day: 1 } }",
       {"at_least"}},
      {"fact: 'potential_mrr' at_least { money { currency_code: 'USD' units: 5 } }", {}},
      {"fact: 'potential_mrr' at_least { money { currency_code: 'usd' units: 5 } }", {"at_least"}},
      {"fact: 'potential_mrr' at_least { int64: 5 }", {"at_least"}},
      {"fact: 'potential_mrr' at_least { money { currency_code: 'USD' units: 5 } }"
       "at_most { money { currency_code: 'EUR' units: 9 } }",
       {"at_most.money.currency_code"}},
      {"fact: 'custom.k' one_of: 'x' is: true at_least { int64: 5 }", {}},
      {"fact: 'custom.k' at_least { int64: 5 } at_most { date { year: 2026 month: 5 day: 1 } }",
       {"at_most"}},
      {"fact: 'custom.k' at_least { bool: true }", {"at_least"}},
  };
  for (const auto& [condition, faults] : rows) {
    Strings paths;
    for (const std::string& fault : faults) paths.push_back("filter.facts[0]." + fault);
    EXPECT_EQ(FaultsOf(absl::StrCat("facts { ", condition, " }")), paths) << condition;
  }
}

TEST(AccountFilter, Limits_AreHeldAtTheirEdges) {
  const auto catalog = CatalogWithPolicy();
  v1::AccountFilter filter;
  for (int i = 0; i < 100; ++i) filter.add_parent_ids(absl::StrCat("p", i));
  for (int i = 0; i < 32; ++i) filter.add_facts()->set_fact("employees");
  v1::DimensionCondition& dimension = *filter.add_dimensions();
  dimension.set_dimension(v1::DIMENSION_REGION);
  for (int i = 0; i < 250; ++i) dimension.add_values(absl::StrCat("r", i));
  v1::FactCondition& fact = *filter.mutable_facts(0);
  fact.set_fact("region");
  for (int i = 0; i < 250; ++i) fact.add_one_of(absl::StrCat("r", i));
  EXPECT_OK(CompileAtNoon(*catalog, filter).status);
  filter.add_parent_ids("p");
  dimension.add_values("r");
  fact.add_one_of("r");
  EXPECT_THAT(
      FieldsOf(CompileAtNoon(*catalog, filter).status),
      ElementsAre("filter.parent_ids", "filter.dimensions[0].values", "filter.facts[0].one_of"));
  filter.clear_parent_ids();
  filter.add_facts()->set_fact("employees");
  while (filter.dimensions_size() < 33) filter.add_dimensions();
  EXPECT_THAT(FieldsOf(CompileAtNoon(*catalog, filter).status),
              ElementsAre("filter.dimensions", "filter.facts"));
}

}  // namespace
}  // namespace tiermark
