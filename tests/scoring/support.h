// What the tests of scoring share.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "scoring/compiled_model.h"
#include "tests/support/messages.h"

namespace tiermark {

std::string ReadTestData(const std::string& name);

// The lines of a table under tests/data without comments, each as `columns` trimmed cells; the last
// cell is the rest of its line.
std::vector<std::vector<std::string>> ReadTable(const std::string& name, int columns);

v1::AccountFacts FactsFromJson(const std::string& json);

// Compiles a sound model with rates; the shipped ones by default.
std::shared_ptr<const CompiledModel> CompileOrDie(const v1::ScoringModel& model);
std::shared_ptr<const CompiledModel> CompileOrDie(const v1::ScoringModel& model,
                                                  const v1::ExchangeRates& rates);

// Scores and explains; the facts must be sufficient.
v1::Evaluation Evaluate(const CompiledModel& model, const v1::AccountFacts& facts,
                        absl::CivilDay day = absl::CivilDay(2026, 5, 20));

// A source of chance for one test. Its seed comes from the environment variable
// TIERMARK_TEST_SEED, or else from the system, and is printed with how to run the test again.
class Chance {
 public:
  Chance();

  uint64_t seed() const { return seed_; }

  // From `least` to `most`, both included.
  int64_t Between(int64_t least, int64_t most);

  bool OneIn(int n) { return Between(1, n) == 1; }

  template <typename List>
  auto& Pick(List& list) {
    return list[Between(0, static_cast<int64_t>(std::size(list)) - 1)];
  }

 private:
  uint64_t seed_;
  std::mt19937_64 engine_;
  testing::ScopedTrace trace_;
};

}  // namespace tiermark
