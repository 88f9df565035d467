// What each kind of rule gives, the rounding of scores, and what scoring refuses.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "scoring/error.h"
#include "support.h"

namespace tiermark {
namespace {

constexpr absl::CivilDay kDay(2026, 5, 20);

// A points model of one criterion with the rule, in bands of ten.
std::shared_ptr<const CompiledModel> PointsModel(const std::string& criterion) {
  std::string bands;
  for (int min_score = 90; min_score >= 0; min_score -= 10) {
    absl::StrAppend(&bands, "bands { band_id: 'b", min_score, "' display_name: 'Band ", min_score,
                    "' min_score: ", min_score, " }");
  }
  return CompileOrDie(FromText<v1::ScoringModel>(
      absl::StrCat("model_id: 'test' version: 1 display_name: 'Test' method: SCORING_METHOD_POINTS "
                   "reference_currency: 'USD' criteria { criterion_id: 'c' display_name: 'C' ",
                   criterion, "}", bands)));
}

int PointsOf(const CompiledModel& model, const std::string& facts) {
  ScoreCard card;
  const absl::Status status = model.Score(FromText<v1::AccountFacts>(facts), kDay, &card);
  EXPECT_TRUE(status.ok()) << status;
  return card.criteria[0].points;
}

TEST(NumericTiers, AreReachedByIntegersAndDecimals) {
  const auto model = PointsModel(R"(fact: 'custom.n' numeric_tiers {
    tiers { at_least: '10.5' points: 30 } tiers { at_least: '-1' points: 20 } tiers { points: -5 } })");
  EXPECT_EQ(PointsOf(*model, "custom { key: 'n' value { int64: 11 } }"), 30);
  EXPECT_EQ(PointsOf(*model, "custom { key: 'n' value { int64: 10 } }"), 20);
  EXPECT_EQ(PointsOf(*model, "custom { key: 'n' value { decimal: '10.5' } }"), 30);
  EXPECT_EQ(PointsOf(*model, "custom { key: 'n' value { decimal: '10.499999999' } }"), 20);
  EXPECT_EQ(PointsOf(*model, "custom { key: 'n' value { int64: -1 } }"), 20);
  EXPECT_EQ(PointsOf(*model, "custom { key: 'n' value { decimal: '-1.000000001' } }"), -5);
  EXPECT_EQ(PointsOf(*model, "custom { key: 'n' value { int64: -9223372036854775808 } }"), -5);
  EXPECT_EQ(PointsOf(*model, ""), 0);
}

TEST(MoneyTiers, ReadCustomAmountsBelowZeroToo) {
  const auto model = PointsModel(R"(fact: 'custom.debt' money_tiers {
    tiers { at_least: '0' points: 30 } tiers { at_least: '-100.5' points: 20 } tiers { points: 0 } })");
  const auto points = [&](const char* money) {
    return PointsOf(*model, absl::StrCat("custom { key: 'debt' value { money { currency_code: "
                                         "'USD' ",
                                         money, " } } }"));
  };
  EXPECT_EQ(points("units: 0"), 30);
  EXPECT_EQ(points("nanos: -1"), 20);
  EXPECT_EQ(points("units: -100 nanos: -500000000"), 20);
  EXPECT_EQ(points("units: -100 nanos: -500000001"), 0);
}

TEST(CategoryPoints, GiveOtherPointsToWhatIsNotListed) {
  const auto text = PointsModel(R"(fact: 'custom.color' category_points {
    categories { value: 'red' points: 7 } other_points: -3 })");
  EXPECT_EQ(PointsOf(*text, "custom { key: 'color' value { text: 'red' } }"), 7);
  EXPECT_EQ(PointsOf(*text, "custom { key: 'color' value { text: 'Red' } }"), -3);
  EXPECT_EQ(PointsOf(*text, "custom { key: 'color' value { text: '' } }"), -3);
  const auto stage = PointsModel(R"(fact: 'lifecycle_stage' category_points {
    categories { value: 'PROSPECT' points: 7 } categories { value: 'CLIENT' points: 9 }
    other_points: 1 })");
  EXPECT_EQ(PointsOf(*stage, ""), 7);
  EXPECT_EQ(PointsOf(*stage, "lifecycle_stage: LIFECYCLE_STAGE_CLIENT"), 9);
  EXPECT_EQ(PointsOf(*stage, "lifecycle_stage: LIFECYCLE_STAGE_LEAD"), 1);
}

