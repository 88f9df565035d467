#include "clients/cli/fact_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/protobuf/text_format.h"

namespace tiermark::cli {
namespace {

using ::testing::HasSubstr;

TEST(MoneyTest, IsExact) {
  struct {
    const char* text;
    int64_t units;
    int nanos;
  } const cases[] = {{"USD:60000", 60'000, 0},
                     {"USD:0", 0, 0},
                     {"usd:1.5", 1, 500'000'000},
                     {"USD:-1.5", -1, -500'000'000},
                     {"USD:0.000000001", 0, 1},
                     {"USD:-0.25", 0, -250'000'000},
                     {"USD:1000000000000", 1'000'000'000'000, 0}};
  for (const auto& [text, units, nanos] : cases) {
    const auto money = ParseMoney(text);
    ASSERT_TRUE(money.ok()) << text << ": " << money.status();
    EXPECT_EQ(money->currency_code(), "USD") << text;
    EXPECT_EQ(money->units(), units) << text;
    EXPECT_EQ(money->nanos(), nanos) << text;
  }
}

TEST(MoneyTest, WhatIsNoneIsRefused) {
  for (const char* text : {"", "60000", "USD", "USD:", "USD:x", "USD:1.", "USD:.5", "USD:1,5",
                           "USD:1e3", "USD:0.0000000001", "DOLLAR:1", "USD:--1", "USD:+1",
                           "USD:99999999999999999999", "USD:1.5.5", "USD: 1"}) {
    EXPECT_FALSE(ParseMoney(text).ok()) << text;
  }
}

v1::AccountFacts FactsOf(const std::vector<std::string>& assignments) {
  v1::AccountFacts facts;
  for (const std::string& assignment : assignments) {
    const absl::Status set = SetFact(assignment, &facts);
    EXPECT_TRUE(set.ok()) << assignment << ": " << set;
  }
  return facts;
}

std::string TextOfMessage(const google::protobuf::Message& message) {
  std::string text;
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  printer.PrintToString(message, &text);
  return text;
}

TEST(SetFactTest, EveryTypeOfFact) {
  struct {
    const char* assignment;
    const char* facts;
  } const cases[] = {
      {"display_name=Banco = Uno", "display_name: \"Banco = Uno\" "},
      {"past_due_cases=0", "past_due_cases: 0 "},
      {"industry_regulated=yes", "industry_regulated: true "},
      {"industry_reference=market-leader", "industry_reference: INDUSTRY_REFERENCE_MARKET_LEADER "},
      {"payment_terms=NET_30", "payment_terms: PAYMENT_TERMS_NET_30 "},
      {"created_date=2020-02-29", "created_date { year: 2020 month: 2 day: 29 } "},
      {"budget=EUR:5.5", "budget { currency_code: \"EUR\" units: 5 nanos: 500000000 } "},
      {"interests=loans,cards", "interests: \"loans\" interests: \"cards\" "},
      {"follow_ups=training,maintenance",
       "follow_ups: FOLLOW_UP_TRAINING follow_ups: FOLLOW_UP_MAINTENANCE "},
      {"potential_mrr=CO=USD:1,PE=USD:2",
       "potential_mrr { country: \"CO\" amount { currency_code: \"USD\" units: 1 } } "
       "potential_mrr { country: \"PE\" amount { currency_code: \"USD\" units: 2 } } "},
      {"product_line_revenue=core=USD:9",
       "product_line_revenue { product_line: \"core\" amount { currency_code: \"USD\" units: 9 } "
       "} "},
      {"custom.tier=gold", "custom { key: \"tier\" value { text: \"gold\" } } "},
      {"custom.tier=text:int:5", "custom { key: \"tier\" value { text: \"int:5\" } } "},
      {"custom.seats=int:5", "custom { key: \"seats\" value { int64: 5 } } "},
      {"custom.rate=decimal:1.25", "custom { key: \"rate\" value { decimal: \"1.25\" } } "},
      {"custom.vip=bool:no", "custom { key: \"vip\" value { bool: false } } "},
      {"custom.since=date:2026-01-02",
       "custom { key: \"since\" value { date { year: 2026 month: 1 day: 2 } } } "},
      {"custom.limit=money:USD:7",
       "custom { key: \"limit\" value { money { currency_code: \"USD\" units: 7 } } } "},
      {"custom.gone=", "custom { key: \"gone\" value { } } "}};
  for (const auto& [assignment, facts] : cases) {
    EXPECT_EQ(TextOfMessage(FactsOf({assignment})), facts);
  }
}

TEST(SetFactTest, TheLastOneHolds) {
  EXPECT_EQ(FactsOf({"interests=a,b", "interests=c"}).interests_size(), 1);
}

TEST(SetFactTest, WhatIsWrongIsSaid) {
  v1::AccountFacts facts;
  for (const auto& [assignment, said] : std::vector<std::pair<const char*, const char*>>{
           {"past_due_cases", "NAME=VALUE"},
           {"cases=1", "there is no fact \"cases\""},
           {"custom=1", "there is no fact \"custom\""},
           {"past_due_cases=many", "past_due_cases must be a whole number"},
           {"past_due_cases=3000000000", "past_due_cases must be a whole number"},
           {"industry_reference=big", "one of market-leader, recognized, emerging, none"},
           {"industry_regulated=1", "must be yes or no"},
           {"created_date=2026-02-30", "must be a day"},
           {"budget=5", "must be an amount"},
           {"potential_mrr=USD:5", "must be an amount"},
           {"custom.seats=int:x", "whole number"}}) {
    EXPECT_THAT(SetFact(assignment, &facts).message(), HasSubstr(said)) << assignment;
  }
}

TEST(FactConditionTest, ReadsEachKind) {
  struct {
    const char* text;
    const char* condition;
  } const cases[] = {
      {"industry=K64,K65", "fact: \"industry\" one_of: \"K64\" one_of: \"K65\" "},
      {"service_level=premium", "fact: \"service_level\" one_of: \"PREMIUM\" "},
      {"past_due_cases>=1000", "fact: \"past_due_cases\" at_least { int64: 1000 } "},
      {"budget<=USD:5", "fact: \"budget\" at_most { money { currency_code: \"USD\" units: 5 } } "},
      {"potential_mrr>=USD:5",
       "fact: \"potential_mrr\" at_least { money { currency_code: \"USD\" units: 5 } } "},
      {"created_date>=2026-01-02",
       "fact: \"created_date\" at_least { date { year: 2026 month: 1 day: 2 } } "},
      {"operating_countries>=2", "fact: \"operating_countries\" at_least { int64: 2 } "},
      {"industry_regulated=no", "fact: \"industry_regulated\" is: false "},
      {"custom.vip=bool:yes", "fact: \"custom.vip\" is: true "},
      {"custom.tier=gold", "fact: \"custom.tier\" one_of: \"gold\" "},
      {"custom.seats>=int:5", "fact: \"custom.seats\" at_least { int64: 5 } "}};
  for (const auto& [text, condition] : cases) {
    const auto parsed = ParseFactCondition(text);
    ASSERT_TRUE(parsed.ok()) << text << ": " << parsed.status();
    EXPECT_EQ(TextOfMessage(*parsed), condition);
  }
  for (const char* text : {"", "industry", "industry>K64", "cases=1", "past_due_cases>=many",
                           "industry_regulated=1", "service_level=gold", "budget>=5"}) {
    EXPECT_FALSE(ParseFactCondition(text).ok()) << text;
  }
}

}  // namespace
}  // namespace tiermark::cli
