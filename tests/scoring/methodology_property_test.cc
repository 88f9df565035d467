// What holds for the methodology of any sound model.
#include <algorithm>
#include <cstdlib>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "methodology_text.h"
#include "random_models.h"
#include "scoring/calendar.h"
#include "scoring/methodology.h"
#include "scoring/methodology_markdown.h"
#include "scoring/policy.h"
#include "scoring/shipped.h"

namespace tiermark {
namespace {

constexpr absl::CivilDay kDay(2026, 5, 20);
constexpr int kModels = 400;

// The points that a criterion gives, in the order of the model. A stage is never unknown.
std::vector<std::string> PointsOf(const v1::ScoringModel& model, const v1::Criterion& criterion) {
  std::vector<std::string> points;
  const auto add = [&points](const auto& tiers) {
    for (const auto& tier : tiers) points.push_back(absl::StrCat(tier.points()));
  };
  add(criterion.numeric_tiers().tiers());
  add(criterion.money_tiers().tiers());
  add(criterion.recency_tiers().tiers());
  add(criterion.distinct_count_tiers().tiers());
  add(criterion.category_points().categories());
  if (criterion.has_category_points()) {
    points.push_back(absl::StrCat(criterion.category_points().other_points()));
  }
  if (criterion.has_presence_points()) {
    points.push_back(absl::StrCat(criterion.presence_points().present_points()));
    points.push_back(absl::StrCat(criterion.presence_points().absent_points()));
  } else if (criterion.fact() != "lifecycle_stage") {
    const bool none =
        model.method() == v1::SCORING_METHOD_WEIGHTED && !criterion.has_missing_points();
    points.push_back(none ? "no score" : absl::StrCat(criterion.missing_points()));
  }
  return points;
}

std::string BoundOf(const v1::NumericTier& tier) {
  return FormatDecimalForPeople(*ParseDecimal(tier.at_least()));
}

void ExpectBounds(const v1::Criterion& criterion, const v1::MethodologyTable& table) {
  std::vector<std::string> bounds;
  for (const auto& tier : criterion.numeric_tiers().tiers()) {
    if (tier.has_at_least()) bounds.push_back(BoundOf(tier));
  }
  for (const auto& tier : criterion.money_tiers().tiers()) {
    if (tier.has_at_least()) bounds.push_back(BoundOf(tier));
  }
  for (const auto& tier : criterion.distinct_count_tiers().tiers()) {
    if (tier.has_at_least()) bounds.push_back(absl::StrCat(tier.at_least()));
  }
  for (const auto& tier : criterion.recency_tiers().tiers()) {
    if (!tier.has_days_at_most()) continue;
    const int days = tier.days_at_most();
    bounds.push_back(days == 0 ? "oday" : absl::StrCat(std::abs(days)));
  }
  for (size_t i = 0; i < bounds.size(); ++i) {
    EXPECT_NE(table.rows(static_cast<int>(i)).cells(0).find(bounds[i]), std::string::npos)
        << bounds[i] << " in " << table.rows(static_cast<int>(i)).cells(0);
  }
}

// The first number of a cell: "5 000.5 USD".
std::string NumberIn(const std::string& cell) {
  const std::string plain = absl::StrReplaceAll(cell, {{"\u00a0", ""}});
  return plain.substr(0, plain.find(' '));
}

// The value that a cell of the example names.
v1::FactValue ValueOf(const v1::Criterion& criterion, const std::string& cell) {
  v1::FactValue value;
  switch (criterion.rule_case()) {
    case v1::Criterion::kMoneyTiers:
      *value.mutable_money() = MoneyOf("USD", *ParseDecimal(NumberIn(cell)));
      break;
    case v1::Criterion::kNumericTiers:
      if (criterion.fact().rfind("custom.", 0) == 0) {
        value.set_decimal(NumberIn(cell));
        break;
      }
      [[fallthrough]];
    case v1::Criterion::kDistinctCountTiers: {
      int64_t number = 0;
      EXPECT_TRUE(absl::SimpleAtoi(NumberIn(cell), &number)) << cell;
      value.set_int64(number);
      break;
    }
    case v1::Criterion::kRecencyTiers: {
      int64_t days = 0;
      EXPECT_TRUE(cell == "Today" || absl::SimpleAtoi(NumberIn(cell), &days)) << cell;
      const bool ahead = cell.find("ahead") != std::string::npos;
      *value.mutable_date() = DateOf(kDay + (ahead ? days : -days));
      break;
    }
    case v1::Criterion::kCategoryPoints: {
      const bool of_enum = !EnumTexts(criterion.fact()).empty();
      value.set_text(of_enum ? absl::AsciiStrToUpper(absl::StrReplaceAll(cell, {{" ", "_"}}))
                             : cell);
      break;
    }
    default:
      break;
  }
  return value;
}

// An account with the facts of the example.
v1::AccountFacts FactsOf(const v1::ScoringModel& model, const v1::MethodologyTable& example) {
  std::map<std::string, v1::FactValue> values;
  for (int i = 0; i < model.criteria_size(); ++i) {
    const v1::Criterion& criterion = model.criteria(i);
    const std::string& cell = example.rows(i).cells(1);
    if (!criterion.has_presence_points()) {
      values[criterion.fact()] = ValueOf(criterion, cell);
      continue;
    }
    // Any value there is will do, unless another criterion says more of it.
    EXPECT_TRUE(cell == "Yes" || cell == "Known") << cell;
    if (values.count(criterion.fact()) > 0) continue;
    v1::FactValue& value = values[criterion.fact()];
    if (cell == "Yes") {
      value.set_bool_(true);
    } else {
      value = Probes(model, criterion.fact(), ShippedExchangeRates(), "USD", kDay).back();
    }
  }
  v1::AccountFacts facts;
  facts.set_country("CO");
  for (const auto& [fact, value] : values) SetFact(fact, value, &facts);
  return facts;
}

class AnyModel : public testing::TestWithParam<v1::ScoringMethod> {
 protected:
  v1::Methodology Told(const v1::ScoringModel& model) {
    return MethodologyOf({model, ShippedPlaybooks(), policy_.policy, chance_.OneIn(2)});
  }

