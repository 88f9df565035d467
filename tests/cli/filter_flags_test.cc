#include "clients/cli/filter_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

using ::testing::ElementsAre;

v1::AccountFilter FilterOf(std::vector<std::string> arguments) {
  CLI::App app;
  FilterFlags flags;
  flags.AddTo(&app);
  std::reverse(arguments.begin(), arguments.end());
  app.parse(arguments);
  return flags.Filter();
}

TEST(FilterFlagsTest, NoneGiven_FindsAll) {
  EXPECT_EQ(FilterOf({}).SerializeAsString(), v1::AccountFilter().SerializeAsString());
}

TEST(FilterFlagsTest, EachFlagIsItsPart) {
  const v1::AccountFilter filter = FilterOf({"--segment",    "strategic,none",
                                             "--min-score",  "0",
                                             "--max-score",  "50",
                                             "--country",    "CO,PE",
                                             "--owner",      "a",
                                             "--owner",      "b",
                                             "--parent",     "p",
                                             "--where",      "activity=leaving,no-activity",
                                             "--where",      "owner=Ana-Lee,none",
                                             "--fact",       "past_due_cases>=1000",
                                             "--due-by",     "2026-01-02",
                                             "--due-reason", "event,first-meeting",
                                             "--as-of",      "2026-01-02"});
  EXPECT_THAT(filter.segments(), ElementsAre(v1::SEGMENT_STRATEGIC, v1::SEGMENT_UNSPECIFIED));
  EXPECT_TRUE(filter.has_min_score());
  EXPECT_EQ(filter.max_score(), 50);
  EXPECT_THAT(filter.countries(), ElementsAre("CO", "PE"));
  EXPECT_THAT(filter.owner_ids(), ElementsAre("a", "b"));
  EXPECT_THAT(filter.parent_ids(), ElementsAre("p"));
  ASSERT_EQ(filter.dimensions_size(), 2);
  EXPECT_THAT(filter.dimensions(0).values(), ElementsAre("LEAVING", "NO_ACTIVITY"));
  // Ids are the tenant's own, and stay as they are.
  EXPECT_THAT(filter.dimensions(1).values(), ElementsAre("Ana-Lee", "UNSPECIFIED"));
  EXPECT_EQ(filter.facts(0).at_least().int64(), 1'000);
  EXPECT_EQ(filter.due().due_by_time().seconds(), 1'767'312'000);
  EXPECT_THAT(filter.due().reasons(),
              ElementsAre(v1::REEVALUATION_REASON_EVENT, v1::REEVALUATION_REASON_FIRST_MEETING));
  EXPECT_EQ(filter.as_of_date().year(), 2026);
}

TEST(FilterFlagsTest, Due_IsDueNow) {
  EXPECT_TRUE(FilterOf({"--due"}).has_due());
  EXPECT_FALSE(FilterOf({"--due"}).due().has_due_by_time());
}

TEST(FilterFlagsTest, WhatIsMalformed_IsRefusedByTheParser) {
  for (const auto& [flag, value] :
       std::vector<std::pair<std::string, std::string>>{{"--segment", "gold"},
                                                        {"--min-score", "101"},
                                                        {"--where", "colour=red"},
                                                        {"--where", "activity"},
                                                        {"--fact", "cases=1"},
                                                        {"--due-by", "soon"},
                                                        {"--due-reason", "whim"},
                                                        {"--as-of", "2026-13-01"}}) {
    EXPECT_THROW(FilterOf({flag, value}), CLI::ValidationError) << flag << " " << value;
  }
}

TEST(FilterFlagsTest, ValuesOfDimensions_AreToldAsTheyAreTaken) {
  EXPECT_EQ(FlagValueOf(v1::DIMENSION_ACTIVITY, "NO_ACTIVITY"), "no-activity");
  EXPECT_EQ(FlagValueOf(v1::DIMENSION_OWNER, "Ana_Lee"), "Ana_Lee");
  EXPECT_EQ(FlagValueOf(v1::DIMENSION_OWNER, "UNSPECIFIED"), "none");
}

}  // namespace
}  // namespace tiermark::cli
