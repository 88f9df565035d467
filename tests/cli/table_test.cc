#include "clients/cli/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace tiermark::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

template <class Printed>
std::string PrintedBy(const Printed& printed, const Terminal& terminal = {}) {
  std::ostringstream out;
  printed.Print(terminal, out);
  return out.str();
}

TEST(TableTest, ColumnsAreAligned_NumbersToTheRight) {
  Table table({"ACCOUNT", {"SCORE", Align::kRight}, "NAME"});
  table.Add({"a-1", "100", "One"});
  table.Add({"account-22", "7", ""});
  EXPECT_EQ(PrintedBy(table),
            "ACCOUNT     SCORE  NAME\n"
            "a-1           100  One\n"
            "account-22      7\n");
}

TEST(TableTest, CellsAreCounted_NotBytes) {
  Table table({"NAME", "END"});
  table.Add({"Energía", "|"});
  table.Add({"日本", "|"});
  table.Add({"e\xCC\x81t", "|"});  // e with a combining accent.
  EXPECT_EQ(PrintedBy(table),
            "NAME     END\n"
            "Energía  |\n"
            "日本     |\n"
            "e\xCC\x81t       |\n");
}

TEST(TableTest, OnlyTheLastColumnIsCut_AndOnlyInATerminal) {
  Table table({"ACCOUNT", "DO"});
  table.Add({"a-1", "Hold the quarterly business review with both sponsors"});
  EXPECT_EQ(PrintedBy(table, {.columns = 40}),
            "ACCOUNT  DO\n"
            "a-1      Hold the quarterly business ...\n");
  EXPECT_THAT(PrintedBy(table), HasSubstr("both sponsors\n"));
  EXPECT_THAT(PrintedBy(table, {.columns = 15}), HasSubstr("both sponsors\n"));
}

TEST(TableTest, ATerminalIsNotSteeredByWhatOthersWrote) {
  Table table({"NAME"});
  table.Add(
      {"\033[31mred\r\n\xC2\x9B"
       "2J\xE2\x80\xAE"
       "x\xFF"});
  EXPECT_EQ(PrintedBy(table), "NAME\n?[31mred? ?2J?x?\n");
}

TEST(TableTest, ColoursAreOnlyWhereTheTerminalHasThem) {
  Table table({"NAME"});
  table.Add({{"up", Look::kGood}});
  EXPECT_EQ(PrintedBy(table, {.color = true}), "\033[1mNAME\033[0m\n\033[32mup\033[0m\n");
  EXPECT_THAT(PrintedBy(table), Not(HasSubstr("\033")));
}

TEST(FieldsTest, ValuesStandBelowEachOther_AndEmptyOnesNotAtAll) {
  Fields fields;
  fields.Add("Account", "a-1");
  fields.Add("Owner", "");
  fields.Add("Do", "Call");
  EXPECT_EQ(PrintedBy(fields), "Account  a-1\nDo       Call\n");
}

TEST(FieldsTest, LongValuesGoOnInFurtherLines) {
  Fields fields;
  fields.Add("Do", "Hold the quarterly business review");
  EXPECT_EQ(PrintedBy(fields, {.columns = 30}),
            "Do  Hold the quarterly\n"
            "    business review\n");
}

}  // namespace
}  // namespace tiermark::cli
