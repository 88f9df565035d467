// How results explain themselves.
#include "google/protobuf/util/message_differencer.h"
#include "scoring/shipped.h"
#include "support.h"

namespace tiermark {
namespace {

using google::protobuf::util::MessageDifferencer;

template <typename Message>
void ExpectSame(const Message& actual, const std::string& expected) {
  EXPECT_TRUE(MessageDifferencer::Equals(actual, FromText<Message>(expected)))
      << actual.DebugString();
}

v1::AccountFacts Fintech() {
  return FromText<v1::AccountFacts>(R"pb(
    country: "MX"
    potential_mrr {
      country: "MX"
      amount { currency_code: "USD" units: 1000 nanos: 500000000 }
    }
    past_due_cases: 2000
    industry_reference: INDUSTRY_REFERENCE_EMERGING
    operating_countries: [ "MX" ]
  )pb");
}

TEST(Explain, SaysModelScoreSegmentAndBand) {
  const v1::Evaluation evaluation = Evaluate(*CompileOrDie(ShippedModels()[0]), Fintech());
  EXPECT_EQ(evaluation.model().model_id(), "account-segmentation");
  EXPECT_EQ(evaluation.model().version(), 1);
  EXPECT_EQ(evaluation.model().digest(), ModelDigest(ShippedModels()[0]));
  EXPECT_EQ(evaluation.exchange_rates_version(), 1);
  EXPECT_EQ(evaluation.score(), 16);
  EXPECT_EQ(evaluation.exact_score(), 1'600);
  EXPECT_EQ(evaluation.segment(), v1::SEGMENT_SMB);
  ExpectSame(evaluation.band(), "band_id: 'smb' display_name: 'SMB'");
  EXPECT_EQ(evaluation.grade(), "");
  EXPECT_EQ(evaluation.notices_size(), 0);
}

TEST(Explain, SaysOfEachCriterionWhatItReadAndGave) {
  v1::AccountFacts facts = Fintech();
  facts.add_operating_countries("BR");
  facts.add_expansion_countries("BR");
  const v1::Evaluation evaluation = Evaluate(*CompileOrDie(ShippedModels()[0]), facts);
  ASSERT_EQ(evaluation.criteria_size(), 4);
  ExpectSame(evaluation.criteria(0), R"pb(
    criterion_id: "potential-mrr"
    display_name: "Potential MRR"
    fact {
      name: "potential_mrr"
      value { money { currency_code: "USD" units: 1000 nanos: 500000000 } }
    }
    tier_label: "500 to 2 000 USD"
    points: 15
    weight_percent: 40
    contribution: 600
    tier_at_least { money { currency_code: "USD" units: 500 } }
    tier_below { money { currency_code: "USD" units: 2000 } }
  )pb");
  ExpectSame(evaluation.criteria(1), R"pb(
    criterion_id: "past-due-portfolio-size"
    display_name: "Past-due portfolio size"
    fact {
      name: "past_due_cases"
      value { int64: 2000 }
    }
    tier_label: "1 000 to 10 000 cases"
    points: 20
    weight_percent: 20
    contribution: 400
    tier_at_least { int64: 1000 }
    tier_below { int64: 10000 }
  )pb");
  ExpectSame(evaluation.criteria(2), R"pb(
    criterion_id: "industry-reference"
    display_name: "Industry reference"
    fact {
      name: "industry_reference"
      value { text: "EMERGING" }
    }
    tier_label: "Emerging"
    points: 30
    weight_percent: 20
    contribution: 600
  )pb");
  ExpectSame(evaluation.criteria(3), R"pb(
    criterion_id: "geographic-expansion"
    display_name: "Geographic expansion"
    fact {
      name: "countries"
      value { int64: 2 }
      items: [ "BR", "MX" ]
    }
    tier_label: "2 countries"
    points: 40
    weight_percent: 20
    contribution: 800
    tier_at_least { int64: 2 }
    tier_below { int64: 3 }
  )pb");
}

TEST(Explain, LeavesOutBoundsThatATierDoesNotHave) {
  const v1::Evaluation best = Evaluate(*CompileOrDie(ShippedModels()[0]), BankFacts());
  EXPECT_TRUE(best.criteria(0).has_tier_at_least());
  EXPECT_FALSE(best.criteria(0).has_tier_below());
  v1::AccountFacts facts = Fintech();
  facts.set_past_due_cases(0);
  const v1::Evaluation least = Evaluate(*CompileOrDie(ShippedModels()[0]), facts);
  EXPECT_FALSE(least.criteria(1).has_tier_at_least());
  EXPECT_TRUE(least.criteria(1).has_tier_below());
  EXPECT_TRUE(least.criteria(1).has_points());
}

TEST(Explain, NamesTheCountriesWhosePotentialMrrWasLeftOut) {
  v1::AccountFacts facts = Fintech();
  for (const char* country : {"PE", "BR"}) {
    v1::PotentialMrr* entry = facts.add_potential_mrr();
    entry->set_country(country);
    entry->mutable_amount()->set_currency_code("USD");
    entry->mutable_amount()->set_units(1'000'000);
  }
  const v1::Evaluation evaluation = Evaluate(*CompileOrDie(ShippedModels()[0]), facts);
  EXPECT_EQ(evaluation.score(), 16);
  ASSERT_EQ(evaluation.notices_size(), 1);
  EXPECT_EQ(evaluation.notices(0).code(), "NON_LOCAL_MRR_LEFT_OUT");
  EXPECT_EQ(evaluation.notices(0).message(),
            "The potential MRR of BR, PE was left out: only the local contract, in MX, counts.");
}

const char kEveryRule[] = R"(
  model_id: 'test' version: 2 display_name: 'Test' method: SCORING_METHOD_POINTS
  reference_currency: 'USD'
  criteria { criterion_id: 'a' fact: 'custom.ratio' numeric_tiers {
    tiers { at_least: '2' points: 9 label: 'two' } tiers { at_least: '0.5' points: 5 label: 'half' }
    tiers { points: -1 label: 'low' } } }
  criteria { criterion_id: 'b' fact: 'first_meeting_date' recency_tiers {
    tiers { days_at_most: 0 points: 9 label: 'today' }
    tiers { days_at_most: 30 points: 5 label: 'month' } tiers { points: 0 label: 'old' } } }
  criteria { criterion_id: 'c' fact: 'owner_id' presence_points { present_points: 1 } }
  criteria { criterion_id: 'd' fact: 'custom.color' category_points {
    categories { value: 'red' points: 1 } other_points: -1 } }
  bands { band_id: 'a' display_name: 'A' min_score: 90 grade: 'A' }
  bands { band_id: 'd' display_name: 'D' grade: 'D' })";

TEST(Explain, SaysDatesDecimalsPresenceAndOther) {
  const auto model = CompileOrDie(FromText<v1::ScoringModel>(kEveryRule));
  const v1::Evaluation evaluation = Evaluate(*model, FromText<v1::AccountFacts>(R"pb(
    owner_id: "u-1"
    first_meeting_date { year: 2026 month: 5 day: 1 }
    custom {
      key: "ratio"
      value { decimal: "0.75" }
    }
    custom {
      key: "color"
      value { text: "blue" }
    }
  )pb"),
                                             absl::CivilDay(2026, 5, 20));
  EXPECT_EQ(evaluation.grade(), "D");
  EXPECT_EQ(evaluation.segment(), v1::SEGMENT_UNSPECIFIED);
  ExpectSame(evaluation.criteria(0).fact(), "name: 'custom.ratio' value { decimal: '0.75' }");
  ExpectSame(evaluation.criteria(0).tier_at_least(), "decimal: '0.5'");
  ExpectSame(evaluation.criteria(0).tier_below(), "decimal: '2'");
  EXPECT_EQ(evaluation.criteria(1).tier_label(), "month");
  ExpectSame(evaluation.criteria(1).fact().value(), "date { year: 2026 month: 5 day: 1 }");
  ExpectSame(evaluation.criteria(1).tier_at_least(), "date { year: 2026 month: 4 day: 20 }");
  ExpectSame(evaluation.criteria(1).tier_below(), "date { year: 2026 month: 5 day: 20 }");
  EXPECT_EQ(evaluation.criteria(2).tier_label(), "present");
  ExpectSame(evaluation.criteria(2).fact().value(), "text: 'u-1'");
  EXPECT_EQ(evaluation.criteria(3).tier_label(), "other");
  EXPECT_EQ(evaluation.criteria(3).points(), -1);
  EXPECT_TRUE(evaluation.criteria(3).has_weight_percent());
}

TEST(Explain, SaysMissingAndAbsentWhereNothingIsKnown) {
  const auto model = CompileOrDie(FromText<v1::ScoringModel>(kEveryRule));
  const v1::Evaluation evaluation = Evaluate(*model, {});
  const char* const labels[] = {"missing", "missing", "absent", "missing"};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(evaluation.criteria(i).tier_label(), labels[i]);
    EXPECT_FALSE(evaluation.criteria(i).fact().has_value());
    EXPECT_FALSE(evaluation.criteria(i).has_tier_at_least());
    EXPECT_FALSE(evaluation.criteria(i).has_tier_below());
    EXPECT_TRUE(evaluation.criteria(i).has_points());
    EXPECT_TRUE(evaluation.criteria(i).has_contribution());
  }
}

TEST(Explain, ReplacesWhatAnEvaluationSaidBefore) {
  const auto model = CompileOrDie(ShippedModels()[0]);
  v1::Evaluation evaluation = Evaluate(*model, Fintech());
  evaluation.set_account_id("acme");
  ScoreCard card;
  ASSERT_TRUE(model->Score(BankFacts(), absl::CivilDay(2026, 5, 20), &card).ok());
  model->Explain(BankFacts(), absl::CivilDay(2026, 5, 20), card, &evaluation);
  v1::Evaluation fresh = Evaluate(*model, BankFacts());
  fresh.set_account_id("acme");
  EXPECT_TRUE(MessageDifferencer::Equals(evaluation, fresh));
}

}  // namespace
}  // namespace tiermark
