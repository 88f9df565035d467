// How the rows of the tables of points are worded.
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "methodology_text.h"
#include "scoring/methodology.h"
#include "scoring/policy.h"
#include "support.h"

namespace tiermark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A points model of one criterion.
v1::MethodologySection TellCriterion(const std::string& criterion) {
  const v1::ScoringModel model = FromText<v1::ScoringModel>(absl::StrCat(
      R"(model_id: "m" version: 1 display_name: "M" method: SCORING_METHOD_POINTS
         reference_currency: "USD" bands { band_id: "all" display_name: "All" }
         criteria { criterion_id: "c" display_name: "Name" )",
      criterion, "}"));
  CompileOrDie(model);
  const CompiledPolicy policy = DefaultPolicy();
  const v1::Methodology methodology = MethodologyOf({model, {}, policy.policy});
  ExpectRectangular(methodology);
  return SectionOf(methodology, "The criteria").subsections(0);
}

v1::MethodologyTable Tell(const std::string& criterion) {
  return TellCriterion(criterion).tables(0);
}

std::vector<std::string> Ranges(const std::string& criterion) {
  const v1::MethodologyTable table = Tell(criterion);
  EXPECT_EQ(table.columns_size(), 2);
  return ColumnOf(table, 0);
}

TEST(MethodologyTables, WordAmountsByTheirBounds) {
  EXPECT_THAT(Ranges(R"(fact: "budget" money_tiers {
                          tiers { at_least: "50000" } tiers { at_least: "0.5" } tiers {} })"),
              ElementsAre("50\u00a0000 USD or more", "0.5 to under 50\u00a0000 USD",
                          "Under 0.5 USD", "Not known"));
  EXPECT_THAT(Ranges(R"(fact: "budget" money_tiers { tiers {} })"),
              ElementsAre("Any", "Not known"));
}

TEST(MethodologyTables, WordWholeNumbersUpToTheLastOfThem) {
  EXPECT_THAT(
      Ranges(R"(fact: "employees" numeric_tiers {
                          tiers { at_least: "1000" } tiers { at_least: "12" }
                          tiers { at_least: "10" } tiers { at_least: "9" } tiers {} })"),
      ElementsAre("1\u00a0000 or more", "12 to 999", "10 or 11", "9", "Under 9", "Not known"));
  EXPECT_THAT(Ranges(R"(fact: "employees" numeric_tiers { tiers { at_least: "1" } tiers {} })"),
              ElementsAre("1 or more", "0", "Not known"));
  EXPECT_THAT(Ranges(R"(fact: "employees" numeric_tiers { tiers { at_least: "2" } tiers {} })"),
              ElementsAre("2 or more", "0 or 1", "Not known"));
  EXPECT_THAT(Ranges(R"(fact: "employees" numeric_tiers {
                          tiers { at_least: "3.5" } tiers { at_least: "2" } tiers {} })"),
              ElementsAre("3.5 or more", "2 to under 3.5", "0 or 1", "Not known"));
}

TEST(MethodologyTables, WordCustomNumbersAsDecimals) {
  EXPECT_THAT(Ranges(R"(fact: "custom.ratio" numeric_tiers {
                          tiers { at_least: "10" } tiers { at_least: "-1.25" } tiers {} })"),
              ElementsAre("10 or more", "-1.25 to under 10", "Under -1.25", "Not known"));
}

TEST(MethodologyTables, WordCountsFromOneOn) {
  EXPECT_THAT(Ranges(R"(fact: "interests" distinct_count_tiers {
                          tiers { at_least: 5 } tiers { at_least: 2 } tiers {} })"),
              ElementsAre("5 or more", "2 to 4", "1", "Not known"));
  EXPECT_THAT(Ranges(R"(fact: "interests" distinct_count_tiers {
                          tiers { at_least: 4 } tiers {} })"),
              ElementsAre("4 or more", "Under 4", "Not known"));
}

TEST(MethodologyTables, WordDaysBehindAndAhead) {
  const auto days = [](const std::vector<int>& bounds) {
    std::string tiers;
    for (const int bound : bounds) {
      absl::StrAppend(&tiers, "tiers { days_at_most: ", bound, " } ");
    }
    std::vector<std::string> ranges =
        Ranges(absl::StrCat(R"(fact: "last_contact_date" recency_tiers { )", tiers, "tiers {} }"));
    EXPECT_EQ(ranges.back(), "Not known");
    ranges.pop_back();
    return ranges;
  };
  EXPECT_THAT(days({}), ElementsAre("Any day"));
  EXPECT_THAT(days({1, 30, 1000}),
              ElementsAre("Up to 1 day ago", "2 to 30 days ago", "31 to 1\u00a0000 days ago",
                          "More than 1\u00a0000 days ago"));
  EXPECT_THAT(days({0, 1, 2}),
              ElementsAre("Today or later", "1 day ago", "2 days ago", "More than 2 days ago"));
  EXPECT_THAT(days({0}), ElementsAre("Today or later", "Before today"));
  EXPECT_THAT(days({-31, -2, -1, 0, 5}),
              ElementsAre("31 days ahead or more", "2 to 30 days ahead", "1 day ahead", "Today",
                          "1 to 5 days ago", "More than 5 days ago"));
  EXPECT_THAT(days({-31, 30}), ElementsAre("31 days ahead or more", "30 days ahead to 30 days ago",
                                           "More than 30 days ago"));
  EXPECT_THAT(days({-31, 0}),
              ElementsAre("31 days ahead or more", "Today to 30 days ahead", "Before today"));
  EXPECT_THAT(days({-1, 7}),
              ElementsAre("1 day ahead or more", "Today to 7 days ago", "More than 7 days ago"));
  EXPECT_THAT(days({-1}), ElementsAre("1 day ahead or more", "Today or earlier"));
  EXPECT_THAT(days({-31}),
              ElementsAre("31 days ahead or more", "At most 30 days ahead, or passed"));
}

