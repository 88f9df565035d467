// The shipped points models: their examples in tests/data, and what holds for all facts.
#include <algorithm>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "sample_facts.h"
#include "scoring/error.h"
#include "scoring/facts.h"
#include "scoring/shipped.h"
#include "support.h"

namespace tiermark {
namespace {

constexpr absl::CivilDay kDay(2026, 5, 20);

const v1::ScoringModel& Shipped(absl::string_view model_id) {
  const auto& models = ShippedModels();
  return *std::find_if(models.begin(), models.end(),
                       [model_id](const auto& model) { return model.model_id() == model_id; });
}

// `band` names the band of an evaluation as the table does.
void CheckTable(const std::string& model_id, const std::string& (*band)(const v1::Evaluation&)) {
  const auto model = CompileOrDie(Shipped(model_id));
  for (const auto& row : ReadTable(absl::StrCat(model_id, ".table"), 6)) {
    SCOPED_TRACE(row[0]);
    const v1::AccountFacts facts = FactsFromJson(row[5]);
    Violations violations;
    ValidateFacts(facts, "facts", &violations);
    EXPECT_TRUE(violations.empty()) << violations.ToStatus();
    const v1::Evaluation evaluation = Evaluate(*model, facts, kDay);
    EXPECT_EQ(absl::StrCat(evaluation.score()), row[1]);
    EXPECT_EQ(absl::StrCat(evaluation.exact_score()), row[2]);
    EXPECT_EQ(band(evaluation), row[3]);
    EXPECT_EQ(evaluation.segment(), v1::SEGMENT_UNSPECIFIED);
    std::istringstream points(row[4]);
    for (const v1::CriterionResult& criterion : evaluation.criteria()) {
      int expected = -1;
      ASSERT_TRUE(points >> expected);
      EXPECT_EQ(criterion.points(), expected) << criterion.criterion_id();
    }
    EXPECT_EQ((points >> std::ws).peek(), EOF) << "as many points as criteria";
  }
}

TEST(LeadScoringTable, EveryExampleScoresAsWritten) {
  CheckTable(kLeadScoringModelId, [](const v1::Evaluation& evaluation) -> const std::string& {
    return evaluation.grade();
  });
}

TEST(RiskProfileTable, EveryExampleScoresAsWritten) {
  CheckTable(kRiskProfileModelId, [](const v1::Evaluation& evaluation) -> const std::string& {
    return evaluation.band().band_id();
  });
}

TEST(LeadScoring, ReadsEveryCriterionThatTheMethodologyNames) {
  std::vector<std::string> facts;
  for (const v1::Criterion& criterion : Shipped(kLeadScoringModelId).criteria()) {
    facts.push_back(criterion.fact());
  }
  EXPECT_EQ(facts, (std::vector<std::string>{
                       "contact_role", "employees", "capital", "industry", "expected_product",
                       "budget", "expected_delivery_date", "forms_filled_in", "content_downloads",
                       "emails_read", "links_clicked", "last_contact_date", "lead_origin",
                       "first_inbound_channel", "specific_request_made", "specific_form_filled_in",
                       "last_purchase_date", "average_basket"}));
}

TEST(RiskProfile, ReadsPaymentHistoryTermsIndustryGeographyAndSize) {
  std::vector<std::string> facts;
  for (const v1::Criterion& criterion : Shipped(kRiskProfileModelId).criteria()) {
    facts.push_back(criterion.fact());
  }
  EXPECT_EQ(facts, (std::vector<std::string>{"late_payment_percent", "payment_defaults",
                                             "payment_terms", "industry_regulated",
                                             "country_risk_class", "employees", "annual_revenue"}));
}

class PointsModel : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Shipped, PointsModel,
                         testing::Values(kLeadScoringModelId, kRiskProfileModelId));

TEST_P(PointsModel, ScoresWhateverIsKnownAndHoldsTheSumTo0To100) {
  Chance chance;
  const auto model = CompileOrDie(Shipped(GetParam()));
  for (int i = 0; i < 5'000; ++i) {
    v1::AccountFacts facts;
    for (Field field : ProfileFields()) {
      if (chance.OneIn(2)) SetSample(field, static_cast<int>(chance.Between(0, 2)), &facts);
    }
    ScoreCard card;
    ASSERT_TRUE(model->Score(facts, kDay, &card).ok()) << facts.DebugString();
    int sum = 0;
    for (int j = 0; j < model->model().criteria_size(); ++j) sum += card.criteria[j].points;
    EXPECT_EQ(card.score, std::clamp(sum, 0, 100));
    EXPECT_EQ(card.exact_score, 100 * card.score);
    EXPECT_EQ(card.band, model->BandOfScore(card.score));
    EXPECT_GE(card.score, model->model().bands(card.band).min_score());
  }
}

TEST_P(PointsModel, CanGiveEveryBand) {
  const auto model = CompileOrDie(Shipped(GetParam()));
  std::vector<bool> met(model->model().bands_size(), false);
  for (const auto& row : ReadTable(absl::StrCat(GetParam(), ".table"), 6)) {
    met[model->BandOfScore(Evaluate(*model, FactsFromJson(row[5]), kDay).score())] = true;
  }
  EXPECT_EQ(met, std::vector<bool>(met.size(), true));
}

}  // namespace
}  // namespace tiermark
