#include "scoring/reevaluation.h"
#include "support.h"

namespace tiermark {
namespace {

std::vector<DetectedChange> Detect(const std::string& before, const std::string& after,
                                   int threshold = 30) {
  v1::Policy whole = PolicyOf(DefaultPolicy());
  v1::ReevaluationPolicy& policy = *whole.mutable_reevaluation();
  policy.set_growth_threshold_percent(threshold);
  return DetectChanges(BaselineOf(Facts(before)), Facts(after), policy);
}

bool Grew(int before, int after, int threshold = 30) {
  v1::AccountFacts old;
  v1::AccountFacts now;
  old.set_past_due_cases(before);
  now.set_past_due_cases(after);
  v1::ReevaluationPolicy policy;
  policy.set_growth_threshold_percent(threshold);
  return !DetectChanges(BaselineOf(old), now, policy).empty();
}

TEST(DetectChanges, FindsGrowthFromTheFirstCaseAboveAnyThreshold) {
  Chance chance;
  for (int i = 0; i < 10'000; ++i) {
    const int before = static_cast<int>(chance.Between(0, 100'000));
    const int threshold = static_cast<int>(chance.Between(0, 1'000));
    // Counted up case by case from where it cannot be growth yet.
    int64_t most = before + int64_t{before} / 100 * threshold;
    while ((most + 1 - before) * 100 <= int64_t{before} * threshold) ++most;
    EXPECT_FALSE(Grew(before, static_cast<int>(most), threshold)) << before << " " << threshold;
    EXPECT_TRUE(Grew(before, static_cast<int>(most) + 1, threshold)) << before << " " << threshold;
  }
}

TEST(DetectChanges, FindsGrowthStrictlyAboveTheThreshold) {
  EXPECT_FALSE(Grew(1'000, 1'300));
  EXPECT_TRUE(Grew(1'000, 1'301));
  EXPECT_FALSE(Grew(3, 3));
  EXPECT_TRUE(Grew(3, 4));
  EXPECT_FALSE(Grew(10, 13));
  EXPECT_TRUE(Grew(0, 1));
  EXPECT_FALSE(Grew(0, 0));
  EXPECT_FALSE(Grew(1'000, 10));
  EXPECT_FALSE(Grew(1'538'461'538, 1'999'999'999));
  EXPECT_TRUE(Grew(1'538'461'538, 2'000'000'000));
  EXPECT_TRUE(Grew(1, 2'000'000'000, 1'000));
  EXPECT_FALSE(Grew(5, 5, 0));
  EXPECT_TRUE(Grew(5, 6, 0));
}

TEST(DetectChanges, SaysTheGrowth) {
  const auto detected = Detect("past_due_cases: 10", "past_due_cases: 14");
  ASSERT_EQ(detected.size(), 1u);
  EXPECT_EQ(detected[0].type, v1::ACCOUNT_EVENT_TYPE_PORTFOLIO_GROWTH);
  EXPECT_EQ(detected[0].change.fact(), "past_due_cases");
  EXPECT_EQ(detected[0].change.previous().int64(), 10);
  EXPECT_EQ(detected[0].change.current().int64(), 14);
}

TEST(DetectChanges, FindsEachNewCountryWhereverItIsGiven) {
  const auto detected = Detect("country: 'CO' operating_countries: ['CO', 'MX']",
                               "country: 'BR' operating_countries: 'PE' expansion_countries: "
                               "['MX', 'AR']");
  ASSERT_EQ(detected.size(), 3u);
  EXPECT_EQ(detected[0].country, "AR");
  EXPECT_EQ(detected[1].country, "BR");
  EXPECT_EQ(detected[2].country, "PE");
  for (const DetectedChange& change : detected) {
    EXPECT_EQ(change.type, v1::ACCOUNT_EVENT_TYPE_NEW_COUNTRY);
    EXPECT_EQ(change.change.fact(), "countries");
    EXPECT_EQ(change.change.current().text(), change.country);
    EXPECT_FALSE(change.change.has_previous());
  }
}

TEST(DetectChanges, TakesNoCountryThatWasLeftForAnEvent) {
  EXPECT_TRUE(Detect("operating_countries: ['CO', 'MX']", "operating_countries: 'CO'").empty());
}

TEST(DetectChanges, FindsProductsAddedAndDroppedAsOneEvent) {
  const auto detected = Detect("financial_products: ['loan', 'card', 'lease']",
                               "financial_products: ['card', 'insurance', 'deposit']");
  ASSERT_EQ(detected.size(), 1u);
  EXPECT_EQ(detected[0].type, v1::ACCOUNT_EVENT_TYPE_PRODUCT_MIX_CHANGE);
  EXPECT_EQ(detected[0].change.fact(), "financial_products");
  EXPECT_EQ(detected[0].change.previous().text(), "lease, loan");
  EXPECT_EQ(detected[0].change.current().text(), "deposit, insurance");
  EXPECT_TRUE(Detect("financial_products: ['a', 'b']", "financial_products: ['b', 'a']").empty());
  const auto added = Detect("financial_products: 'a'", "financial_products: ['b', 'a']");
  ASSERT_EQ(added.size(), 1u);
  EXPECT_FALSE(added[0].change.has_previous());
}

TEST(DetectChanges, TakesLinesOfOursForNoEvent) {
  EXPECT_TRUE(Detect("product_lines: 'a'", "product_lines: 'b'").empty());
}

TEST(DetectChanges, FindsNothingWhereAFactWasOrIsUnknown) {
  const char* const whole =
      "country: 'CO' past_due_cases: 900 operating_countries: 'MX' financial_products: 'loan'";
  EXPECT_TRUE(Detect("country: 'CO'", whole).empty());
  EXPECT_TRUE(Detect(whole, "country: 'BR'").empty());
  EXPECT_TRUE(
      DetectChanges(store::v1::DetectionBaseline(), Facts(whole), DefaultPolicy().policy).empty());
}

TEST(BaselineOf, KeepsDistinctSortedLists) {
  const store::v1::DetectionBaseline baseline =
      BaselineOf(Facts("country: 'CO' past_due_cases: 0 operating_countries: ['MX', 'AR'] "
                       "expansion_countries: 'MX' financial_products: ['b', 'a']"));
  EXPECT_TRUE(baseline.has_past_due_cases());
  EXPECT_EQ(std::vector<std::string>(baseline.countries().begin(), baseline.countries().end()),
            (std::vector<std::string>{"AR", "CO", "MX"}));
  EXPECT_EQ(baseline.financial_products(0), "a");
  EXPECT_FALSE(BaselineOf(v1::AccountFacts()).has_past_due_cases());
}

}  // namespace
}  // namespace tiermark
