// What the score can be while facts are unknown, by example.
#include "scoring/estimate.h"

#include "scoring/error.h"
#include "scoring/shipped.h"
#include "support.h"

namespace tiermark {
namespace {

constexpr absl::CivilDay kDay(2026, 5, 20);

v1::EstimateScoreResponse Estimate(const CompiledModel& model, const v1::AccountFacts& facts) {
  v1::EstimateScoreResponse estimate;
  const absl::Status status = EstimateScore(model, facts, kDay, &estimate);
  EXPECT_TRUE(status.ok()) << status;
  return estimate;
}

v1::EstimateScoreResponse Estimate(const v1::AccountFacts& facts) {
  return Estimate(*CompileOrDie(ShippedModels()[0]), facts);
}

std::vector<std::string> BandsOf(const v1::EstimateScoreResponse& estimate) {
  std::vector<std::string> bands;
  for (const v1::BandReference& band : estimate.possible_bands()) bands.push_back(band.band_id());
  return bands;
}

using Names = std::vector<std::string>;
using Range = std::pair<int, int>;

Names UnknownIn(const v1::EstimateScoreResponse& estimate) {
  return {estimate.unknown_facts().begin(), estimate.unknown_facts().end()};
}

Range RangeOf(const v1::EstimateScoreResponse& estimate) {
  return {estimate.min_exact_score(), estimate.max_exact_score()};
}

v1::ScoringModel ModelOf(const std::string& criteria) {
  return FromText<v1::ScoringModel>(R"(
    model_id: "small" version: 1 display_name: "Small" method: SCORING_METHOD_WEIGHTED
    reference_currency: "USD" bands { band_id: "high" display_name: "High" min_score: 50 }
    bands { band_id: "low" display_name: "Low" min_score: 0 })" +
                                    criteria);
}

TEST(Estimate, NothingKnown_SpansAllScores) {
  const v1::EstimateScoreResponse estimate = Estimate(v1::AccountFacts());
  EXPECT_EQ(RangeOf(estimate), Range(0, 10'000));
  EXPECT_EQ(estimate.min_score(), 0);
  EXPECT_EQ(estimate.max_score(), 100);
  EXPECT_EQ(estimate.segment(), v1::SEGMENT_UNSPECIFIED);
  EXPECT_FALSE(estimate.has_band());
  EXPECT_EQ(BandsOf(estimate), Names({"strategic", "enterprise", "commercial", "smb"}));
  EXPECT_EQ(UnknownIn(estimate), Names({"potential_mrr", "past_due_cases", "industry_reference",
                                        "countries", "country"}));
  EXPECT_EQ(estimate.model().model_id(), "account-segmentation");
}

TEST(Estimate, AllKnown_IsTheScore) {
  const v1::EstimateScoreResponse estimate = Estimate(BankFacts());
  EXPECT_EQ(RangeOf(estimate), Range(10'000, 10'000));
  EXPECT_EQ(estimate.segment(), v1::SEGMENT_STRATEGIC);
  EXPECT_EQ(estimate.band().band_id(), "strategic");
  EXPECT_TRUE(estimate.unknown_facts().empty());
  for (const v1::CriterionEstimate& criterion : estimate.criteria()) {
    EXPECT_TRUE(criterion.known());
    EXPECT_EQ(criterion.min_points(), 100);
    EXPECT_EQ(criterion.max_points(), 100);
  }
}

TEST(Estimate, OneFactUnknown_SegmentIsCertainWhereEveryValueLeavesIt) {
  v1::AccountFacts facts = BankFacts();
  facts.clear_industry_reference();
  const v1::EstimateScoreResponse estimate = Estimate(facts);
  EXPECT_EQ(RangeOf(estimate), Range(8'000, 10'000));
  EXPECT_EQ(estimate.segment(), v1::SEGMENT_STRATEGIC);
  EXPECT_EQ(BandsOf(estimate), Names({"strategic"}));
  EXPECT_EQ(UnknownIn(estimate), Names({"industry_reference"}));
  EXPECT_FALSE(estimate.criteria(2).known());
  EXPECT_EQ(estimate.criteria(2).min_points(), 0);
  EXPECT_EQ(estimate.criteria(2).max_points(), 100);
}

TEST(Estimate, TwoScoresFarApart_LeaveOutTheBandsBetween) {
  v1::ScoringModel model = ModelOf(R"(
    criteria {
      criterion_id: "size" display_name: "Size" fact: "custom.size" weight_percent: 100
      numeric_tiers { tiers { at_least: "10" points: 100 } tiers { points: 0 } }
    })");
  *model.add_bands() = model.bands(1);
  model.mutable_bands(1)->set_band_id("middle");
  model.mutable_bands(1)->set_min_score(20);
  EXPECT_EQ(BandsOf(Estimate(*CompileOrDie(model), v1::AccountFacts())), Names({"high", "low"}));
}

TEST(Estimate, AFactOfTwoCriteria_IsOneUnknown) {
  // What one criterion gains the other loses.
  const auto model = CompileOrDie(ModelOf(R"(
    criteria {
      criterion_id: "big" display_name: "Big" fact: "past_due_cases" weight_percent: 50
      numeric_tiers { tiers { at_least: "10" points: 100 } tiers { points: 20 } }
    }
    criteria {
      criterion_id: "small" display_name: "Small" fact: "past_due_cases" weight_percent: 50
      numeric_tiers { tiers { at_least: "10" points: 20 } tiers { points: 100 } }
    })"));
  const v1::EstimateScoreResponse estimate = Estimate(*model, v1::AccountFacts());
  EXPECT_EQ(RangeOf(estimate), Range(6'000, 6'000));
  EXPECT_EQ(estimate.band().band_id(), "high");
  EXPECT_EQ(estimate.criteria(0).min_points(), 20);
  EXPECT_EQ(estimate.criteria(0).max_points(), 100);
  EXPECT_EQ(UnknownIn(estimate), Names({"past_due_cases"}));
}

TEST(Estimate, ATierBetweenTwoWholeNumbers_IsOutOfReach) {
  const auto model = CompileOrDie(ModelOf(R"(
    criteria {
      criterion_id: "cases" display_name: "Cases" fact: "past_due_cases" weight_percent: 100
      numeric_tiers {
        tiers { at_least: "10" points: 50 } tiers { at_least: "9.5" points: 90 }
        tiers { at_least: "0" points: 40 } tiers { points: 0 }
      }
    })"));
  EXPECT_EQ(RangeOf(Estimate(*model, v1::AccountFacts())), Range(4'000, 5'000));
}

TEST(Estimate, StayingUnknown_CountsWhereItHasPoints) {
  v1::ScoringModel model = ModelOf(R"(
    criteria {
      criterion_id: "cases" display_name: "Cases" fact: "past_due_cases" weight_percent: 100
      numeric_tiers { tiers { at_least: "10" points: 60 } tiers { points: 40 } }
    })");
  EXPECT_EQ(RangeOf(Estimate(*CompileOrDie(model), v1::AccountFacts())), Range(4'000, 6'000));
  model.mutable_criteria(0)->set_missing_points(10);
  EXPECT_EQ(RangeOf(Estimate(*CompileOrDie(model), v1::AccountFacts())), Range(1'000, 6'000));
}

TEST(Estimate, PointsModel_IsHeldToTheScale) {
  v1::ScoringModel model = ModelOf(R"(
    criteria {
      criterion_id: "a" display_name: "A" fact: "custom.a"
      numeric_tiers { tiers { at_least: "10" points: 80 } tiers { points: -90 } }
    }
    criteria {
      criterion_id: "b" display_name: "B" fact: "custom.b"
      presence_points { present_points: 70 absent_points: 0 }
    })");
  model.set_method(v1::SCORING_METHOD_POINTS);
  const v1::EstimateScoreResponse estimate = Estimate(*CompileOrDie(model), v1::AccountFacts());
  EXPECT_EQ(RangeOf(estimate), Range(0, 10'000));
  EXPECT_EQ(estimate.criteria(0).min_points(), -90);
  EXPECT_EQ(estimate.criteria(0).max_points(), 80);
}

TEST(Estimate, UnknownCountry_TakesItsPotentialMrrWithIt) {
  // The amounts of two countries are known; that of any other can be anything.
  v1::AccountFacts facts = BankFacts();
  facts.clear_country();
  v1::EstimateScoreResponse estimate = Estimate(facts);
  EXPECT_EQ(RangeOf(estimate), Range(6'000, 10'000));
  EXPECT_EQ(UnknownIn(estimate), Names({"potential_mrr", "country"}));

  // As soon as the country is known, its amount is.
  facts.set_country("CO");
  EXPECT_EQ(RangeOf(Estimate(facts)), Range(10'000, 10'000));
  facts.set_country("MX");
  EXPECT_EQ(RangeOf(Estimate(facts)), Range(6'000, 10'000));
}

TEST(Estimate, UnknownCountry_MayBeOneMoreCountry) {
  const auto model = CompileOrDie(ModelOf(R"(
    criteria {
      criterion_id: "c" display_name: "C" fact: "countries" weight_percent: 100
      distinct_count_tiers {
        tiers { at_least: 3 points: 90 } tiers { at_least: 2 points: 70 }
        tiers { at_least: 1 points: 30 } tiers { points: 0 }
      }
    })"));
  EXPECT_EQ(RangeOf(Estimate(*model, v1::AccountFacts())), Range(3'000, 9'000));
  const auto one = FromText<v1::AccountFacts>(R"(operating_countries: "CO")");
  const v1::EstimateScoreResponse estimate = Estimate(*model, one);
  EXPECT_EQ(RangeOf(estimate), Range(3'000, 7'000));
  EXPECT_TRUE(estimate.criteria(0).known());
  EXPECT_EQ(UnknownIn(estimate), Names({"country"}));
  EXPECT_EQ(RangeOf(Estimate(
                *model, FromText<v1::AccountFacts>(R"(country: "MX" operating_countries: "CO")"))),
            Range(7'000, 7'000));
}

TEST(Estimate, AKnownAmountWithoutRate_IsSaid) {
  v1::AccountFacts facts;
  facts.set_country("CL");
  v1::PotentialMrr* entry = facts.add_potential_mrr();
  entry->set_country("CL");
  entry->mutable_amount()->set_currency_code("CLP");
  v1::EstimateScoreResponse estimate;
  const auto model = CompileOrDie(ShippedModels()[0]);
  const absl::Status status = EstimateScore(*model, facts, kDay, &estimate);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(status), "EXCHANGE_RATE_MISSING");
  EXPECT_EQ(FieldsOf(status), Names({"facts.potential_mrr[0].amount.currency_code"}));
}

TEST(Estimate, ACustomFactOfAnotherType_IsSaid) {
  const auto model = CompileOrDie(ModelOf(R"(
    criteria {
      criterion_id: "size" display_name: "Size" fact: "custom.size" weight_percent: 100
      numeric_tiers { tiers { at_least: "10" points: 100 } tiers { points: 0 } }
    })"));
  v1::EstimateScoreResponse estimate;
  const absl::Status status = EstimateScore(
      *model, FromText<v1::AccountFacts>(R"(custom { key: "size" value { text: "big" } })"), kDay,
      &estimate);
  EXPECT_EQ(ReasonOf(status), "FACT_TYPE_MISMATCH");
  EXPECT_EQ(FieldsOf(status), Names({"facts.custom.size"}));
}

}  // namespace
}  // namespace tiermark