TEST(PresencePoints, AskForAFactThatIsKnownTrueAndNotEmpty) {
  const auto any = [](const char* fact) {
    return PointsModel(
        absl::StrCat("fact: '", fact, "' presence_points { present_points: 8 absent_points: -8 }"));
  };
  EXPECT_EQ(PointsOf(*any("custom.flag"), "custom { key: 'flag' value { bool: true } }"), 8);
  EXPECT_EQ(PointsOf(*any("custom.flag"), "custom { key: 'flag' value { bool: false } }"), -8);
  EXPECT_EQ(PointsOf(*any("custom.flag"), "custom { key: 'flag' value { int64: 0 } }"), 8);
  EXPECT_EQ(PointsOf(*any("custom.flag"), ""), -8);
  EXPECT_EQ(PointsOf(*any("product_lines"), "product_lines: 'x'"), 8);
  EXPECT_EQ(PointsOf(*any("product_lines"), ""), -8);
  EXPECT_EQ(PointsOf(*any("past_due_cases"), "past_due_cases: 0"), 8);
  EXPECT_EQ(PointsOf(*any("first_meeting_date"), ""), -8);
  EXPECT_EQ(
      PointsOf(*any("potential_mrr"), "country: 'CO' potential_mrr { country: 'MX' amount {} }"),
      -8);
}

TEST(RecencyTiers, CountDaysBackFromTheDayOfEvaluation) {
  const auto model = PointsModel(R"(fact: 'first_meeting_date' recency_tiers {
    tiers { days_at_most: -1 points: 40 } tiers { days_at_most: 30 points: 30 }
    tiers { days_at_most: 31 points: 20 } tiers { points: -10 } })");
  const auto points = [&](int month, int day) {
    return PointsOf(*model, absl::StrCat("first_meeting_date { year: 2026 month: ", month,
                                         " day: ", day, " }"));
  };
  EXPECT_EQ(points(5, 21), 40);
  EXPECT_EQ(points(12, 31), 40);
  EXPECT_EQ(points(5, 20), 30);
  EXPECT_EQ(points(4, 20), 30);
  EXPECT_EQ(points(4, 19), 20);
  EXPECT_EQ(points(4, 18), -10);
  EXPECT_EQ(PointsOf(*model, ""), 0);
}

TEST(DistinctCountTiers, TakeAnEmptyListForUnknown) {
  const auto model = PointsModel(R"(fact: 'countries' missing_points: -7 distinct_count_tiers {
    tiers { at_least: 2 points: 20 } tiers { points: 10 } })");
  EXPECT_EQ(PointsOf(*model, "country: 'CO'"), -7);
  EXPECT_EQ(PointsOf(*model, "country: 'CO' operating_countries: 'CO'"), 10);
  EXPECT_EQ(PointsOf(*model, "country: 'CO' operating_countries: 'MX'"), 20);
  EXPECT_EQ(PointsOf(*model, "operating_countries: 'MX' expansion_countries: 'MX'"), 10);
}

