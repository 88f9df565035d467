#include "scoring/methodology.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "methodology_text.h"
#include "scoring/exact.h"
#include "scoring/policy.h"
#include "scoring/shipped.h"
#include "support.h"

namespace tiermark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

v1::Methodology Told(const v1::ScoringModel& model, bool shipped_defaults = false) {
  const CompiledPolicy policy = DefaultPolicy();
  return MethodologyOf({model, ShippedPlaybooks(), policy.policy, shipped_defaults});
}

v1::Methodology Told(const v1::ReevaluationPolicy& policy) {
  return MethodologyOf({ShippedModels()[0], ShippedPlaybooks(), policy});
}

std::string ForPeople(const std::string& decimal) {
  return FormatDecimalForPeople(*ParseDecimal(decimal));
}

// What the rows of a criterion's table have to name, from the top: bound, category or nothing, and
// the points.
struct ExpectedRow {
  std::string text;
  std::string test;
  int points;
};

std::vector<ExpectedRow> ExpectedRows(const v1::Criterion& criterion) {
  std::vector<ExpectedRow> rows;
  for (const auto& tier : criterion.numeric_tiers().tiers()) {
    rows.push_back({tier.has_at_least() ? ForPeople(tier.at_least()) : "", "", tier.points()});
  }
  for (const auto& tier : criterion.money_tiers().tiers()) {
    rows.push_back({tier.has_at_least() ? ForPeople(tier.at_least()) : "", "", tier.points()});
  }
  for (const auto& tier : criterion.recency_tiers().tiers()) {
    const int days = tier.days_at_most();
    const std::string bound = days == 0 ? "Today" : absl::StrCat(std::abs(days));
    rows.push_back({tier.has_days_at_most() ? bound : "", "", tier.points()});
  }
  for (const auto& tier : criterion.distinct_count_tiers().tiers()) {
    rows.push_back({tier.has_at_least() ? absl::StrCat(tier.at_least()) : "", "", tier.points()});
  }
  for (const auto& category : criterion.category_points().categories()) {
    rows.push_back({category.label(), category.test(), category.points()});
  }
  if (criterion.has_presence_points()) {
    rows.push_back({"", "", criterion.presence_points().present_points()});
    rows.push_back({"", "", criterion.presence_points().absent_points()});
  }
  return rows;
}

void ExpectCriterion(const v1::ScoringModel& model, int index, const v1::MethodologySection& all) {
  const v1::Criterion& criterion = model.criteria(index);
  SCOPED_TRACE(criterion.criterion_id());
  const v1::MethodologyRow& overview = all.tables(0).rows(index);
  EXPECT_EQ(overview.cells(0), criterion.display_name());
  if (model.method() == v1::SCORING_METHOD_WEIGHTED) {
    EXPECT_EQ(overview.cells(1), absl::StrCat(criterion.weight_percent(), " %"));
  }
  const v1::MethodologySection& part = all.subsections(index);
  EXPECT_THAT(part.heading(), HasSubstr(criterion.display_name()));
  EXPECT_EQ(part.paragraphs(0), criterion.description());
  const v1::MethodologyTable& table = part.tables(0);
  const std::vector<ExpectedRow> expected = ExpectedRows(criterion);
  const int unknown = criterion.has_presence_points() ? 0 : 1;
  ASSERT_EQ(table.rows_size(), static_cast<int>(expected.size()) + unknown);
  for (size_t i = 0; i < expected.size(); ++i) {
    const auto& cells = table.rows(static_cast<int>(i)).cells();
    EXPECT_THAT(cells[cells.size() - (expected[i].test.empty() ? 2 : 3)],
                HasSubstr(expected[i].text));
    EXPECT_TRUE(expected[i].test.empty() || cells[1] == expected[i].test) << cells[1];
    EXPECT_EQ(cells[cells.size() - 1], absl::StrCat(expected[i].points));
  }
  if (unknown == 0) return;
  const bool weighted = model.method() == v1::SCORING_METHOD_WEIGHTED;
  EXPECT_EQ(ColumnOf(table, -1).back(), weighted ? "no score" : "0");
}