TEST(MethodologyTables, SayThatDaysToComeCountAsTodayWhereTheyDo) {
  const auto read = [](int bound) {
    const v1::MethodologySection part = TellCriterion(
        absl::StrCat(R"(fact: "last_contact_date" recency_tiers { tiers { days_at_most: )", bound,
                     " } tiers {} }"));
    return part.paragraphs(0);
  };
  EXPECT_THAT(read(7), HasSubstr("A day still to come counts as today."));
  EXPECT_THAT(read(-7), testing::Not(HasSubstr("counts as today")));
}

TEST(MethodologyTables, ShowLabelsThatSayMoreThanTheRange) {
  const v1::MethodologyTable table = Tell(R"(fact: "employees" numeric_tiers {
      tiers { at_least: "250" points: 3 label: "Large" }
      tiers { at_least: "50" points: 2 label: "50 to 249" }
      tiers { points: 1 label: "Under 50" } })");
  EXPECT_THAT(table.columns(), ElementsAre("Tier", "Employees", "Points"));
  EXPECT_THAT(ColumnOf(table, 0), ElementsAre("Large", "50 to 249", "Under 50", ""));
  EXPECT_THAT(ColumnOf(table, 1), ElementsAre("250 or more", "50 to 249", "Under 50", "Not known"));
  EXPECT_THAT(ColumnOf(table, 2), ElementsAre("3", "2", "1", "0"));
}

TEST(MethodologyTables, LeaveOutLabelsThatRepeatTheRange) {
  EXPECT_THAT(Ranges(R"(fact: "budget" money_tiers {
                          tiers { at_least: "25000" label: "25 000 USD or more" }
                          tiers { at_least: "1000" label: "1 000 to 25 000 USD" }
                          tiers { label: "Under 1 000 USD" } })"),
              ElementsAre("25\u00a0000 USD or more", "1\u00a0000 to under 25\u00a0000 USD",
                          "Under 1\u00a0000 USD", "Not known"));
}

// A label that was not changed with its bound would mislead.
TEST(MethodologyTables, ShowLabelsThatContradictTheRange) {
  EXPECT_EQ(Tell(R"(fact: "budget" money_tiers {
                      tiers { at_least: "26000" label: "25 000 USD or more" } tiers {} })")
                .columns_size(),
            3);
}

TEST(MethodologyTables, NameCategoriesByLabelAndByTheValueThatItDoesNotSpell) {
  const v1::MethodologyTable table = Tell(R"(fact: "industry" category_points {
      categories { value: "K64" points: 5 label: "Banks" } categories { value: "K65" points: 3 }
      other_points: 1 })");
  EXPECT_THAT(table.columns(), ElementsAre("Industry", "Points"));
  EXPECT_THAT(ColumnOf(table, 0), ElementsAre("Banks (K64)", "K65", "Anything else", "Not known"));
  EXPECT_THAT(ColumnOf(table, 1), ElementsAre("5", "3", "1", "0"));
  EXPECT_THAT(ColumnOf(Tell(R"(fact: "contact_role" category_points {
                  categories { value: "DECISION_MAKER" } categories { value: "USER" label: "Uses" }
                  other_points: 0 })"),
                       0),
              ElementsAre("Decision maker", "Uses (USER)", "Anything else", "Not known"));
}

TEST(MethodologyTables, KnowThatEveryAccountHasAStage) {
  const v1::MethodologySection part = TellCriterion(R"(fact: "lifecycle_stage" category_points {
      categories { value: "CLIENT" points: 5 } other_points: 1 })");
  EXPECT_THAT(ColumnOf(part.tables(0), 0), ElementsAre("Client", "Anything else"));
  EXPECT_THAT(part.paragraphs(0), HasSubstr("counts as a prospect"));
}

TEST(MethodologyTables, WordPresenceByTheKindOfFact) {
  const auto rows = [](const std::string& fact) {
    return Ranges(absl::StrCat("fact: \"", fact,
                               "\" presence_points { present_points: 5 absent_points: 1 }"));
  };
  EXPECT_THAT(rows("industry"), ElementsAre("Known", "Not known"));
  EXPECT_THAT(rows("specific_request_made"), ElementsAre("Yes", "No, or not known"));
  EXPECT_THAT(rows("custom.flag"), ElementsAre("Known, and not a no", "Not known, or a no"));
}

TEST(MethodologyTables, SayWhatIsRead) {
  const auto read = [](const std::string& criterion) {
    return TellCriterion(criterion).paragraphs(0);
  };
  const std::string presence = " presence_points { present_points: 5 }";
  EXPECT_EQ(read("fact: 'past_due_cases' numeric_tiers { tiers {} }"),
            "It reads the number of past-due cases.");
  EXPECT_EQ(read("fact: 'country_risk_class' numeric_tiers { tiers {} }"),
            "It reads the country risk class.");
  EXPECT_EQ(read("fact: 'custom.ratio' numeric_tiers { tiers {} }"),
            "It reads the custom fact “ratio”.");
  EXPECT_EQ(read("fact: 'interests'" + presence), "It asks whether the interests are known.");
  EXPECT_EQ(read("fact: 'specific_request_made'" + presence),
            "It asks for a yes or a no: specific request.");
  EXPECT_EQ(read("fact: 'custom.flag'" + presence),
            "It asks whether the custom fact “flag” is known. If it is a yes or a no, only a yes "
            "counts.");
  EXPECT_THAT(read("fact: 'countries'" + presence), HasSubstr("whether the countries are known. "));
}

}  // namespace
}  // namespace tiermark
