// What policies are admitted, and what becomes of them.
#include "scoring/policy.h"

#include "support.h"

namespace tiermark {
namespace {

using Fields = std::vector<std::string>;

v1::Policy Whole() { return PolicyOf(DefaultPolicy()); }

TEST(CompilePolicy, AdmitsTheDefault_WhichSaysNoMoreThanItHasTo) {
  const auto compiled = CompilePolicy(Whole());
  ASSERT_TRUE(compiled.ok());
  EXPECT_EQ(compiled->version, 0);
  EXPECT_TRUE(compiled->home_country.empty());
  EXPECT_FALSE(compiled->high_value_mrr.has_value());
  EXPECT_TRUE(compiled->product_lines.empty());
  EXPECT_EQ(PolicyOf(*compiled).SerializeAsString(), Whole().SerializeAsString());
}

TEST(CompilePolicy, AdmitsBounds) {
  v1::Policy policy = Whole();
  policy.set_version(7);
  v1::ReevaluationPolicy* reevaluation = policy.mutable_reevaluation();
  reevaluation->set_time_zone("America/Argentina/Buenos_Aires");
  reevaluation->set_new_account_months(0);
  reevaluation->set_new_account_interval_months(12);
  reevaluation->set_growth_threshold_percent(1'000);
  reevaluation->set_quarterly_interval(v1::QUARTERLY_INTERVAL_ROLLING);
  policy.set_home_country("CO");
  policy.set_high_value_mrr("1000000000000");
  for (int i = 0; i < kProductLinesMax; ++i) {
    policy.add_product_lines(std::string(62, 'x') + std::to_string(10 + i));
  }
  const auto compiled = CompilePolicy(policy);
  ASSERT_TRUE(compiled.ok()) << compiled.status();
  EXPECT_EQ(compiled->zone.name(), "America/Argentina/Buenos_Aires");
  EXPECT_EQ(compiled->version, 7);
  EXPECT_EQ(compiled->high_value_mrr, Nanos(kMoneyUnitsMax) * kNanosPerUnit);
  EXPECT_EQ(PolicyOf(*compiled).SerializeAsString(), policy.SerializeAsString());
}

TEST(CompilePolicy, ListsEveryFault) {
  v1::Policy policy;
  v1::ReevaluationPolicy* reevaluation = policy.mutable_reevaluation();
  reevaluation->set_time_zone("Mars/Olympus");
  reevaluation->set_new_account_months(25);
  reevaluation->set_new_account_interval_months(0);
  reevaluation->set_growth_threshold_percent(1'001);
  policy.set_home_country("co");
  policy.set_high_value_mrr("0");
  for (const char* line : {"", "loans", "loans", " cards", "a\nb"}) policy.add_product_lines(line);
  const absl::Status status = CompilePolicy(policy).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FieldsOf(status),
            (Fields{"policy.reevaluation.time_zone", "policy.reevaluation.new_account_months",
                    "policy.reevaluation.new_account_interval_months",
                    "policy.reevaluation.quarterly_interval",
                    "policy.reevaluation.growth_threshold_percent", "policy.home_country",
                    "policy.high_value_mrr", "policy.product_lines[0]", "policy.product_lines[2]",
                    "policy.product_lines[3]", "policy.product_lines[4]"}));
}

TEST(CompilePolicy, RefusesMoreThanItsBounds) {
  v1::Policy policy = Whole();
  for (int i = 0; i <= kProductLinesMax; ++i) policy.add_product_lines(std::to_string(i));
  EXPECT_EQ(FieldsOf(CompilePolicy(policy).status()), Fields{"policy.product_lines"});
  policy = Whole();
  policy.add_product_lines(std::string(65, 'x'));
  EXPECT_EQ(FieldsOf(CompilePolicy(policy).status()), Fields{"policy.product_lines[0]"});
  for (const char* amount : {"-1", "0.000000000", "1000000000000.01", "1e3", "12,5", "many"}) {
    policy = Whole();
    policy.set_high_value_mrr(amount);
    EXPECT_EQ(FieldsOf(CompilePolicy(policy).status()), Fields{"policy.high_value_mrr"}) << amount;
  }
}

TEST(CompilePolicy, KeepsTheDecimalExactlyAndInItsShortestForm) {
  v1::Policy policy = Whole();
  policy.set_high_value_mrr("0025000.500000001");
  const auto compiled = CompilePolicy(policy);
  ASSERT_TRUE(compiled.ok());
  EXPECT_EQ(compiled->high_value_mrr, Nanos(25'000'500'000'001));
  EXPECT_EQ(PolicyOf(*compiled).high_value_mrr(), "25000.500000001");
}

TEST(CompilePolicy, RefusesZonesThatReachOutOfTheDatabaseOrDiffer) {
  for (const char* zone :
       {"", "localtime", "/etc/localtime", "../../etc/passwd", "file:/etc/passwd", "America/../UTC",
        ":UTC", "UTC ", "Fixed/UTC+01:00:00"}) {
    v1::Policy policy = Whole();
    policy.mutable_reevaluation()->set_time_zone(zone);
    EXPECT_EQ(FieldsOf(CompilePolicy(policy).status()), Fields{"policy.reevaluation.time_zone"})
        << zone;
  }
}

TEST(DueDiffers, WhenIntervalsOrTheTimeZoneDo) {
  const v1::ReevaluationPolicy before = DefaultPolicy().policy;
  v1::ReevaluationPolicy after = before;
  after.set_growth_threshold_percent(50);
  EXPECT_FALSE(DueDiffers(before, after));
  after.set_time_zone("Europe/Berlin");
  EXPECT_TRUE(DueDiffers(before, after));
  after = before;
  after.set_new_account_months(4);
  EXPECT_TRUE(DueDiffers(before, after));
  after = before;
  after.set_new_account_interval_months(2);
  EXPECT_TRUE(DueDiffers(before, after));
  after = before;
  after.set_quarterly_interval(v1::QUARTERLY_INTERVAL_ROLLING);
  EXPECT_TRUE(DueDiffers(before, after));
}

}  // namespace
}  // namespace tiermark
