// What is told of the differences between two models.
#include "scoring/model_diff.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "scoring/shipped.h"
#include "support.h"

namespace tiermark {
namespace {

// "field | message" of each difference on a line, with plain spaces for those that do not break.
std::string Told(const v1::ScoringModel& from, const v1::ScoringModel& to) {
  std::string lines;
  for (const v1::ModelDifference& difference : DiffModels(from, to)) {
    absl::StrAppend(&lines, difference.field(), " | ", difference.message(), "\n");
  }
  return absl::StrReplaceAll(lines, {{"\u00a0", " "}, {"\u2192", "->"}, {"\u2265", ">="}});
}

// What is told of the shipped segmentation model after a change.
std::string After(const std::function<void(v1::ScoringModel*)>& change) {
  v1::ScoringModel model = ShippedModels()[0];
  change(&model);
  return Told(ShippedModels()[0], model);
}

// What is told of two criteria of one id.
std::string Between(const std::string& from, const std::string& to) {
  const std::string begin =
      "model_id: 'test' reference_currency: 'USD' "
      "criteria { criterion_id: 'c' display_name: 'Size' ";
  return Told(FromText<v1::ScoringModel>(absl::StrCat(begin, from, " }")),
              FromText<v1::ScoringModel>(absl::StrCat(begin, to, " }")));
}

TEST(DiffModels, FindsNothingInTheSameModelOfAnotherVersion) {
  EXPECT_EQ(Told({}, {}), "");
  for (const v1::ScoringModel& model : ShippedModels()) EXPECT_EQ(Told(model, model), "");
  EXPECT_EQ(After([](auto* model) { model->set_version(7); }), "");
}

TEST(DiffModels, TellsOfTheModel) {
  EXPECT_EQ(After([](auto* model) {
              model->set_model_id("other");
              model->set_display_name("Accounts");
              model->set_description("Short.");
              model->set_method(v1::SCORING_METHOD_POINTS);
              model->set_reference_currency("EUR");
            }),
            "model_id | model id: account-segmentation -> other\n"
            "display_name | name of the model: “Account segmentation” -> “Accounts”\n"
            "description | description of the model rewritten\n"
            "method | method: weighted -> points\n"
            "reference_currency | reference currency: USD -> EUR\n");
  EXPECT_EQ(After([](auto* model) {
              model->clear_description();
              model->clear_method();
              model->clear_reference_currency();
            }),
            "description | description of the model removed\n"
            "method | method: weighted -> none\n"
            "reference_currency | reference currency: USD -> none\n");
}

TEST(DiffModels, TellsOfCriteria) {
  EXPECT_EQ(After([](auto* model) {
              v1::Criterion* mrr = model->mutable_criteria(0);
              mrr->set_display_name("Local MRR");
              mrr->set_description("What it could bill.");
              mrr->set_fact("annual_revenue");
              mrr->set_weight_percent(35);
              mrr->set_missing_points(1);
            }),
            "criteria[0].display_name | name of potential-mrr: “Potential MRR” -> “Local MRR”\n"
            "criteria[0].description | description of Local MRR rewritten\n"
            "criteria[0].fact | Local MRR reads annual revenue instead of potential MRR\n"
            "criteria[0].weight_percent | weight of Local MRR: 40 % -> 35 %\n"
            "criteria[0].missing_points | Local MRR, fact unknown: none -> 1 point\n");
  EXPECT_EQ(Between("fact: 'custom.fee' missing_points: 0", "fact: 'capital' missing_points: -5"),
            "criteria[0].fact | Size reads capital instead of custom.fee\n"
            "criteria[0].missing_points | Size, fact unknown: 0 -> -5 points\n");
}

TEST(DiffModels, MatchesCriteriaByIdAndNamesWhereTheyStand) {
  EXPECT_EQ(After([](auto* model) {
              model->mutable_criteria()->DeleteSubrange(1, 1);
              v1::Criterion* added = model->add_criteria();
              added->set_criterion_id("employees");
              added->set_display_name("Employees");
              added->set_weight_percent(10);
              model->mutable_criteria(1)->set_weight_percent(30);
              model->mutable_criteria()->SwapElements(1, 2);
            }),
            "criteria[2].weight_percent | weight of Industry reference: 20 % -> 30 %\n"
            "criteria[3] | criterion Employees added, weight 10 %\n"
            "criteria[1] | criterion Past-due portfolio size removed\n"
            "criteria | order of the criteria changed\n");
  // Without weights, and by the earlier place where something was lost.
  v1::ScoringModel from = ShippedModels()[1];
  v1::ScoringModel to = from;
  from.mutable_criteria()->DeleteSubrange(1, 1);
  from.mutable_criteria(1)->set_missing_points(3);
  EXPECT_EQ(
      Told(from, to),
      "criteria[1] | criterion Size of the company added\n"
      "criteria[1].missing_points | Capital of the company, fact unknown: 3 points -> none\n");
}

TEST(DiffModels, TellsOfTiers) {
  EXPECT_EQ(
      After([](auto* model) {
        auto* tiers = model->mutable_criteria(0)->mutable_money_tiers();
        tiers->mutable_tiers(2)->set_points(75);
        tiers->mutable_tiers(3)->set_label("Some");
        tiers->mutable_tiers(5)->set_at_least("500.00");
        tiers->mutable_tiers(6)->set_points(1);
        tiers->mutable_tiers()->DeleteSubrange(4, 1);
        v1::NumericTier* added = tiers->add_tiers();
        added->set_at_least("75000.5");
        added->set_points(100);
        for (int i = tiers->tiers_size() - 1; i > 0; --i)
          tiers->mutable_tiers()->SwapElements(i, i - 1);
      }),
      "criteria[0].money_tiers.tiers[0] | Potential MRR: tier >= 75 000.5 USD added, 100 points\n"
      "criteria[0].money_tiers.tiers[3].points | Potential MRR, tier >= 10 000 USD: 70 -> 75 "
      "points\n"
      "criteria[0].money_tiers.tiers[4].label | label of Potential MRR, tier >= 5 000 USD: “5 000 "
      "to 10 000 USD” -> “Some”\n"
      "criteria[0].money_tiers.tiers[6].points | Potential MRR, last tier: 0 -> 1 point\n"
      "criteria[0].money_tiers.tiers[4] | Potential MRR: tier >= 2 000 USD removed\n");
}

TEST(DiffModels, TellsOfEachKindOfTier) {
  EXPECT_EQ(Between("numeric_tiers { tiers { at_least: '-1' points: 5 } tiers {} }",
                    "numeric_tiers { tiers { at_least: '-1.0' points: 6 } tiers { label: 'a' } }"),
            "criteria[0].numeric_tiers.tiers[0].points | Size, tier >= -1: 5 -> 6 points\n"
            "criteria[0].numeric_tiers.tiers[1].label | label of Size, last tier added: “a”\n");
  EXPECT_EQ(
      Between("recency_tiers { tiers { days_at_most: -30 } tiers { days_at_most: -1 } "
              "tiers { days_at_most: 1 } tiers { days_at_most: 1000 } tiers {} }",
              "recency_tiers { tiers { days_at_most: -30 points: 1 } tiers { days_at_most: -1 "
              "points: 2 } tiers { days_at_most: 1 points: 3 } tiers { days_at_most: 1000 points: "
              "4 } tiers { points: 5 } }"),
      "criteria[0].recency_tiers.tiers[0].points | Size, tier 30 days ahead or more: 0 -> 1 "
      "point\n"
      "criteria[0].recency_tiers.tiers[1].points | Size, tier 1 day ahead or more: 0 -> 2 points\n"
      "criteria[0].recency_tiers.tiers[2].points | Size, tier up to 1 day: 0 -> 3 points\n"
      "criteria[0].recency_tiers.tiers[3].points | Size, tier up to 1 000 days: 0 -> 4 points\n"
      "criteria[0].recency_tiers.tiers[4].points | Size, last tier: 0 -> 5 points\n");
  EXPECT_EQ(Between("distinct_count_tiers { tiers { at_least: 5 } tiers { points: 1 } }",
                    "distinct_count_tiers { tiers { at_least: 4 } tiers {} }"),
            "criteria[0].distinct_count_tiers.tiers[0] | Size: tier >= 4 added, 0 points\n"
            "criteria[0].distinct_count_tiers.tiers[1].points | Size, last tier: 1 -> 0 points\n"
            "criteria[0].distinct_count_tiers.tiers[0] | Size: tier >= 5 removed\n");
}

TEST(DiffModels, TellsOfCategories) {
  EXPECT_EQ(
      Between("category_points { categories { value: 'A' label: 'First' test: 'Is.' } "
              "categories { value: 'B' } categories { value: 'C' } other_points: 5 }",
              "category_points { categories { value: 'B' label: 'Second' } "
              "categories { value: 'A' label: 'First' points: 9 test: 'Was.' } "
              "categories { value: 'D' points: 1 } }"),
      "criteria[0].category_points.categories[0].label | label of Size, category Second added: "
      "“Second”\n"
      "criteria[0].category_points.categories[1].points | Size, category First: 0 -> 9 points\n"
      "criteria[0].category_points.categories[1].test | test of Size, category First: “Is.” -> "
      "“Was.”\n"
      "criteria[0].category_points.categories[2] | Size: category D added, 1 point\n"
      "criteria[0].category_points.categories[2] | Size: category C removed\n"
      "criteria[0].category_points.categories | order of the categories of Size changed\n"
      "criteria[0].category_points.other_points | Size, any other value: 5 points -> none\n");
}

TEST(DiffModels, TellsOfPresenceAndOfRulesReplaced) {
  EXPECT_EQ(
      Between("presence_points { present_points: 2 }", "presence_points { absent_points: -1 }"),
      "criteria[0].presence_points.present_points | Size, present: 2 -> 0 points\n"
      "criteria[0].presence_points.absent_points | Size, absent: 0 -> -1 point\n");
  EXPECT_EQ(Between("presence_points {}", "category_points {}"),
            "criteria[0].category_points | Size is scored by categories instead of presence\n");
  EXPECT_EQ(Between("numeric_tiers {}", "money_tiers {}"),
            "criteria[0].money_tiers | Size is scored by tiers of an amount instead of tiers of a "
            "number\n");
  EXPECT_EQ(Between("recency_tiers {}", ""),
            "criteria[0].rule | Size is scored by no rule instead of tiers of days\n");
  EXPECT_EQ(
      Between("", "distinct_count_tiers {}"),
      "criteria[0].distinct_count_tiers | Size is scored by tiers of a count instead of no rule\n");
}

TEST(DiffModels, TellsOfBands) {
  EXPECT_EQ(After([](auto* model) {
              model->mutable_bands(0)->set_min_score(85);
              model->mutable_bands(1)->set_display_name("Large");
              model->mutable_bands(1)->set_segment(v1::SEGMENT_COMMERCIAL);
              model->mutable_bands(1)->set_grade("B");
              model->mutable_bands(2)->set_band_id("medium");
              model->mutable_bands(2)->set_grade("C");
            }),
            "bands[0].min_score | Strategic begins at 85 instead of 80\n"
            "bands[1].display_name | name of enterprise: “Enterprise” -> “Large”\n"
            "bands[1].segment | segment of Large: Enterprise -> Commercial\n"
            "bands[1].grade | grade of Large: none -> B\n"
            "bands[2] | band Commercial added, begins at 35, segment Commercial, grade C\n"
            "bands[2] | band Commercial removed\n");
  EXPECT_EQ(After([](auto* model) {
              model->mutable_bands()->SwapElements(0, 3);
              model->mutable_bands(0)->clear_segment();
            }),
            "bands[0].segment | segment of SMB: SMB -> none\n"
            "bands | order of the bands changed\n");
}

TEST(DiffModels, TellsShortTextsAlone) {
  const auto described = [](size_t characters) {
    std::string text;
    for (size_t i = 0; i < characters; ++i) text += "\u00e9";
    return After([&](auto* model) {
      model->mutable_criteria(0)->set_display_name(text);
      model->mutable_criteria(0)->clear_description();
    });
  };
  EXPECT_NE(described(60).find("\u00e9"), std::string::npos);
  EXPECT_EQ(described(61),
            "criteria[0].display_name | name of potential-mrr rewritten\n"
            "criteria[0].description | description of potential-mrr removed\n");
  // What could break a line, or is no text, is not told either.
  for (const char* text : {"a\nb", "a\x1b[1m", "\xff"}) {
    EXPECT_EQ(After([&](auto* model) {
                model->mutable_criteria(0)->set_display_name(text);
                model->mutable_bands(0)->set_grade(text);
                model->set_reference_currency(text);
              }),
              "reference_currency | reference currency changed\n"
              "criteria[0].display_name | name of potential-mrr rewritten\n"
              "bands[0].grade | grade of Strategic changed\n");
  }
}

TEST(DiffModels, TakesModelsThatAreNotSound) {
  EXPECT_EQ(
      Between("numeric_tiers { tiers { at_least: 'x' } tiers { at_least: 'x' } tiers {} }",
              "numeric_tiers { tiers { at_least: 'x' } tiers { at_least: 'y' points: 1 } "
              "tiers { at_least: '' } }"),
      "criteria[0].numeric_tiers.tiers[1] | Size: tier whose bound is no number added, 1 point\n"
      "criteria[0].numeric_tiers.tiers[2] | Size: tier whose bound is no number added, 0 points\n"
      "criteria[0].numeric_tiers.tiers[1] | Size: tier whose bound is no number removed\n"
      "criteria[0].numeric_tiers.tiers[2] | Size: last tier removed\n");
  v1::ScoringModel from;
  from.add_criteria()->set_weight_percent(1);
  from.add_criteria();
  from.add_bands();
  v1::ScoringModel to = from;
  to.mutable_criteria(1)->set_fact("?");
  to.add_criteria()->mutable_recency_tiers()->add_tiers()->set_days_at_most(INT32_MIN);
  to.mutable_bands(0)->set_segment(static_cast<v1::Segment>(9));
  to.set_method(static_cast<v1::ScoringMethod>(9));
  EXPECT_EQ(Told(from, to),
            "method | method: none -> unknown (9)\n"
            "criteria[1].fact | criterion 2 reads ? instead of no fact\n"
            "criteria[2] | criterion 3 added\n"
            "bands[0].segment | segment of band 1: none -> unknown (9)\n");
}

}  // namespace
}  // namespace tiermark
