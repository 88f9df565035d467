// What dimensions are derived to, as tables.
#include "scoring/dimensions.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "scoring/calendar.h"
#include "tests/scoring/support.h"

namespace tiermark {
namespace {

using testing::ElementsAre;

const absl::CivilDay kDay(2026, 5, 20);

// 1 EUR is 1.25 USD, and 3 JPY are hardly more than 0.02 USD.
RateTable Rates() {
  v1::ExchangeRates rates;
  rates.set_version(2);
  rates.set_reference_currency("USD");
  const auto add = [&rates](const char* code, const char* rate) {
    v1::ExchangeRate& entry = *rates.add_rates();
    entry.set_currency_code(code);
    entry.set_rate(rate);
  };
  add("EUR", "1.25");
  add("JPY", "0.006666666667");
  Violations violations;
  RateTable table(rates, "rates", &violations);
  EXPECT_TRUE(violations.empty());
  return table;
}

// Bands as the shipped model has them, over two facts: a number and a presence.
v1::ScoringModel RiskModel() {
  return FromText<v1::ScoringModel>(R"pb(
    model_id: "risk-profile"
    version: 1
    display_name: "Risk profile"
    method: SCORING_METHOD_POINTS
    criteria {
      criterion_id: "cases"
      display_name: "Cases"
      fact: "past_due_cases"
      numeric_tiers {
        tiers { at_least: "100" points: 60 label: "Many" }
        tiers { points: 10 label: "Few" }
      }
    }
    criteria {
      criterion_id: "watch-list"
      display_name: "Watch list"
      fact: "custom.watch_list"
      presence_points { present_points: 30 absent_points: 0 }
    }
    bands { band_id: "high" display_name: "High" min_score: 60 }
    bands { band_id: "medium" display_name: "Medium" min_score: 30 }
    bands { band_id: "low" display_name: "Low" min_score: 0 }
  )pb");
}

class Dimensions : public testing::Test {
 protected:
  Dimensions() : policy_(DefaultPolicy()), rates_(Rates()), risk_(CompileOrDie(RiskModel())) {
    *state_.mutable_first_write_date() = DateOf(absl::CivilDay(2020, 1, 1));
    basis_.policy = &policy_;
    basis_.rates = &rates_;
    basis_.risk_model = risk_.get();
    basis_.day = kDay;
  }

  std::vector<std::string> Values(v1::Dimension dimension, const std::string& facts) {
    const v1::AccountFacts parsed = FactsFromJson(facts);
    return DimensionValues(dimension,
                           {parsed, state_, v1::ACTIVITY_STATUS_LEAVING, v1::STANDING_CANCELLED,
                            v1::SEGMENT_ENTERPRISE},
                           basis_);
  }

  std::string Value(v1::Dimension dimension, const std::string& facts) {
    const std::vector<std::string> values = Values(dimension, facts);
    return values.size() == 1 ? values[0] : "of several values";
  }

