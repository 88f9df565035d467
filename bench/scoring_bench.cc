// bench_scoring: scores facts through the shipped model in one thread and tells how fast. Under
// valgrind it is run with --evaluations, which does so many and times nothing: the instructions of
// one evaluation are what twice as many need more, divided by the number.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "bench/portfolio.h"
#include "google/protobuf/arena.h"
#include "scoring/compiled_model.h"
#include "scoring/shipped.h"
#include <CLI/CLI.hpp>

namespace tiermark::bench {
namespace {

// Few enough to stay in the second-level cache, and enough that no branch is learnt by heart.
constexpr int kAccounts = 512;
constexpr int kRoundsMin = 5;

const absl::CivilDay kDay(2026, 3, 2);

struct Portfolio {
  std::shared_ptr<const CompiledModel> model;
  std::vector<v1::AccountFacts> facts;
};

Portfolio Make() {
  Portfolio portfolio;
  auto model = CompiledModel::Compile(ShippedModels().front(), ShippedExchangeRates());
  if (!model.ok()) std::abort();
  portfolio.model = *std::move(model);
  portfolio.facts.resize(kAccounts);
  for (int i = 0; i < kAccounts; ++i) FillFacts(i, FirstVariant(i), &portfolio.facts[i]);
  return portfolio;
}

// The sum of the scores, which keeps the compiler from leaving the work out.
int64_t Run(const Portfolio& portfolio, int64_t evaluations, bool explain) {
  int64_t sum = 0;
  // As a server does it: the answer is built on memory that is used again for the next one.
  std::vector<char> block(64 << 10);
  google::protobuf::ArenaOptions arena_options;
  arena_options.initial_block = block.data();
  arena_options.initial_block_size = block.size();
  google::protobuf::Arena arena(arena_options);
  ScoreCard card;
  for (int64_t i = 0; i < evaluations; ++i) {
    const v1::AccountFacts& facts = portfolio.facts[static_cast<size_t>(i % kAccounts)];
    if (!portfolio.model->Score(facts, kDay, &card).ok()) std::abort();
    sum += card.exact_score;
    if (explain) {
      auto* evaluation = google::protobuf::Arena::CreateMessage<v1::Evaluation>(&arena);
      portfolio.model->Explain(facts, kDay, card, evaluation);
      sum += evaluation->criteria_size();
      arena.Reset();
    }
  }
  return sum;
}

// Processor time of this thread: what others do meanwhile does not count.
double ThreadSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

int Main(int argc, char** argv) {
  bool explain = false;
  int64_t evaluations = 0;
  double seconds = 0.5;
  int rounds = kRoundsMin;
  CLI::App app("Scores accounts in one thread.", "bench_scoring");
  app.add_flag("--explain", explain, "With the explanation");
  app.add_option("--evaluations", evaluations, "Does so many and times nothing");
  app.add_option("--seconds", seconds, "About how long a round takes");
  app.add_option("--rounds", rounds)->check(CLI::Range(1, 1'000));
  CLI11_PARSE(app, argc, argv);

  const Portfolio portfolio = Make();
  if (evaluations > 0) {
    std::printf("{\"sum\": %lld}\n", static_cast<long long>(Run(portfolio, evaluations, explain)));
    return EXIT_SUCCESS;
  }
  const auto timed = [&](int64_t count) {
    const double start = ThreadSeconds();
    // The sum must be used; it is never negative.
    if (Run(portfolio, count, explain) < 0) std::abort();
    return ThreadSeconds() - start;
  };
  const int64_t trial = explain ? 20'000 : 500'000;
  const auto count = std::max<int64_t>(
      static_cast<int64_t>(static_cast<double>(trial) * seconds / timed(trial)), 1);
  std::vector<double> rates;
  for (int i = 0; i < rounds; ++i) rates.push_back(static_cast<double>(count) / timed(count));
  std::sort(rates.begin(), rates.end());
  std::printf("{\"per_second\": %.0f, \"per_second_min\": %.0f, \"per_second_max\": %.0f}\n",
              rates[rates.size() / 2], rates.front(), rates.back());
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace tiermark::bench

int main(int argc, char** argv) { return tiermark::bench::Main(argc, argv); }