TEST(Methodology, TellsEveryCriterionTierAndCategoryOfTheShippedModels) {
  for (const v1::ScoringModel& model : ShippedModels()) {
    SCOPED_TRACE(model.model_id());
    const v1::Methodology methodology = Told(model);
    ExpectRectangular(methodology);
    EXPECT_EQ(methodology.title(), absl::StrCat(model.display_name(), ", version 1"));
    EXPECT_THAT(TextOf(methodology), HasSubstr(model.description()));
    const v1::MethodologySection criteria = SectionOf(methodology, "The criteria");
    ASSERT_EQ(criteria.subsections_size(), model.criteria_size());
    for (int i = 0; i < model.criteria_size(); ++i) ExpectCriterion(model, i, criteria);
  }
}

TEST(Methodology, TellsEveryBandOfTheShippedModels) {
  const auto bands = [](int model) {
    return SectionOf(Told(ShippedModels()[model]), "What each").tables(0);
  };
  EXPECT_THAT(ColumnOf(bands(0), 0), ElementsAre("Strategic", "Enterprise", "Commercial", "SMB"));
  EXPECT_THAT(ColumnOf(bands(0), 1), ElementsAre("80–100", "60–79", "35–59", "0–34"));
  EXPECT_THAT(ColumnOf(bands(0), 2),
              ElementsAre("79.50 or more", "59.50 to 79.49", "34.50 to 59.49", "0.00 to 34.49"));
  EXPECT_THAT(ColumnOf(bands(1), 0), ElementsAre("A", "B", "C", "D"));
  EXPECT_THAT(ColumnOf(bands(1), 1), ElementsAre("70–100", "45–69", "20–44", "0–19"));
  EXPECT_THAT(ColumnOf(bands(2), 0), ElementsAre("High risk", "Medium risk", "Low risk"));
  EXPECT_THAT(ColumnOf(bands(2), 1), ElementsAre("60–100", "30–59", "0–29"));
}

TEST(Methodology, NamesTheSegmentAndTheGradeThatABandStandsForUnderAnotherName) {
  v1::ScoringModel segments = ShippedModels()[0];
  segments.mutable_bands(0)->set_display_name("Gold");
  EXPECT_EQ(SectionOf(Told(segments), "What each").tables(0).rows(0).cells(0), "Gold (Strategic)");
  v1::ScoringModel grades = ShippedModels()[1];
  grades.mutable_bands(0)->set_display_name("Hot");
  const v1::MethodologyTable table = SectionOf(Told(grades), "What each grade").tables(0);
  EXPECT_THAT(table.columns(), ElementsAre("Band", "Grade", "Score"));
  EXPECT_THAT(table.rows(0).cells(), ElementsAre("Hot", "A", "70–100"));
}

TEST(Methodology, SaysHowAWeightedScoreIsRounded) {
  EXPECT_THAT(TextOf(Told(ShippedModels()[0])),
              HasSubstr("79.50 becomes 80 and is Strategic, while 79.49 becomes 79 and is not"));
}

TEST(Methodology, ShowsAChangedWeightBoundAndBand) {
  v1::ScoringModel model = ShippedModels()[0];
  model.mutable_criteria(0)->set_weight_percent(35);
  model.mutable_criteria(1)->set_weight_percent(25);
  model.mutable_criteria(0)->mutable_money_tiers()->mutable_tiers(1)->set_at_least("26500.5");
  model.mutable_bands(1)->set_min_score(61);
  const v1::Methodology methodology = Told(model);
  const v1::MethodologySection criteria = SectionOf(methodology, "The criteria");
  EXPECT_THAT(ColumnOf(criteria.tables(0), 1), ElementsAre("35 %", "25 %", "20 %", "20 %"));
  EXPECT_EQ(criteria.subsections(0).heading(), "Potential MRR: 35 %");
  // The label no longer says what the tier is, so that both are shown.
  const v1::MethodologyTable& tiers = criteria.subsections(0).tables(0);
  EXPECT_THAT(tiers.rows(1).cells(),
              ElementsAre("25 000 to 50 000 USD", "26\u00a0500.5 to under 50\u00a0000 USD", "85"));
  EXPECT_EQ(tiers.rows(2).cells(1), "10\u00a0000 to under 26\u00a0500.5 USD");
  EXPECT_THAT(ColumnOf(SectionOf(methodology, "What each").tables(0), 1),
              ElementsAre("80–100", "61–79", "35–60", "0–34"));
}

