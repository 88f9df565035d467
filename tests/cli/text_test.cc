#include "clients/cli/text.h"

#include <gtest/gtest.h>

#include "clients/cli/dates.h"
#include "clients/cli/durations.h"
#include "clients/cli/fact_values.h"
#include "clients/cli/model_source.h"
#include "tiermark/v1/activity.pb.h"
#include "tiermark/v1/segment.pb.h"

namespace tiermark::cli {
namespace {

TEST(TextTest, EnumsAreWords) {
  EXPECT_EQ(WordsOf(v1::INDUSTRY_REFERENCE_MARKET_LEADER), "Market leader");
  EXPECT_EQ(WordsOf(v1::ACTIVITY_STATUS_SLEEPING_AWAY), "Sleeping away");
  EXPECT_EQ(WordsOf(v1::SEGMENT_SMB), "SMB");
  EXPECT_EQ(WordsOf(v1::SEGMENT_UNSPECIFIED), "");
  EXPECT_EQ(WordsOf(static_cast<v1::Segment>(77)), "77");
}

TEST(TextTest, MoneyHasItsCurrency_AndAllOfItsDigits) {
  for (const auto& [given, told] :
       std::vector<std::pair<const char*, const char*>>{{"USD:0", "0 USD"},
                                                        {"USD:999", "999 USD"},
                                                        {"USD:1000", "1,000 USD"},
                                                        {"USD:-1234567.5", "-1,234,567.50 USD"},
                                                        {"USD:-123", "-123 USD"},
                                                        {"USD:-0.25", "-0.25 USD"},
                                                        {"EUR:0.000000001", "0.000000001 EUR"},
                                                        {"EUR:12.345", "12.345 EUR"}}) {
    EXPECT_EQ(TextOf(*ParseMoney(given)), told);
  }
  EXPECT_EQ(TextOf(google::type::Money()), "");
}

TEST(TextTest, HundredthsKeepTheirSign) {
  EXPECT_EQ(HundredthsOf(1'600), "16.00");
  EXPECT_EQ(HundredthsOf(5), "0.05");
  EXPECT_EQ(HundredthsOf(-5), "-0.05");
  EXPECT_EQ(SignedHundredthsOf(350), "+3.50");
  EXPECT_EQ(SignedHundredthsOf(0), "0.00");
}

TEST(DatesTest, AreReadAndToldAsIsoHasThem) {
  EXPECT_EQ(TextOf(*ParseDate("2024-02-29")), "2024-02-29");
  for (const char* text :
       {"", "2026-02-29", "2026-2-1", "2026-13-01", "01.02.2026", "2026-01-02x"}) {
    EXPECT_FALSE(ParseDate(text)) << text;
  }
  EXPECT_EQ(TextOf(*ParseTime("2026-01-02")), "2026-01-02T00:00:00Z");
  EXPECT_EQ(TextOf(*ParseTime("2026-01-02T03:04:05+02:00")), "2026-01-02T01:04:05Z");
  EXPECT_EQ(ParseTime("2026-01-02T03:04:05.5Z")->nanos(), 500'000'000);
  EXPECT_FALSE(ParseTime("2026-01-02 03:04"));
}

TEST(DurationsTest, AreReadWithTheirUnit) {
  EXPECT_EQ(ParseDuration("500ms")->count(), 500);
  EXPECT_EQ(ParseDuration("1m30s")->count(), 90'000);
  EXPECT_EQ(ParseDuration("7d")->count(), 7 * 86'400'000);
  for (const char* text : {"", "5", "0s", "-1s", "d", "1w", "inf", "100001d"}) {
    EXPECT_FALSE(ParseDuration(text)) << text;
  }
}

TEST(ModelSourceTest, NamesAreTold_AndFilesByTheirEnding) {
  EXPECT_EQ(SelectorOf("fit").model_id(), "fit");
  EXPECT_EQ(SelectorOf("fit@3").model_id(), "fit");
  EXPECT_EQ(SelectorOf("fit@3").model_version(), 3);
  EXPECT_EQ(SelectorOf("fit.3").draft_id(), "fit.3");
  EXPECT_NE(CheckSelector("fit@x"), "");
  EXPECT_NE(CheckSelector("fit@0"), "");
  for (const char* file : {"-", "fit.textproto", "fit.json", "models/fit", "./fit"}) {
    EXPECT_TRUE(IsFile(file)) << file;
  }
  for (const char* model : {"fit", "fit@3", "fit.3"}) EXPECT_FALSE(IsFile(model)) << model;
}

}  // namespace
}  // namespace tiermark::cli
