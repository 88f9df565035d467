// What holds for every model and all facts.
#include <algorithm>

#include "google/protobuf/util/message_differencer.h"
#include "random_models.h"
#include "scoring/error.h"
#include "scoring/shipped.h"

namespace tiermark {
namespace {

using google::protobuf::util::MessageDifferencer;

constexpr absl::CivilDay kDay(2026, 5, 20);

class EveryMethod : public testing::TestWithParam<v1::ScoringMethod> {};

INSTANTIATE_TEST_SUITE_P(Methods, EveryMethod,
                         testing::Values(v1::SCORING_METHOD_WEIGHTED, v1::SCORING_METHOD_POINTS));

TEST_P(EveryMethod, ScoreAgreesWithTheSlowScorer) {
  Chance chance;
  int scored = 0;
  for (int i = 0; i < 2'000; ++i) {
    const v1::ExchangeRates rates = RandomRates(&chance);
    const v1::ScoringModel model = RandomModel(&chance, GetParam());
    const auto compiled = CompileOrDie(model, rates);
    for (int j = 0; j < 10; ++j) {
      const v1::AccountFacts facts = RandomFacts(&chance, model, rates, kDay);
      const absl::optional<int> expected = SlowExactScore(model, rates, facts, kDay);
      ScoreCard card;
      const absl::Status status = compiled->Score(facts, kDay, &card);
      ASSERT_EQ(status.ok(), expected.has_value()) << status << "\n"
                                                   << model.DebugString() << facts.DebugString();
      if (!expected) {
        EXPECT_EQ(ReasonOf(status), "FACTS_MISSING");
        continue;
      }
      ++scored;
      ASSERT_EQ(card.exact_score, *expected) << model.DebugString() << facts.DebugString();
      EXPECT_EQ(card.score, (card.exact_score + 50) / 100);
      EXPECT_LE(model.bands(card.band).min_score(), card.score);
      if (card.band > 0) {
        EXPECT_GT(model.bands(card.band - 1).min_score(), card.score);
      }
    }
  }
  EXPECT_GT(scored, 1'000);
}

TEST_P(EveryMethod, ContributionsAddUpExactly) {
  Chance chance;
  for (int i = 0; i < 2'000; ++i) {
    const v1::ExchangeRates rates = RandomRates(&chance);
    const v1::ScoringModel model = RandomModel(&chance, GetParam());
    const auto compiled = CompileOrDie(model, rates);
    const v1::AccountFacts facts = RandomFacts(&chance, model, rates, kDay);
    ScoreCard card;
    if (!compiled->Score(facts, kDay, &card).ok()) continue;
    const v1::Evaluation evaluation = Evaluate(*compiled, facts, kDay);
    ASSERT_EQ(evaluation.criteria_size(), model.criteria_size());
    int sum = 0;
    for (const v1::CriterionResult& criterion : evaluation.criteria()) {
      const int weight =
          GetParam() == v1::SCORING_METHOD_WEIGHTED ? criterion.weight_percent() : 100;
      EXPECT_EQ(criterion.contribution(), criterion.points() * weight);
      sum += criterion.contribution();
    }
    EXPECT_EQ(std::clamp(sum, 0, 10'000), evaluation.exact_score());
    EXPECT_GE(evaluation.score(), 0);
    EXPECT_LE(evaluation.score(), 100);
  }
}

TEST_P(EveryMethod, TheSameFactsGiveTheSameExplanation) {
  Chance chance;
  for (int i = 0; i < 500; ++i) {
    const v1::ExchangeRates rates = RandomRates(&chance);
    const v1::ScoringModel model = RandomModel(&chance, GetParam());
    const v1::AccountFacts facts = RandomFacts(&chance, model, rates, kDay);
    const auto once = CompileOrDie(model, rates);
    const auto again = CompileOrDie(model, rates);
    ScoreCard card;
    if (!once->Score(facts, kDay, &card).ok()) continue;
    EXPECT_TRUE(
        MessageDifferencer::Equals(Evaluate(*once, facts, kDay), Evaluate(*again, facts, kDay)));
  }
}

v1::AccountFacts RandomAccount(Chance* chance) {
  v1::AccountFacts facts;
  v1::FactValue value;
  facts.set_country("CO");
  *value.mutable_money() = MoneyOf("USD", Nanos(chance->Between(0, 60'000'000)) * 1'000'000);
  SetFact("potential_mrr", value, &facts);
  facts.set_past_due_cases(static_cast<int>(chance->Between(0, 600'000)));
  facts.set_industry_reference(static_cast<v1::IndustryReference>(chance->Between(1, 4)));
  value.set_int64(chance->Between(1, 7));
  SetFact("countries", value, &facts);
  return facts;
}

TEST(AccountSegmentation, IsMonotoneInEachTieredFact) {
  Chance chance;
  const auto model = CompileOrDie(ShippedModels()[0]);
  for (int i = 0; i < 20'000; ++i) {
    const v1::AccountFacts facts = RandomAccount(&chance);
    v1::AccountFacts better = facts;
    switch (chance.Between(1, 4)) {
      case 1:
        better.mutable_potential_mrr(0)->mutable_amount()->set_units(
            better.potential_mrr(0).amount().units() + chance.Between(0, 30'000));
        break;
      case 2:
        better.set_past_due_cases(better.past_due_cases() +
                                  static_cast<int>(chance.Between(0, 300'000)));
        break;
      case 3:
        better.set_industry_reference(
            static_cast<v1::IndustryReference>(chance.Between(1, better.industry_reference())));
        break;
      default:
        better.add_expansion_countries("BO");
    }
    ScoreCard before;
    ScoreCard after;
    ASSERT_TRUE(model->Score(facts, kDay, &before).ok());
    ASSERT_TRUE(model->Score(better, kDay, &after).ok());
    ASSERT_LE(before.exact_score, after.exact_score) << facts.DebugString() << better.DebugString();
    EXPECT_GE(before.score, 0);
    EXPECT_LE(after.score, 100);
  }
}

}  // namespace
}  // namespace tiermark