  CompiledPolicy policy_;
  RateTable rates_;
  std::shared_ptr<const CompiledModel> risk_;
  store::v1::AccountState state_;
  DimensionBasis basis_;
};

std::string Client(const std::string& since) {
  return R"({"lifecycle_stage": "LIFECYCLE_STAGE_CLIENT", "client_since_date": )" + since + "}";
}

TEST_F(Dimensions, Tenure_IsNewForTheMonthsOfThePolicy) {
  const auto tenure = [this](const std::string& facts) {
    return Value(v1::DIMENSION_CUSTOMER_TENURE, facts);
  };
  EXPECT_EQ(tenure(Client(R"({"year": 2026, "month": 5, "day": 20})")), "NEW");
  EXPECT_EQ(tenure(Client(R"({"year": 2026, "month": 2, "day": 21})")), "NEW");
  EXPECT_EQ(tenure(Client(R"({"year": 2026, "month": 2, "day": 20})")), "CURRENT");
  EXPECT_EQ(tenure(Client(R"({"year": 2026, "month": 5, "day": 21})")), "UNSPECIFIED");
  EXPECT_EQ(tenure(R"({"lifecycle_stage": "LIFECYCLE_STAGE_LEAD"})"), "UNSPECIFIED");
  EXPECT_EQ(tenure("{}"), "UNSPECIFIED");
  policy_.policy.set_new_account_months(0);
  EXPECT_EQ(tenure(Client(R"({"year": 2026, "month": 5, "day": 20})")), "CURRENT");
}

TEST_F(Dimensions, Tenure_WithoutTheFact_CountsFromTheStageOrFromCreation) {
  const char client[] = R"({"lifecycle_stage": "LIFECYCLE_STAGE_CLIENT"})";
  EXPECT_EQ(Value(v1::DIMENSION_CUSTOMER_TENURE, client), "CURRENT");
  *state_.mutable_client_stage_date() = DateOf(absl::CivilDay(2026, 4, 1));
  EXPECT_EQ(Value(v1::DIMENSION_CUSTOMER_TENURE, client), "NEW");
}

TEST_F(Dimensions, Origin_IsSeenFromTheHomeCountry) {
  EXPECT_EQ(Value(v1::DIMENSION_CUSTOMER_ORIGIN, R"({"country": "CO"})"), "UNSPECIFIED");
  policy_.home_country = "CO";
  EXPECT_EQ(Value(v1::DIMENSION_CUSTOMER_ORIGIN, R"({"country": "CO"})"), "DOMESTIC");
  EXPECT_EQ(Value(v1::DIMENSION_CUSTOMER_ORIGIN, R"({"country": "PE"})"), "INTERNATIONAL");
  EXPECT_EQ(Value(v1::DIMENSION_CUSTOMER_ORIGIN, "{}"), "UNSPECIFIED");
}

std::string Mrr(const std::string& country, const std::string& money) {
  return R"({"country": "CO", "potential_mrr": [{"country": ")" + country + R"(", "amount": )" +
         money + "}]}";
}

TEST_F(Dimensions, Value_ComparesTheLocalMrrInReferenceCurrency) {
  const auto value = [this](const std::string& facts) {
    return Value(v1::DIMENSION_CUSTOMER_VALUE, facts);
  };
  const std::string usd_1000 = R"({"currency_code": "USD", "units": 1000})";
  EXPECT_EQ(value(Mrr("CO", usd_1000)), "UNSPECIFIED") << "no threshold is set";
  policy_.high_value_mrr = Nanos(1'000) * kNanosPerUnit;
  EXPECT_EQ(value(Mrr("CO", usd_1000)), "HIGH");
  EXPECT_EQ(value(Mrr("CO", R"({"currency_code": "USD", "units": 999, "nanos": 999999999})")),
            "LOW");
  EXPECT_EQ(value(Mrr("CO", R"({"currency_code": "EUR", "units": 800})")), "HIGH");
  EXPECT_EQ(value(Mrr("CO", R"({"currency_code": "EUR", "units": 799, "nanos": 999999999})")),
            "LOW");
  EXPECT_EQ(value(Mrr("CO", R"({"currency_code": "GBP", "units": 800000})")), "UNSPECIFIED");
  EXPECT_EQ(value(Mrr("PE", usd_1000)), "UNSPECIFIED") << "not the local contract";
}

TEST_F(Dimensions, SizeBand_IsTheLargerOfEmployeesAndRevenue) {
  struct Row {
    int employees;    // -1: unknown.
    int64_t revenue;  // USD; -1: unknown.
    int nanos;
    const char* band;
  };
  const Row rows[] = {
      {-1, -1, 0, "UNSPECIFIED"},    {0, -1, 0, "MICRO"},           {9, -1, 0, "MICRO"},
      {10, -1, 0, "SMALL"},          {49, -1, 0, "SMALL"},          {50, -1, 0, "MEDIUM"},
      {249, -1, 0, "MEDIUM"},        {250, -1, 0, "LARGE"},         {-1, 0, 0, "MICRO"},
      {-1, 2'000'000, 0, "MICRO"},   {-1, 2'000'000, 1, "SMALL"},   {-1, 10'000'000, 0, "SMALL"},
      {-1, 10'000'000, 1, "MEDIUM"}, {-1, 50'000'000, 0, "MEDIUM"}, {-1, 50'000'000, 1, "LARGE"},
      {9, 10'000'000, 0, "SMALL"},   {250, 1, 0, "LARGE"},          {10, 2'000'000, 0, "SMALL"},
  };
  for (const Row& row : rows) {
    v1::AccountFacts facts;
    if (row.employees >= 0) facts.set_employees(row.employees);
    if (row.revenue >= 0) {
      facts.mutable_annual_revenue()->set_currency_code("USD");
      facts.mutable_annual_revenue()->set_units(row.revenue);
      facts.mutable_annual_revenue()->set_nanos(row.nanos);
    }
    EXPECT_THAT(DimensionValues(v1::DIMENSION_SIZE_BAND, {facts, state_}, basis_),
                ElementsAre(row.band))
        << facts.ShortDebugString();
  }
}

TEST_F(Dimensions, SizeBand_RevenueWithoutRate_GoesByEmployeesAlone) {
  const std::string revenue = R"("annual_revenue": {"currency_code": "GBP", "units": 90000000})";
  EXPECT_EQ(Value(v1::DIMENSION_SIZE_BAND, "{" + revenue + "}"), "UNSPECIFIED");
  EXPECT_EQ(Value(v1::DIMENSION_SIZE_BAND, R"({"employees": 12, )" + revenue + "}"), "SMALL");
  EXPECT_EQ(Value(v1::DIMENSION_SIZE_BAND,
                  R"({"annual_revenue": {"currency_code": "EUR", "units": 1600000}})"),
            "MICRO");
  EXPECT_EQ(Value(v1::DIMENSION_SIZE_BAND,
                  R"({"annual_revenue": {"currency_code": "EUR", "units": 1600001}})"),
            "SMALL");
}

TEST_F(Dimensions, CrossSell_IsTheCatalogueWithoutTheLinesInUse) {
  const char two_lines[] = R"({"product_lines": ["collections", "loans"]})";
  EXPECT_EQ(Value(v1::DIMENSION_CROSS_SELL, two_lines), "UNSPECIFIED");
  policy_.product_lines = {"scoring", "collections", "analytics"};
  EXPECT_THAT(Values(v1::DIMENSION_CROSS_SELL, two_lines), ElementsAre("scoring", "analytics"));
  EXPECT_THAT(Values(v1::DIMENSION_CROSS_SELL, "{}"),
              ElementsAre("scoring", "collections", "analytics"));
  EXPECT_EQ(Value(v1::DIMENSION_CROSS_SELL,
                  R"({"product_lines": ["analytics", "collections", "scoring"]})"),
            "UNSPECIFIED");
  EXPECT_THAT(Values(v1::DIMENSION_PRODUCT_LINE, two_lines), ElementsAre("collections", "loans"));
  EXPECT_EQ(Value(v1::DIMENSION_PRODUCT_LINE, "{}"), "UNSPECIFIED");
}

TEST_F(Dimensions, RiskProfile_IsTheBandOfTheModelOnceAnythingItReadsIsKnown) {
  const auto level = [this](const std::string& facts) {
    return Value(v1::DIMENSION_RISK_PROFILE, facts);
  };
  EXPECT_EQ(level("{}"), "UNSPECIFIED");
  EXPECT_EQ(level(R"({"employees": 3})"), "UNSPECIFIED") << "the model does not read it";
  EXPECT_EQ(level(R"({"past_due_cases": 0})"), "LOW");
  EXPECT_EQ(level(R"({"past_due_cases": 100})"), "HIGH");
  EXPECT_EQ(level(R"({"custom": {"watch_list": {"bool": true}}})"), "MEDIUM");
  EXPECT_EQ(level(R"({"custom": {"watch_list": {"bool": false}}})"), "LOW") << "known, and false";
  EXPECT_EQ(level(R"({"custom": {"other": {"bool": true}}})"), "UNSPECIFIED");
  basis_.risk_model = nullptr;
  EXPECT_EQ(level(R"({"past_due_cases": 100})"), "UNSPECIFIED");
}

TEST_F(Dimensions, Segment_IsThatOfTheScoreThatCounts) {
  store::v1::LatestScore& score = *state_.add_scores();
  score.set_segment(v1::SEGMENT_COMMERCIAL);
  EXPECT_EQ(Value(v1::DIMENSION_SEGMENT, "{}"), "UNSPECIFIED") << "none that counts";
  score.set_counted(true);
  EXPECT_EQ(Value(v1::DIMENSION_SEGMENT, "{}"), "COMMERCIAL");
}

TEST_F(Dimensions, Facts_AreNamedWithoutPrefixesAndAsTheyAre) {
  const char facts[] = R"({
    "owner_id": "o-1", "parent_id": "p-1", "country": "CO", "region": "Andes", "industry": "K64",
    "industry_regulated": false, "early_payment_discount": 0, "customer_kind":
    "CUSTOMER_KIND_BUSINESS", "sales_route": "SALES_ROUTE_INDIRECT", "sales_medium":
    "SALES_MEDIUM_ONLINE", "promotion": "PROMOTION_AFFILIATE", "reseller_kind":
    "RESELLER_KIND_NONE", "service_level": "SERVICE_LEVEL_PREMIUM", "payment_terms":
    "PAYMENT_TERMS_NET_30"})";
  const std::pair<v1::Dimension, const char*> rows[] = {
      {v1::DIMENSION_ACTIVITY, "LEAVING"},
      {v1::DIMENSION_STANDING, "CANCELLED"},
      {v1::DIMENSION_EFFECTIVE_SEGMENT, "ENTERPRISE"},
      {v1::DIMENSION_LIFECYCLE_STAGE, "PROSPECT"},
      {v1::DIMENSION_OWNER, "o-1"},
      {v1::DIMENSION_PARENT, "p-1"},
      {v1::DIMENSION_COUNTRY, "CO"},
      {v1::DIMENSION_REGION, "Andes"},
      {v1::DIMENSION_INDUSTRY, "K64"},
      {v1::DIMENSION_INDUSTRY_REGULATED, "FALSE"},
      {v1::DIMENSION_EARLY_PAYMENT_DISCOUNT, "FALSE"},
      {v1::DIMENSION_CUSTOMER_KIND, "BUSINESS"},
      {v1::DIMENSION_SALES_ROUTE, "INDIRECT"},
      {v1::DIMENSION_SALES_MEDIUM, "ONLINE"},
      {v1::DIMENSION_PROMOTION, "AFFILIATE"},
      {v1::DIMENSION_RESELLER_KIND, "NONE"},
      {v1::DIMENSION_SERVICE_LEVEL, "PREMIUM"},
      {v1::DIMENSION_PAYMENT_TERMS, "NET_30"},
  };
  for (const auto& [dimension, value] : rows) {
    EXPECT_EQ(Value(dimension, facts), value);
    EXPECT_EQ(DimensionValueFault(dimension, value), "");
    const bool always =
        dimension == v1::DIMENSION_ACTIVITY || dimension == v1::DIMENSION_STANDING ||
        dimension == v1::DIMENSION_EFFECTIVE_SEGMENT || dimension == v1::DIMENSION_LIFECYCLE_STAGE;
    if (!always) {
      EXPECT_EQ(Value(dimension, "{}"), "UNSPECIFIED");
    }
  }
  EXPECT_EQ(Value(v1::DIMENSION_EARLY_PAYMENT_DISCOUNT, R"({"early_payment_discount": 200})"),
            "TRUE");
}

TEST_F(Dimensions, DimensionsOf_SaysTheSameAsTheValues) {
  policy_.home_country = "CO";
  policy_.high_value_mrr = Nanos(500) * kNanosPerUnit;
  policy_.product_lines = {"scoring", "loans"};
  v1::AccountFacts facts = FactsFromJson(R"({
    "country": "CO", "region": "Andes", "product_lines": ["loans"], "employees": 60,
    "past_due_cases": 100, "industry": "K64", "industry_regulated": true,
    "early_payment_discount": 150, "lifecycle_stage": "LIFECYCLE_STAGE_CLIENT",
    "potential_mrr": [{"country": "CO", "amount": {"currency_code": "USD", "units": 500}}],
    "product_line_revenue": [{"product_line": "loans",
                              "amount": {"currency_code": "USD", "units": 7}}]})");
  const v1::AccountDimensions dimensions = DimensionsOf(facts, state_, basis_);
  EXPECT_EQ(dimensions.ShortDebugString(), FromText<v1::AccountDimensions>(R"pb(
                                             customer_type {
                                               tenure: CUSTOMER_TENURE_CURRENT
                                               origin: CUSTOMER_ORIGIN_DOMESTIC
                                               value: CUSTOMER_VALUE_HIGH
                                             }
                                             geography { country: "CO" region: "Andes" }
                                             product_line {
                                               in_use: "loans"
                                               revenue {
                                                 product_line: "loans"
                                                 amount { currency_code: "USD" units: 7 }
                                               }
                                               not_adopted: "scoring"
                                             }
                                             sales_channel {}
                                             account_size { employees: 60 band: SIZE_BAND_MEDIUM }
                                             industry { code: "K64" regulated: true }
                                             payment_terms { early_payment_discount: 150 }
                                             risk_profile {
                                               level: RISK_LEVEL_HIGH
                                               score: 60
                                               band { band_id: "high" display_name: "High" }
                                             }
                                           )pb")
                                               .ShortDebugString());
}