TEST(Methodology, CallsAModelWithoutAVersionADraft) {
  v1::ScoringModel model = ShippedModels()[0];
  model.set_version(0);
  EXPECT_EQ(Told(model).title(), "Account segmentation, draft");
  EXPECT_EQ(TextOf(Told(model)).substr(model.display_name().size() + 7),
            TextOf(Told(ShippedModels()[0])).substr(model.display_name().size() + 11));
}

TEST(Methodology, SaysWhichNumbersAreDefaultsOnlyOfTheShippedTables) {
  for (const v1::ScoringModel& model : ShippedModels()) {
    const std::string defaults = "defaults shipped with the service";
    EXPECT_THAT(TextOf(Told(model, /*shipped_defaults=*/true)), HasSubstr(defaults));
    EXPECT_THAT(TextOf(Told(model)), Not(HasSubstr(defaults)));
  }
}

TEST(Methodology, SaysWhatAnUnknownFactGivesWhereTheCriterionSaysSo) {
  v1::ScoringModel model = ShippedModels()[0];
  for (v1::Criterion& criterion : *model.mutable_criteria()) criterion.set_missing_points(5);
  const v1::Methodology methodology = Told(model);
  EXPECT_THAT(TextOf(methodology), Not(HasSubstr("no score")));
  const v1::MethodologySection criteria = SectionOf(methodology, "The criteria");
  for (const v1::MethodologySection& part : criteria.subsections()) {
    const auto& rows = part.tables(0).rows();
    EXPECT_THAT(rows[rows.size() - 1].cells(), testing::Contains("5"));
  }
  v1::ScoringModel points = ShippedModels()[1];
  EXPECT_THAT(TextOf(Told(points)), HasSubstr("A fact that is not known gives 0 points."));
  points.mutable_criteria(0)->set_missing_points(-3);
  EXPECT_THAT(TextOf(Told(points)), HasSubstr("gives 0 points, unless its criterion"));
}

TEST(Methodology, SaysThatPotentialMrrIsLocalAndAmountsAreComparedInTheReferenceCurrency) {
  const std::string text = TextOf(Told(ShippedModels()[0]));
  EXPECT_THAT(text, HasSubstr("MRR is always local"));
  EXPECT_THAT(text, HasSubstr("compared in USD"));
  EXPECT_THAT(TextOf(Told(ShippedModels()[1])), Not(HasSubstr("MRR is always local")));
  v1::ScoringModel model = ShippedModels()[0];
  model.mutable_criteria(0)->set_fact("budget");
  model.set_reference_currency("COP");
  const std::string changed = TextOf(Told(model));
  EXPECT_THAT(changed, Not(HasSubstr("MRR is always local")));
  EXPECT_THAT(changed, HasSubstr("compared in COP"));
  EXPECT_THAT(changed, HasSubstr("50\u00a0000 COP or more"));
}

