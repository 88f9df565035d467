// Scoring allocates nothing.
#include "allocation_counter.h"
#include "random_models.h"
#include "scoring/shipped.h"
#include "support.h"

namespace tiermark {
namespace {

constexpr absl::CivilDay kDay(2026, 5, 20);

// Scores once, and returns how much was allocated.
int64_t AllocationsOfScore(const CompiledModel& model, const v1::AccountFacts& facts,
                           ScoreCard* card) {
  const int64_t before = Allocations();
  const absl::Status status = model.Score(facts, kDay, card);
  const int64_t after = Allocations();
  EXPECT_TRUE(status.ok()) << status;
  return after - before;
}

TEST(AllocationCounter, Counts) {
  if (!kCountsAllocations) GTEST_SKIP() << "a sanitizer brings its own operators";
  const int64_t before = Allocations();
  ::operator delete(::operator new(1));
  EXPECT_GT(Allocations(), before);
}

TEST(Score, OfTheShippedModelAllocatesNothing) {
  const auto model = CompileOrDie(ShippedModels()[0]);
  ScoreCard card;
  EXPECT_EQ(AllocationsOfScore(*model, BankFacts(), &card), 0);
  EXPECT_EQ(card.exact_score, 10'000);
}

TEST(Score, OfEveryRuleAllocatesNothing) {
  Chance chance;
  int scored = 0;
  for (int i = 0; i < 2'000; ++i) {
    const v1::ExchangeRates rates = RandomRates(&chance);
    const v1::ScoringModel model =
        RandomModel(&chance, i % 2 == 0 ? v1::SCORING_METHOD_WEIGHTED : v1::SCORING_METHOD_POINTS);
    const auto compiled = CompileOrDie(model, rates);
    const v1::AccountFacts facts = RandomFacts(&chance, model, rates, kDay);
    if (!SlowExactScore(model, rates, facts, kDay)) continue;
    ScoreCard card;
    ASSERT_EQ(AllocationsOfScore(*compiled, facts, &card), 0) << model.DebugString();
    ++scored;
  }
  EXPECT_GT(scored, 500);
}

}  // namespace
}  // namespace tiermark