TEST_F(Dimensions, ValueFault_NamesWhatWouldBeRight) {
  EXPECT_EQ(DimensionValueFault(v1::DIMENSION_SERVICE_LEVEL, "GOLD"),
            "must be BASIC, STANDARD, PREMIUM, DEDICATED or UNSPECIFIED");
  EXPECT_EQ(DimensionValueFault(v1::DIMENSION_SERVICE_LEVEL, "SERVICE_LEVEL_BASIC"),
            "must be BASIC, STANDARD, PREMIUM, DEDICATED or UNSPECIFIED");
  EXPECT_EQ(DimensionValueFault(v1::DIMENSION_INDUSTRY_REGULATED, "true"),
            "must be TRUE, FALSE or UNSPECIFIED");
  EXPECT_NE(DimensionValueFault(v1::DIMENSION_COUNTRY, "XX"), "");
  EXPECT_EQ(DimensionValueFault(v1::DIMENSION_COUNTRY, "UNSPECIFIED"), "");
  EXPECT_NE(DimensionValueFault(v1::DIMENSION_REGION, ""), "");
  EXPECT_EQ(DimensionValueFault(v1::DIMENSION_REGION, std::string(64, 'r')), "");
  EXPECT_NE(DimensionValueFault(v1::DIMENSION_REGION, std::string(65, 'r')), "");
  EXPECT_EQ(DimensionValueFault(v1::DIMENSION_OWNER, std::string(128, 'o')), "");
  EXPECT_NE(DimensionValueFault(v1::DIMENSION_OWNER, std::string(129, 'o')), "");
}

TEST(WorthOf, IsExactAndAddsUpWithoutLoss) {
  const RateTable rates = Rates();
  const int jpy = rates.Find("JPY");
  Worth sum;
  for (int i = 0; i < 3; ++i) sum += rates.WorthOf(jpy, Nanos(1));
  // 3 · 0.006666666667 billionths.
  EXPECT_EQ(sum.nanos, 0);
  EXPECT_EQ(sum.rest, 20'000'000'001);
  const Nanos most = Nanos(kMoneyUnitsMax) * kNanosPerUnit;
  const Worth worth = rates.WorthOf(jpy, most + 7);
  EXPECT_EQ(worth.nanos, Nanos(6'666'666'667) * kNanosPerUnit);
  EXPECT_EQ(worth.rest, 46'666'666'669);
  EXPECT_EQ((Worth{4, Worth::kRestsPerNano / 2}).Rounded(), 5);
  EXPECT_EQ((Worth{4, Worth::kRestsPerNano / 2 - 1}).Rounded(), 4);
}

}  // namespace
}  // namespace tiermark
