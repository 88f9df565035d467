#include "support.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "scoring/shipped.h"

namespace tiermark {
namespace {

uint64_t ChooseSeed() {
  if (const char* given = std::getenv("TIERMARK_TEST_SEED")) {
    return std::strtoull(given, nullptr, 10);
  }
  return std::random_device()();
}

std::string HowToRepeat(uint64_t seed) {
  const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
  return absl::StrCat("run again: TIERMARK_TEST_SEED=", seed,
                      " scoring_tests --gtest_filter=", test->test_suite_name(), ".", test->name());
}

}  // namespace

std::string ReadTestData(const std::string& name) {
  std::ifstream file(absl::StrCat(TIERMARK_TEST_DATA, "/", name));
  EXPECT_TRUE(file.good()) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::vector<std::string>> ReadTable(const std::string& name, int columns) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(ReadTestData(name));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string> cells;
    absl::string_view rest = line;
    for (int i = 0; i + 1 < columns; ++i) {
      const size_t bar = rest.find(" | ");
      EXPECT_NE(bar, absl::string_view::npos) << line;
      if (bar == absl::string_view::npos) break;
      cells.emplace_back(absl::StripAsciiWhitespace(rest.substr(0, bar)));
      rest.remove_prefix(bar + 3);
    }
    cells.emplace_back(absl::StripAsciiWhitespace(rest));
    rows.push_back(std::move(cells));
  }
  EXPECT_FALSE(rows.empty()) << name;
  return rows;
}

v1::AccountFacts FactsFromJson(const std::string& json) {
  v1::AccountFacts facts;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &facts).ok()) << json;
  return facts;
}

std::shared_ptr<const CompiledModel> CompileOrDie(const v1::ScoringModel& model) {
  return CompileOrDie(model, ShippedExchangeRates());
}

std::shared_ptr<const CompiledModel> CompileOrDie(const v1::ScoringModel& model,
                                                  const v1::ExchangeRates& rates) {
  auto compiled = CompiledModel::Compile(model, rates);
  if (!compiled.ok()) {
    std::cerr << compiled.status() << "\n" << model.DebugString();
    std::abort();
  }
  return *std::move(compiled);
}

v1::Evaluation Evaluate(const CompiledModel& model, const v1::AccountFacts& facts,
                        absl::CivilDay day) {
  v1::Evaluation evaluation;
  ScoreCard card;
  const absl::Status status = model.Score(facts, day, &card);
  EXPECT_TRUE(status.ok()) << status;
  if (status.ok()) model.Explain(facts, day, card, &evaluation);
  return evaluation;
}

Chance::Chance()
    : seed_(ChooseSeed()), engine_(seed_), trace_(__FILE__, __LINE__, HowToRepeat(seed_)) {
  std::cout << HowToRepeat(seed_) << std::endl;
}

int64_t Chance::Between(int64_t least, int64_t most) {
  return std::uniform_int_distribution<int64_t>(least, most)(engine_);
}

}  // namespace tiermark
