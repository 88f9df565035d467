#include "clients/cli/facts_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "clients/cli/options.h"
#include "tests/support/temporary_directory.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Given {
  absl::Status status;
  v1::AccountFacts facts;
  google::protobuf::FieldMask mask;
};

// What the flags of a command line give; CLI11 throws what it refuses itself.
Given Read(std::vector<std::string> arguments) {
  CLI::App app;
  FactsFlags flags;
  flags.AddTo(&app);
  std::reverse(arguments.begin(), arguments.end());
  app.parse(arguments);
  Given given;
  given.status = flags.Read(&given.facts, &given.mask);
  return given;
}

TEST(FactsFlagsTest, NoneGiven_IsNone) {
  CLI::App app;
  FactsFlags flags;
  flags.AddTo(&app);
  app.parse(std::vector<std::string>{});
  EXPECT_FALSE(flags.given());
}

TEST(FactsFlagsTest, CommonFlagsAreFacts) {
  const Given given = Read({"--name",
                            "Banco",
                            "--country",
                            "CO",
                            "--mrr",
                            "USD:60000",
                            "--mrr",
                            "PE=USD:5",
                            "--past-due-cases",
                            "0",
                            "--industry-reference",
                            "market-leader",
                            "--countries",
                            "CO,PE",
                            "--stage",
                            "client",
                            "--employees",
                            "20",
                            "--first-meeting",
                            "2026-01-02",
                            "--fact",
                            "interests=loans,cards",
                            "--fact",
                            "custom.tier=gold"});
  ASSERT_TRUE(given.status.ok()) << given.status;
  EXPECT_EQ(given.facts.display_name(), "Banco");
  ASSERT_EQ(given.facts.potential_mrr_size(), 2);
  EXPECT_EQ(given.facts.potential_mrr(0).country(), "CO");
  EXPECT_EQ(given.facts.potential_mrr(1).country(), "PE");
  EXPECT_TRUE(given.facts.has_past_due_cases());
  EXPECT_EQ(given.facts.industry_reference(), v1::INDUSTRY_REFERENCE_MARKET_LEADER);
  EXPECT_THAT(given.facts.operating_countries(), ElementsAre("CO", "PE"));
  EXPECT_EQ(given.facts.lifecycle_stage(), v1::LIFECYCLE_STAGE_CLIENT);
  EXPECT_EQ(given.facts.first_meeting_date().day(), 2);
  EXPECT_THAT(given.facts.interests(), ElementsAre("loans", "cards"));
  EXPECT_EQ(given.facts.custom().at("tier").text(), "gold");
  EXPECT_THAT(given.mask.paths(), ElementsAre());
}

TEST(FactsFlagsTest, MrrWithoutACountry_IsAWrongCommandLine) {
  EXPECT_TRUE(IsUsageError(Read({"--mrr", "USD:60000"}).status));
}

TEST(FactsFlagsTest, WhatIsMalformed_IsRefusedByTheParser) {
  for (const auto& [flag, value] :
       std::vector<std::pair<std::string, std::string>>{{"--past-due-cases", "many"},
                                                        {"--industry-reference", "big"},
                                                        {"--mrr", "60000"},
                                                        {"--created", "yesterday"},
                                                        {"--fact", "cases=1"},
                                                        {"--clear", "cases"}}) {
    EXPECT_THROW(Read({flag, value}), CLI::ValidationError) << flag;
  }
}

TEST(FactsFlagsTest, Clear_MasksWhatIsWrittenAndWhatIsCleared) {
  const Given given = Read({"--country", "CO", "--clear", "past_due_cases,owner_id"});
  ASSERT_TRUE(given.status.ok()) << given.status;
  EXPECT_THAT(given.mask.paths(), ElementsAre("country", "past_due_cases", "owner_id"));
  EXPECT_TRUE(IsUsageError(Read({"--country", "CO", "--clear", "country"}).status));
  EXPECT_TRUE(IsUsageError(Read({"--fact", "custom.a=b", "--clear", "country"}).status));
}

TEST(FactsFlagsTest, Replace_MasksAll) {
  EXPECT_THAT(Read({"--country", "CO", "--replace"}).mask.paths(), ElementsAre("*"));
}

TEST(FactsFlagsTest, FlagsStandAboveTheFile) {
  const TemporaryDirectory folder;
  const std::string path = folder.path() + "/facts.json";
  std::ofstream(path) << R"({"country": "CO", "past_due_cases": 7, "operatingCountries": ["CO"]})";
  const Given given = Read({"--facts", path, "--past-due-cases", "8"});
  ASSERT_TRUE(given.status.ok()) << given.status;
  EXPECT_EQ(given.facts.country(), "CO");
  EXPECT_EQ(given.facts.past_due_cases(), 8);
  EXPECT_THAT(given.facts.operating_countries(), ElementsAre("CO"));
  EXPECT_THAT(Read({"--facts", folder.path() + "/none"}).status.message(),
              HasSubstr("cannot read"));
  EXPECT_THAT(Read({"--facts", folder.path()}).status.message(), HasSubstr("cannot read"));
}

TEST(FactsJsonTest, FaultsAreSaidWithTheirPlace) {
  v1::AccountFacts facts;
  EXPECT_TRUE(ParseFactsJson(R"({"country": "CO"})", &facts).ok());
  for (const auto& [text, said] : std::vector<std::pair<const char*, const char*>>{
           {"{\"country\":\n \"CO\",}", "line 2, column 7"},
           {"{\"country\": \"CO\", \"country\": \"PE\"}", "\"country\" is given twice"},
           {"{'country': 'CO'}", "line 1, column 2"},
           {"[]", "must be a JSON object"},
           {"", "parse error"},
           {"{\"countri\": \"CO\"}", "countri"},
           {"{\"pastDueCases\": \"many\"}", "many"}}) {
    EXPECT_THAT(std::string(ParseFactsJson(text, &facts).message()), HasSubstr(said)) << text;
  }
}

}  // namespace
}  // namespace tiermark::cli
