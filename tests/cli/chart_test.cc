#include "clients/cli/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_join.h"
#include "clients/cli/terminal.h"

namespace tiermark::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kDay = 86'400;
constexpr int64_t kFirst = 1'767'225'600;  // 2026-01-01

ChartOptions Plain(int columns, int rows) {
  return {.columns = columns, .rows = rows, .unicode = false};
}

TEST(ChartTest, NoPoints_DrawNothing) { EXPECT_THAT(DrawChart({}, {}, Plain(60, 5)), IsEmpty()); }

TEST(ChartTest, AScoreHoldsUntilTheNextOne) {
  const auto lines = DrawChart({{kFirst, 0}, {kFirst + 17 * kDay, 50}, {kFirst + 34 * kDay, 100}},
                               {}, Plain(40, 3));
  EXPECT_THAT(lines,
              ElementsAre("100 |                                  *",
                          " 50 |                 *----------------|", "  0 |*----------------|",
                          "     2026-01-01               2026-02-04"))
      << absl::StrJoin(lines, "\n");
}

TEST(ChartTest, OnePoint_IsAMarkOnItsDay) {
  EXPECT_THAT(DrawChart({{kFirst, 100}}, {}, Plain(40, 2)),
              ElementsAre("100 |*", "  0 |", "     2026-01-01"));
}

TEST(ChartTest, BandsAreNamedWhereTheyBegin) {
  const auto lines = DrawChart(
      {{kFirst, 16}}, {{80, "Strategic"}, {60, "Enterprise"}, {35, "Commercial"}, {0, "SMB"}},
      Plain(60, 11));
  ASSERT_THAT(lines, SizeIs(12));
  EXPECT_THAT(lines[2], EndsWith(" Strategic"));
  EXPECT_THAT(lines[4], EndsWith(" Enterprise"));
  EXPECT_THAT(lines[6], EndsWith(" Commercial"));
  EXPECT_THAT(lines[10], EndsWith(" SMB"));
}

TEST(ChartTest, EveryScoreIsInside_AndNoLineIsWiderThanAsked) {
  for (const bool unicode : {false, true}) {
    for (int columns = 0; columns <= 130; columns += 13) {
      for (int rows = 0; rows <= 12; ++rows) {
        std::vector<ChartPoint> points;
        for (int score = 0; score <= 100; ++score) points.push_back({kFirst + score * kDay, score});
        for (const std::string& line : DrawChart(
                 points, {{50, "Upper"}}, {.columns = columns, .rows = rows, .unicode = unicode})) {
          EXPECT_LE(CellsOf(line), std::max(columns, 40)) << line;
        }
      }
    }
  }
}

}  // namespace
}  // namespace tiermark::cli