TEST(Methodology, OfAPointsModelSaysWhatEachCriterionGivesAndTakes) {
  v1::ScoringModel model = ShippedModels()[1];
  const v1::MethodologyTable overview = SectionOf(Told(model), "The criteria").tables(0);
  EXPECT_THAT(overview.columns(), ElementsAre("Criterion", "Points", "What is read"));
  EXPECT_THAT(overview.rows(0).cells(),
              ElementsAre("Role of the contact", "0 to 10", "Contact role, by category"));
  EXPECT_EQ(overview.rows(1).cells(1), "-10 to 10");
  EXPECT_EQ(overview.rows(14).cells(1), "0 to 8");
  EXPECT_THAT(TextOf(Told(model)), HasSubstr("those below zero are taken away"));
  EXPECT_THAT(TextOf(Told(model)), HasSubstr("held to 0 to 100"));
  model.mutable_criteria()->DeleteSubrange(1, model.criteria_size() - 1);
  EXPECT_THAT(TextOf(Told(model)), Not(HasSubstr("those below zero are taken away")));
}

TEST(Methodology, OfAPointsModelSaysThatItsScoreIsNeverBlended) {
  for (const int index : {1, 2}) {
    EXPECT_THAT(TextOf(Told(ShippedModels()[index])),
                HasSubstr("never blended with the weighted score"));
  }
}

TEST(Methodology, TellsTheWholePlaybookOfEachSegment) {
  const v1::MethodologySection section = SectionOf(Told(ShippedModels()[0]), "What each");
  ASSERT_EQ(section.subsections_size(), 4);
  for (int i = 0; i < 4; ++i) {
    const v1::Playbook& playbook = ShippedPlaybooks()[i];
    EXPECT_THAT(ColumnOf(section.subsections(i).tables(0), 1),
                ElementsAre(playbook.relationship_owner(), playbook.meeting_cadence(),
                            playbook.commercial_approach(), playbook.expansion_strategy(),
                            playbook.support_model(), playbook.resource_allocation(),
                            playbook.prospect_action(), playbook.client_action()));
  }
  EXPECT_EQ(section.subsections(1).heading(), "Enterprise: 60–79");
}

TEST(Methodology, SaysWhichSegmentHasNoPlaybook) {
  const CompiledPolicy policy = DefaultPolicy();
  v1::Playbook playbook = ShippedPlaybooks()[2];
  playbook.set_version(12);
  const v1::MethodologySection section = SectionOf(
      MethodologyOf({ShippedModels()[0], {playbook}, policy.policy}), "What each segment");
  EXPECT_THAT(section.subsections(0).paragraphs(), ElementsAre("It has no playbook yet."));
  EXPECT_EQ(section.subsections(2).tables(0).columns(0), "Playbook, version 12");
}

TEST(Methodology, TellsTheReasonsToReevaluateInOrderOfUrgency) {
  const v1::MethodologySection section = SectionOf(Told(ShippedModels()[0]), "When to re-evaluate");
  const v1::MethodologyTable& reasons = section.tables(0);
  EXPECT_THAT(ColumnOf(reasons, 0),
              ElementsAre("Event", "First meeting", "Model changed", "New account",
                          "Quarterly review", "Quarterly review"));
  EXPECT_THAT(reasons.rows(3).cells(1), HasSubstr("in the 3 months from its creation"));
  EXPECT_EQ(reasons.rows(3).cells(2), "1 calendar month after the last evaluation");
  EXPECT_EQ(reasons.rows(4).cells(2),
            "On the first day of the calendar quarter after the last evaluation");
  std::string text;
  AddTextOf(section, &text);
  EXPECT_THAT(text, HasSubstr("more than 30 %"));
  EXPECT_THAT(text, HasSubstr("time zone UTC"));
  EXPECT_THAT(text, HasSubstr("lost or cancelled is never due"));
}

TEST(Methodology, FollowsThePolicy) {
  v1::ReevaluationPolicy policy;
  policy.set_time_zone("America/Bogota");
  policy.set_new_account_months(6);
  policy.set_new_account_interval_months(2);
  policy.set_quarterly_interval(v1::QUARTERLY_INTERVAL_ROLLING);
  policy.set_growth_threshold_percent(25);
  const std::string text = TextOf(Told(policy));
  EXPECT_THAT(text, HasSubstr("time zone America/Bogota"));
  EXPECT_THAT(text, HasSubstr("in the 6 months from its creation"));
  EXPECT_THAT(text, HasSubstr("2 calendar months after the last evaluation"));
  EXPECT_THAT(text, HasSubstr("Three calendar months after the last evaluation"));
  EXPECT_THAT(text, HasSubstr("more than 25 %"));
  for (const char* gone : {"UTC", "30 %", "calendar quarter"}) {
    EXPECT_THAT(text, Not(HasSubstr(gone)));
  }
  policy.set_new_account_months(0);
  EXPECT_THAT(TextOf(Told(policy)), Not(HasSubstr("New account")));
}