  Chance chance_;
  CompiledPolicy policy_ = DefaultPolicy();
};

TEST_P(AnyModel, HasRectangularTables) {
  for (int i = 0; i < kModels; ++i) {
    const v1::ScoringModel model = RandomModel(&chance_, GetParam());
    const v1::Methodology methodology = Told(model);
    ExpectRectangular(methodology);
    EXPECT_FALSE(MarkdownOf(methodology).empty());
    if (HasFailure()) FAIL() << model.DebugString();
  }
}

TEST_P(AnyModel, ShowsAllPointsAndBoundsInTheirOrder) {
  for (int i = 0; i < kModels; ++i) {
    const v1::ScoringModel model = RandomModel(&chance_, GetParam());
    const v1::MethodologySection criteria = SectionOf(Told(model), "The criteria");
    ASSERT_EQ(criteria.subsections_size(), model.criteria_size());
    for (int c = 0; c < model.criteria_size(); ++c) {
      const v1::MethodologyTable& table = criteria.subsections(c).tables(0);
      EXPECT_EQ(ColumnOf(table, -1), PointsOf(model, model.criteria(c)));
      ExpectBounds(model.criteria(c), table);
    }
    if (HasFailure()) FAIL() << model.DebugString();
  }
}

TEST_P(AnyModel, ShowsEveryBand) {
  for (int i = 0; i < kModels; ++i) {
    const v1::ScoringModel model = RandomModel(&chance_, GetParam());
    const v1::MethodologyTable bands = SectionOf(Told(model), "What each band").tables(0);
    ASSERT_EQ(bands.rows_size(), model.bands_size());
    const auto compiled = CompileOrDie(model);
    for (int score = 0; score <= 100; ++score) {
      const v1::MethodologyRow& row = bands.rows(compiled->BandOfScore(score));
      const std::vector<std::string> ends = absl::StrSplit(row.cells(1), "–");
      int least = -1;
      int most = -1;
      ASSERT_TRUE(absl::SimpleAtoi(ends.front(), &least) && absl::SimpleAtoi(ends.back(), &most));
      EXPECT_TRUE(least <= score && score <= most) << row.cells(1) << " of " << score;
    }
    if (HasFailure()) FAIL() << model.DebugString();
  }
}

TEST_P(AnyModel, WorksAnExampleThatScoresAsItSays) {
  for (int i = 0; i < kModels; ++i) {
    const v1::ScoringModel model = RandomModel(&chance_, GetParam());
    const v1::MethodologySection section = SectionOf(Told(model), "A worked example");
    ASSERT_EQ(section.tables_size(), 1);
    const v1::MethodologyTable& example = section.tables(0);
    ScoreCard card;
    const auto compiled = CompileOrDie(model);
    const v1::AccountFacts facts = FactsOf(model, example);
    const absl::Status status = compiled->Score(facts, kDay, &card);
    ASSERT_TRUE(status.ok()) << status << model.DebugString() << facts.DebugString();
    int sum = 0;
    for (int c = 0; c < model.criteria_size(); ++c) {
      const int points = card.criteria[c].points;
      sum += points;
      EXPECT_EQ(example.rows(c).cells(2), absl::StrCat(points));
      if (GetParam() != v1::SCORING_METHOD_WEIGHTED) continue;
      const int hundredths = points * model.criteria(c).weight_percent();
      EXPECT_EQ(example.rows(c).cells(4),
                absl::StrCat(hundredths / 100, ".", absl::Dec(hundredths % 100, absl::kZeroPad2)));
    }
    const bool weighted = GetParam() == v1::SCORING_METHOD_WEIGHTED;
    EXPECT_EQ(ColumnOf(example, -1).back(),
              weighted ? absl::StrCat(card.exact_score / 100, ".",
                                      absl::Dec(card.exact_score % 100, absl::kZeroPad2))
                       : absl::StrCat(sum));
    EXPECT_NE(section.paragraphs(0).find(absl::StrCat("That is a score of ", card.score, ": ",
                                                      model.bands(card.band).display_name(), " (")),
              std::string::npos)
        << section.paragraphs(0);
    if (HasFailure()) FAIL() << model.DebugString() << facts.DebugString();
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, AnyModel,
                         testing::Values(v1::SCORING_METHOD_WEIGHTED, v1::SCORING_METHOD_POINTS));

}  // namespace
}  // namespace tiermark