TEST(PointsModel, HoldsTheSumTo0To100) {
  const auto model = [](int points) {
    return PointsModel(absl::StrCat(
        "fact: 'custom.a' presence_points { present_points: 0 absent_points: ", points,
        " } } criteria { criterion_id: 'd' fact: 'custom.b' presence_points { present_points: 0 "
        "absent_points: ",
        points, " } "));
  };
  EXPECT_EQ(Evaluate(*model(51), {}).exact_score(), 10'000);
  EXPECT_EQ(Evaluate(*model(51), {}).score(), 100);
  EXPECT_EQ(Evaluate(*model(-51), {}).exact_score(), 0);
  EXPECT_EQ(Evaluate(*model(20), {}).exact_score(), 4'000);
  EXPECT_EQ(Evaluate(*model(20), {}).band().band_id(), "b40");
}

// One criterion of weight 99 and one of weight 1, so that every hundredth can be met.
v1::Evaluation EvaluateExact(int exact) {
  const int a = std::min(exact / 99, 100);
  const auto model = CompileOrDie(FromText<v1::ScoringModel>(absl::StrCat(
      "model_id: 'test' version: 1 display_name: 'Test' method: SCORING_METHOD_WEIGHTED "
      "criteria { criterion_id: 'a' fact: 'custom.a' weight_percent: 99 presence_points { "
      "absent_points: ",
      a,
      " } } criteria { criterion_id: 'b' fact: 'custom.b' weight_percent: 1 presence_points { "
      "absent_points: ",
      exact - 99 * a,
      " } } "
      "bands { band_id: 's' display_name: 'Strategic' min_score: 80 segment: SEGMENT_STRATEGIC }"
      "bands { band_id: 'e' display_name: 'Enterprise' min_score: 60 segment: SEGMENT_ENTERPRISE }"
      "bands { band_id: 'c' display_name: 'Commercial' min_score: 35 segment: SEGMENT_COMMERCIAL }"
      "bands { band_id: 'm' display_name: 'SMB' segment: SEGMENT_SMB }")));
  v1::Evaluation evaluation = Evaluate(*model, {});
  EXPECT_EQ(evaluation.exact_score(), exact);
  return evaluation;
}

TEST(Score, IsTheExactScoreRoundedHalfUpAndDecidesTheSegment) {
  EXPECT_EQ(EvaluateExact(7'950).score(), 80);
  EXPECT_EQ(EvaluateExact(7'950).segment(), v1::SEGMENT_STRATEGIC);
  EXPECT_EQ(EvaluateExact(7'949).score(), 79);
  EXPECT_EQ(EvaluateExact(7'949).segment(), v1::SEGMENT_ENTERPRISE);
  EXPECT_EQ(EvaluateExact(5'950).segment(), v1::SEGMENT_ENTERPRISE);
  EXPECT_EQ(EvaluateExact(5'949).segment(), v1::SEGMENT_COMMERCIAL);
  EXPECT_EQ(EvaluateExact(3'450).segment(), v1::SEGMENT_COMMERCIAL);
  EXPECT_EQ(EvaluateExact(3'449).segment(), v1::SEGMENT_SMB);
  EXPECT_EQ(EvaluateExact(49).score(), 0);
  EXPECT_EQ(EvaluateExact(50).score(), 1);
  EXPECT_EQ(EvaluateExact(9'949).score(), 99);
  EXPECT_EQ(EvaluateExact(9'950).score(), 100);
}

TEST(Distance, IsCountedToTheNearestExactScoreThatRoundsIntoTheBand) {
  EXPECT_EQ(EvaluateExact(7'949).to_next_segment().hundredths(), 1);
  EXPECT_EQ(EvaluateExact(7'949).to_next_segment().segment(), v1::SEGMENT_STRATEGIC);
  EXPECT_EQ(EvaluateExact(7'949).to_next_segment().band().band_id(), "s");
  EXPECT_EQ(EvaluateExact(7'950).to_lower_segment().hundredths(), 1);
  EXPECT_EQ(EvaluateExact(7'950).to_lower_segment().segment(), v1::SEGMENT_ENTERPRISE);
  EXPECT_EQ(EvaluateExact(7'949).to_lower_segment().hundredths(), 2'000);
  EXPECT_EQ(EvaluateExact(0).to_next_segment().hundredths(), 3'450);
  EXPECT_EQ(EvaluateExact(10'000).to_lower_segment().hundredths(), 2'051);
}

TEST(Distance, IsAbsentInTheHighestAndLowestBand) {
  EXPECT_FALSE(EvaluateExact(7'950).has_to_next_segment());
  EXPECT_TRUE(EvaluateExact(7'950).has_to_lower_segment());
  EXPECT_FALSE(EvaluateExact(3'449).has_to_lower_segment());
  EXPECT_TRUE(EvaluateExact(3'449).has_to_next_segment());
}

absl::Status Refusal(const CompiledModel& model, const std::string& facts) {
  ScoreCard card;
  return model.Score(FromText<v1::AccountFacts>(facts), kDay, &card);
}

const char kRefusing[] = R"(
  model_id: 'test' version: 1 display_name: 'Test' method: SCORING_METHOD_WEIGHTED
  reference_currency: 'USD'
  criteria { criterion_id: 'n' fact: 'custom.n' weight_percent: 20 numeric_tiers { tiers {} } }
  criteria { criterion_id: 'm' fact: 'custom.m' weight_percent: 20 money_tiers { tiers {} } }
  criteria { criterion_id: 'l' fact: 'custom.l' weight_percent: 20 money_tiers { tiers {} } }
  criteria { criterion_id: 'd' fact: 'custom.d' weight_percent: 20 recency_tiers { tiers {} } }
  criteria { criterion_id: 't' fact: 'custom.t' weight_percent: 20
    category_points { categories { value: 'x' } other_points: 0 } }
  bands { band_id: 'all' display_name: 'All' })";

TEST(Score, NamesEveryCurrencyWithoutARate) {
  const auto model = CompileOrDie(FromText<v1::ScoringModel>(kRefusing));
  const absl::Status status = Refusal(*model, R"pb(
    custom {
      key: "n"
      value { int64: 1 }
    }
    custom {
      key: "m"
      value { money { currency_code: "COP" units: 1 } }
    }
    custom {
      key: "l"
      value { money { currency_code: "MXN" units: 1 } }
    }
    custom {
      key: "d"
      value { date { year: 2026 month: 1 day: 1 } }
    }
    custom {
      key: "t"
      value { text: "x" }
    })pb");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(status), "EXCHANGE_RATE_MISSING");
  EXPECT_EQ(FieldsOf(status), (std::vector<std::string>{"facts.custom.m.money.currency_code",
                                                        "facts.custom.l.money.currency_code"}));
  EXPECT_EQ(DescriptionsOf(status)[0], "there is no exchange rate for COP");
  EXPECT_EQ(DescriptionsOf(status)[1], "there is no exchange rate for MXN");
}

TEST(Score, NamesEveryFactOfAnotherType) {
  const auto model = CompileOrDie(FromText<v1::ScoringModel>(kRefusing));
  const absl::Status status = Refusal(*model, R"pb(
    custom {
      key: "n"
      value { text: "1" }
    }
    custom {
      key: "m"
      value { decimal: "1" }
    }
    custom {
      key: "l"
      value { bool: true }
    }
    custom {
      key: "d"
      value { text: "2026-01-01" }
    }
    custom {
      key: "t"
      value { int64: 1 }
    })pb");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(status), "FACT_TYPE_MISMATCH");
  EXPECT_EQ(FieldsOf(status),
            (std::vector<std::string>{"facts.custom.n", "facts.custom.m", "facts.custom.l",
                                      "facts.custom.d", "facts.custom.t"}));
}

TEST(Score, ListsAllFaultsUnderTheReasonThatStandsFirst) {
  const auto model = CompileOrDie(FromText<v1::ScoringModel>(kRefusing));
  const absl::Status mixed = Refusal(*model, R"pb(
    custom {
      key: "n"
      value { text: "1" }
    }
    custom {
      key: "m"
      value { money { currency_code: "COP" units: 1 } }
    }
    custom {
      key: "l"
      value { money { currency_code: "USD" units: 1 } }
    }
    custom {
      key: "d"
      value { date { year: 2026 month: 1 day: 1 } }
    }
    custom {
      key: "t"
      value { text: "x" }
    })pb");
  EXPECT_EQ(ReasonOf(mixed), "EXCHANGE_RATE_MISSING");
  EXPECT_EQ(FieldsOf(mixed),
            (std::vector<std::string>{"facts.custom.n", "facts.custom.m.money.currency_code"}));
  const absl::Status all = Refusal(*model, R"pb(
    custom {
      key: "n"
      value { text: "1" }
    }
    custom {
      key: "m"
      value { money { currency_code: "COP" units: 1 } }
    })pb");
  EXPECT_EQ(ReasonOf(all), "FACTS_MISSING");
  EXPECT_EQ(FieldsOf(all),
            (std::vector<std::string>{"facts.custom.n", "facts.custom.m.money.currency_code",
                                      "facts.custom.l", "facts.custom.d", "facts.custom.t"}));
}

TEST(BandIndex, FindsBandsById) {
  const auto model = PointsModel("fact: 'country' presence_points {}");
  EXPECT_EQ(model->BandIndex("b90"), 0);
  EXPECT_EQ(model->BandIndex("b0"), 9);
  EXPECT_EQ(model->BandIndex("b95"), -1);
}

}  // namespace
}  // namespace tiermark