TEST(Methodology, SpeaksOfReevaluationAndPlaybooksOnlyWhereBandsAreSegments) {
  for (const int index : {1, 2}) {
    const v1::Methodology methodology = Told(ShippedModels()[index]);
    EXPECT_FALSE(HasSection(methodology, "When to re-evaluate"));
    EXPECT_THAT(TextOf(methodology), Not(HasSubstr("Playbook")));
  }
}

TEST(Methodology, WorksAnExampleThatScoresAsItSays) {
  const v1::MethodologySection example = SectionOf(Told(ShippedModels()[0]), "A worked example");
  EXPECT_THAT(
      ColumnOf(example.tables(0), 1),
      ElementsAre("5\u00a0000 USD", "50\u00a0000 past-due cases", "Recognized", "3 countries", ""));
  EXPECT_THAT(ColumnOf(example.tables(0), 2), ElementsAre("50", "60", "60", "60", ""));
  EXPECT_THAT(ColumnOf(example.tables(0), 4),
              ElementsAre("20.00", "12.00", "12.00", "12.00", "56.00"));
  const v1::AccountFacts facts = Facts(R"(
      country: "CO" past_due_cases: 50000 industry_reference: INDUSTRY_REFERENCE_RECOGNIZED
      potential_mrr { country: "CO" amount { currency_code: "USD" units: 5000 } }
      operating_countries: "MX" expansion_countries: "PE")");
  const v1::Evaluation evaluation = Evaluate(*CompileOrDie(ShippedModels()[0]), facts);
  EXPECT_EQ(evaluation.exact_score(), 5600);
  EXPECT_THAT(example.paragraphs(0), HasSubstr("come to 56.00. That is a score of 56: Commercial"));
  EXPECT_EQ(evaluation.segment(), v1::SEGMENT_COMMERCIAL);
}

TEST(Methodology, HoldsTheSumOfItsExampleToTheScale) {
  v1::ScoringModel model = ShippedModels()[1];
  model.mutable_criteria(3)->mutable_presence_points()->set_present_points(100);
  EXPECT_THAT(TextOf(Told(model)),
              HasSubstr("add up to 174, which is held to 100. That is a score of 100: A"));
  model.mutable_criteria(3)->mutable_presence_points()->set_present_points(-100);
  EXPECT_THAT(TextOf(Told(model)),
              HasSubstr("add up to -26, which is held to 0. That is a score of 0: D"));
}

TEST(Methodology, GivesAFactOfTheExampleOneValueForAllItsCriteria) {
  v1::ScoringModel model = ShippedModels()[0];
  model.mutable_criteria(2)->CopyFrom(model.criteria(1));
  v1::Criterion* twin = model.mutable_criteria(2);
  twin->set_criterion_id("twin");
  twin->mutable_numeric_tiers()->mutable_tiers(0)->set_at_least("60000");
  twin->mutable_numeric_tiers()->mutable_tiers()->DeleteSubrange(1, 4);
  const v1::MethodologyTable table = SectionOf(Told(model), "A worked example").tables(0);
  EXPECT_THAT(ColumnOf(table, 1), ElementsAre("5\u00a0000 USD", "50\u00a0000 past-due cases",
                                              "50\u00a0000 past-due cases", "3 countries", ""));
  EXPECT_THAT(ColumnOf(table, 2), ElementsAre("50", "60", "0", "60", ""));
}

}  // namespace
}  // namespace tiermark
