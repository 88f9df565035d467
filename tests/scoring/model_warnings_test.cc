// What a sound model may have got wrong.
#include "scoring/model_warnings.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "scoring/shipped.h"
#include "support.h"
#include "tests/scoring/random_models.h"

namespace tiermark {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The fields that are warned of.
std::vector<std::string> Warned(const v1::ScoringModel& model) {
  std::vector<std::string> fields;
  for (const v1::ModelWarning& warning : WarningsOf(model)) fields.push_back(warning.field());
  return fields;
}

v1::ScoringModel Segmentation() { return ShippedModels()[0]; }

TEST(ModelWarnings, OfWhatIsShipped_ThereAreNone) {
  for (const v1::ScoringModel& model : ShippedModels()) {
    EXPECT_THAT(Warned(model), IsEmpty()) << model.model_id();
  }
}

TEST(ModelWarnings, OfADraft_DoNotNeedItsVersion) {
  v1::ScoringModel model = Segmentation();
  model.clear_version();
  EXPECT_THAT(Warned(model), IsEmpty());
  for (auto& tier : *model.mutable_criteria(0)->mutable_money_tiers()->mutable_tiers()) {
    tier.set_points(70);
  }
  EXPECT_THAT(Warned(model), ElementsAre("criteria[0]"));
}

TEST(ModelWarnings, ABandThatNoScoreReaches) {
  v1::ScoringModel model = Segmentation();
  for (auto& tier : *model.mutable_criteria(0)->mutable_money_tiers()->mutable_tiers()) {
    tier.set_points(tier.points() / 2);
  }
  model.mutable_bands(0)->set_min_score(81);
  const auto warnings = WarningsOf(model);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].field(), "bands[0]");
  EXPECT_EQ(warnings[0].message(), "no score falls in Strategic: they go from 0 to 80");
}

TEST(ModelWarnings, ABandBetweenTwoScores) {
  v1::ScoringModel model = FromText<v1::ScoringModel>(R"(
    model_id: "jumps" version: 1 display_name: "Jumps" method: SCORING_METHOD_POINTS
    criteria { criterion_id: "c" display_name: "C" fact: "past_due_cases"
      numeric_tiers { tiers { at_least: "10" points: 90 } tiers { points: 10 } } missing_points: 10 }
    bands { band_id: "high" display_name: "High" min_score: 80 }
    bands { band_id: "middle" display_name: "Middle" min_score: 40 }
    bands { band_id: "low" display_name: "Low" min_score: 0 })");
  EXPECT_THAT(Warned(model), ElementsAre("bands[1]"));
}

TEST(ModelWarnings, TiersThatNoValueFallsIn) {
  v1::ScoringModel model = Segmentation();
  auto* tiers = model.mutable_criteria(1)->mutable_numeric_tiers();
  tiers->mutable_tiers(0)->set_at_least("3000000000");
  tiers->mutable_tiers(4)->set_at_least("0");
  EXPECT_THAT(Warned(model), ElementsAre("criteria[1].numeric_tiers.tiers[0]",
                                         "criteria[1].numeric_tiers.tiers[5]"));
}

TEST(ModelWarnings, OtherPointsWhereEveryValueIsListed) {
  v1::ScoringModel model = Segmentation();
  model.mutable_criteria(2)->mutable_category_points()->set_other_points(5);
  EXPECT_THAT(Warned(model), ElementsAre("criteria[2].category_points.other_points"));
  model.mutable_criteria(2)->mutable_category_points()->mutable_categories()->RemoveLast();
  EXPECT_THAT(Warned(model), IsEmpty());
}

TEST(ModelWarnings, InAnotherCurrency_NeedNoRates) {
  v1::ScoringModel model = Segmentation();
  model.set_reference_currency("COP");
  EXPECT_THAT(Warned(model), IsEmpty());
}

// A criterion that is said not to matter never changes a score, and a band said to be empty never
// gets one.
TEST(ModelWarningsProperty, AreTrueOfWhateverIsScored) {
  Chance chance;
  constexpr absl::CivilDay kDay(2026, 5, 20);
  for (int run = 0; run < 60; ++run) {
    const v1::ExchangeRates rates = RandomRates(&chance);
    v1::ScoringModel model = RandomModel(
        &chance, chance.OneIn(2) ? v1::SCORING_METHOD_WEIGHTED : v1::SCORING_METHOD_POINTS);
    const auto compiled = CompileOrDie(model, rates);
    std::vector<std::string> warned = Warned(model);
    for (int i = 0; i < 50; ++i) {
      const v1::AccountFacts facts = RandomFacts(&chance, model, rates, kDay);
      ScoreCard card;
      if (!compiled->TryScore(facts, kDay, &card)) continue;
      EXPECT_THAT(warned, testing::Not(testing::Contains(absl::StrCat("bands[", card.band, "]"))));
    }
  }
}

}  // namespace
}  // namespace tiermark
