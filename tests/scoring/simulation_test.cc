// What a model would do to a portfolio: by hand, and by chance beside a slow count.
#include "scoring/simulation.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "scoring/shipped.h"
#include "support.h"
#include "tests/scoring/random_models.h"

namespace tiermark {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr absl::CivilDay kDay(2026, 5, 20);

// The account as evaluating it by the model leaves it.
store::v1::AccountState ScoredBy(const CompiledModel& model, const v1::AccountFacts& facts,
                                 absl::CivilDay day = kDay) {
  ScoreCard card;
  EXPECT_TRUE(model.TryScore(facts, day, &card));
  const v1::Band& band = model.model().bands(card.band);
  store::v1::AccountState state;
  store::v1::LatestScore* score = state.add_scores();
  score->set_model_id(model.model().model_id());
  score->set_model_version(model.model().version());
  score->set_score(card.score);
  score->set_band_id(band.band_id());
  score->set_band_name(band.display_name());
  score->set_segment(band.segment());
  score->set_position(1);
  score->set_counted(true);
  return state;
}

Simulation::Options Counting(int movers_max = 100) {
  Simulation::Options options;
  options.day = kDay;
  options.counts = true;
  options.movers_max = movers_max;
  options.reference_currency = "USD";
  return options;
}

const RateTable& Rates() {
  static const auto& rates = *[] {
    Violations violations;
    return new RateTable(ShippedExchangeRates(), "rates", &violations);
  }();
  return rates;
}

std::shared_ptr<const CompiledModel> Segmentation() { return CompileOrDie(ShippedModels()[0]); }

// A version of the segmentation model that `change` made.
template <typename Change>
std::shared_ptr<const CompiledModel> Changed(Change change) {
  v1::ScoringModel model = ShippedModels()[0];
  model.set_version(2);
  change(&model);
  return CompileOrDie(model);
}

v1::SimulationResult ResultOf(const Simulation& simulation) {
  v1::SimulationResult result;
  simulation.Fill(&result);
  return result;
}

TEST(Simulation, OfTheActiveVersion_MovesNobody) {
  const auto active = Segmentation();
  Simulation simulation(*active, active.get(), Rates(), Counting());
  simulation.Add("bank", BankFacts(), ScoredBy(*active, BankFacts()), nullptr);
  simulation.Add("fintech", FintechFacts(), ScoredBy(*active, FintechFacts()), nullptr);
  const v1::SimulationResult result = ResultOf(simulation);
  EXPECT_EQ(result.accounts(), 2);
  EXPECT_EQ(result.moved_accounts(), 0);
  EXPECT_EQ(result.unscorable_accounts(), 0);
  EXPECT_THAT(result.movers(), SizeIs(0));
  ASSERT_THAT(result.cells(), SizeIs(2));
  EXPECT_EQ(result.cells(0).from_segment(), v1::SEGMENT_STRATEGIC);
  EXPECT_EQ(result.cells(0).to_segment(), v1::SEGMENT_STRATEGIC);
  EXPECT_EQ(result.cells(0).accounts(), 1);
  EXPECT_EQ(result.cells(0).mrr().units(), 60'000);
  EXPECT_EQ(result.cells(1).from_segment(), v1::SEGMENT_SMB);
  EXPECT_EQ(result.before().mean_score(), 5'800);
  EXPECT_EQ(result.after().mean_score(), 5'800);
  EXPECT_EQ(result.after().accounts_by_score(100), 1);
  EXPECT_EQ(result.after().accounts_by_score(16), 1);
  EXPECT_THAT(result.after().accounts_by_score(), SizeIs(101));
}

TEST(Simulation, TellsWhoMoves_AndTheCriterionThatMovesThem) {
  const auto active = Segmentation();
  const auto tried = Changed([](v1::ScoringModel* model) {
    // Cases count for 40 %, and half a million is nothing any more.
    model->mutable_criteria(0)->set_weight_percent(20);
    model->mutable_criteria(1)->set_weight_percent(40);
    for (auto& tier : *model->mutable_criteria(1)->mutable_numeric_tiers()->mutable_tiers()) {
      tier.set_points(0);
    }
  });
  Simulation simulation(*tried, active.get(), Rates(), Counting());
  google::protobuf::RepeatedPtrField<v1::Mover> movers;
  v1::AccountFacts bank = BankFacts();
  bank.set_display_name("Banco Uno");
  simulation.Add("bank", bank, ScoredBy(*active, bank), &movers);
  simulation.Add("fintech", FintechFacts(), ScoredBy(*active, FintechFacts()), &movers);
  const v1::SimulationResult result = ResultOf(simulation);
  EXPECT_EQ(result.moved_accounts(), 1);
  EXPECT_EQ(result.moved_by_facts_accounts(), 0);
  ASSERT_THAT(result.movers(), SizeIs(1));
  ASSERT_THAT(movers, SizeIs(1));
  const v1::Mover& mover = result.movers(0);
  EXPECT_EQ(mover.SerializeAsString(), movers[0].SerializeAsString());
  EXPECT_EQ(mover.account_id(), "bank");
  EXPECT_EQ(mover.display_name(), "Banco Uno");
  EXPECT_EQ(mover.from_segment(), v1::SEGMENT_STRATEGIC);
  EXPECT_EQ(mover.from_score(), 100);
  EXPECT_EQ(mover.active_score(), 100);
  EXPECT_EQ(mover.to_segment(), v1::SEGMENT_ENTERPRISE);
  EXPECT_EQ(mover.to_band().display_name(), "Enterprise");
  EXPECT_EQ(mover.to_score(), 60);
  EXPECT_EQ(mover.potential_mrr().units(), 60'000);
  // Both lose 20; the first of equals is the first of the model.
  ASSERT_THAT(mover.criteria(), SizeIs(2));
  EXPECT_EQ(mover.criteria(0).criterion_id(), "potential-mrr");
  EXPECT_EQ(mover.criteria(0).from_contribution(), 4'000);
  EXPECT_EQ(mover.criteria(0).to_contribution(), 2'000);
  EXPECT_EQ(mover.criteria(1).criterion_id(), "past-due-portfolio-size");
  EXPECT_EQ(mover.message(), "Potential MRR gives 20 instead of 40");
}

TEST(Simulation, WhereOnlyTheBandsMove_SaysSo) {
  const auto active = Segmentation();
  const auto tried =
      Changed([](v1::ScoringModel* model) { model->mutable_bands(2)->set_min_score(10); });
  Simulation simulation(*tried, active.get(), Rates(), Counting());
  simulation.Add("fintech", FintechFacts(), ScoredBy(*active, FintechFacts()), nullptr);
  const v1::SimulationResult result = ResultOf(simulation);
  ASSERT_THAT(result.movers(), SizeIs(1));
  EXPECT_THAT(result.movers(0).criteria(), SizeIs(0));
  EXPECT_EQ(result.movers(0).message(), "the bands moved: 16 is Commercial now");
}

TEST(Simulation, TellsWhoWouldMoveByNewFactsAlone) {
  const auto active = Segmentation();
  v1::AccountFacts grown = FintechFacts();
  *grown.mutable_potential_mrr() = BankFacts().potential_mrr();
  grown.set_country(BankFacts().country());
  grown.set_past_due_cases(500'000);
  Simulation simulation(*active, active.get(), Rates(), Counting());
  simulation.Add("fintech", grown, ScoredBy(*active, FintechFacts()), nullptr);
  const v1::SimulationResult result = ResultOf(simulation);
  EXPECT_EQ(result.moved_accounts(), 1);
  EXPECT_EQ(result.moved_by_facts_accounts(), 1);
  EXPECT_THAT(result.movers(0).message(), testing::HasSubstr("its facts changed"));
}

TEST(Simulation, CountsThoseNeverScored_AndThoseThatCannotBe) {
  const auto active = Segmentation();
  const auto tried = Changed([](v1::ScoringModel* model) {
    model->mutable_criteria(0)->set_weight_percent(30);
    *model->add_criteria() = FromText<v1::Criterion>(R"(
      criterion_id: "employees" display_name: "Employees" fact: "employees" weight_percent: 10
      numeric_tiers { tiers { at_least: "100" points: 100 } tiers { points: 0 } })");
  });
  Simulation simulation(*tried, active.get(), Rates(), Counting());
  v1::AccountFacts large = BankFacts();
  large.set_employees(5'000);
  simulation.Add("large", large, {}, nullptr);
  simulation.Add("bank", BankFacts(), ScoredBy(*active, BankFacts()), nullptr);
  simulation.Add("unknown", v1::AccountFacts(), {}, nullptr);
  const v1::SimulationResult result = ResultOf(simulation);
  EXPECT_EQ(result.unscorable_accounts(), 2);
  EXPECT_EQ(result.moved_accounts(), 0) << "none of them has a segment to move from and to";
  EXPECT_EQ(result.before().accounts(), 1);
  EXPECT_EQ(result.after().accounts(), 1);
  ASSERT_THAT(result.cells(), SizeIs(3));
  EXPECT_EQ(result.cells(0).from_segment(), v1::SEGMENT_STRATEGIC);
  EXPECT_FALSE(result.cells(0).has_to_band()) << "cannot be scored";
  EXPECT_FALSE(result.cells(1).has_from_band()) << "never scored";
  EXPECT_EQ(result.cells(1).to_segment(), v1::SEGMENT_STRATEGIC);
  EXPECT_FALSE(result.cells(2).has_from_band() || result.cells(2).has_to_band());
  ASSERT_THAT(result.lacking(), SizeIs(6));
  EXPECT_EQ(result.lacking(0).field(), "facts.employees");
  EXPECT_EQ(result.lacking(0).reason(), "FACTS_MISSING");
  EXPECT_EQ(result.lacking(0).accounts(), 2);
  EXPECT_THAT(result.lacking(0).example_account_ids(), ElementsAre("bank", "unknown"));
}

TEST(Simulation, NamesTheCurrencyWithoutARate) {
  const auto active = Segmentation();
  v1::AccountFacts facts = BankFacts();
  facts.mutable_potential_mrr(0)->mutable_amount()->set_currency_code("COP");
  Simulation simulation(*active, active.get(), Rates(), Counting());
  simulation.Add("bank", facts, {}, nullptr);
  const v1::SimulationResult result = ResultOf(simulation);
  ASSERT_THAT(result.lacking(), SizeIs(1));
  EXPECT_EQ(result.lacking(0).field(), "facts.potential_mrr");
  EXPECT_EQ(result.lacking(0).reason(), "EXCHANGE_RATE_MISSING");
  EXPECT_EQ(result.lacking(0).currency_code(), "COP");
  EXPECT_EQ(result.cells(0).accounts_without_rate(), 1);
}

TEST(Simulation, OfAModelThatDoesNotCount_GoesByTheLatestScoreOfItsId) {
  const v1::ScoringModel lead = ShippedModels()[1];
  const auto tried = CompileOrDie(lead);
  Simulation::Options options = Counting();
  options.counts = false;
  store::v1::AccountState state = ScoredBy(*tried, FintechFacts());
  state.mutable_scores(0)->set_counted(false);
  // Another model's score, which counts, is none of its business.
  *state.add_scores() = ScoredBy(*Segmentation(), BankFacts()).scores(0);
  Simulation simulation(*tried, tried.get(), Rates(), options);
  simulation.Add("lead", FintechFacts(), state, nullptr);
  const v1::SimulationResult result = ResultOf(simulation);
  ASSERT_THAT(result.cells(), SizeIs(1));
  EXPECT_EQ(result.cells(0).from_segment(), v1::SEGMENT_UNSPECIFIED);
  EXPECT_EQ(result.cells(0).from_band().band_id(), result.cells(0).to_band().band_id());
  EXPECT_EQ(result.moved_accounts(), 0);
}

// Bands of one of the four segments each, by chance.
void GiveSegments(Chance* chance, v1::ScoringModel* model) {
  model->clear_bands();
  std::vector<int> bounds;
  while (bounds.size() < 3) {
    const int bound = static_cast<int>(chance->Between(1, 100));
    if (std::count(bounds.begin(), bounds.end(), bound) == 0) bounds.push_back(bound);
  }
  std::sort(bounds.rbegin(), bounds.rend());
  bounds.push_back(0);
  for (int i = 0; i < 4; ++i) {
    v1::Band* band = model->add_bands();
    band->set_band_id(absl::StrCat("band-", i));
    band->set_display_name(absl::StrCat("Band ", i));
    band->set_min_score(bounds[i]);
    band->set_segment(static_cast<v1::Segment>(i + 1));
  }
}

v1::Segment SegmentOfExact(const v1::ScoringModel& model, int exact) {
  for (const v1::Band& band : model.bands()) {
    if ((exact + 50) / 100 >= band.min_score()) return band.segment();
  }
  return v1::SEGMENT_UNSPECIFIED;
}

TEST(SimulationProperty, AgreesWithCountingOneByOne) {
  Chance chance;
  for (int run = 0; run < 30; ++run) {
    const v1::ExchangeRates rates = RandomRates(&chance);
    v1::ScoringModel before = RandomModel(&chance, v1::SCORING_METHOD_WEIGHTED);
    v1::ScoringModel after = RandomModel(&chance, v1::SCORING_METHOD_WEIGHTED);
    GiveSegments(&chance, &before);
    GiveSegments(&chance, &after);
    const auto active = CompileOrDie(before, rates);
    const auto tried = CompileOrDie(after, rates);
    Violations violations;
    const RateTable table(rates, "rates", &violations);
    const int movers_max = static_cast<int>(chance.Between(1, 20));
    Simulation simulation(*tried, active.get(), table, Counting(movers_max));
    google::protobuf::RepeatedPtrField<v1::Mover> all;

    std::map<std::pair<int, int>, int> cells;
    std::vector<std::pair<int, std::string>> moved;  // Minus the distance, id.
    int unscorable = 0;
    const int accounts = static_cast<int>(chance.Between(0, 120));
    for (int i = 0; i < accounts; ++i) {
      const std::string id = absl::StrCat("account-", absl::Dec(i, absl::kZeroPad4));
      const v1::AccountFacts facts =
          RandomFacts(&chance, chance.OneIn(2) ? before : after, rates, kDay);
      store::v1::AccountState state;
      const auto was = SlowExactScore(before, rates, facts, kDay);
      if (was && !chance.OneIn(4)) state = ScoredBy(*active, facts);
      simulation.Add(id, facts, state, &all);

      const int from = state.scores_size() > 0 ? state.scores(0).segment() : 0;
      const auto would = SlowExactScore(after, rates, facts, kDay);
      const int to = would ? SegmentOfExact(after, *would) : 0;
      ++cells[{from, to}];
      if (!would) ++unscorable;
      if (from != 0 && to != 0 && from != to) {
        moved.emplace_back(-std::abs((*would + 50) / 100 - state.scores(0).score()), id);
      }
    }
    const v1::SimulationResult result = ResultOf(simulation);
    EXPECT_EQ(result.accounts(), accounts);
    EXPECT_EQ(result.unscorable_accounts(), unscorable);
    EXPECT_EQ(result.moved_accounts(), static_cast<int64_t>(moved.size()));
    EXPECT_EQ(result.moved_by_facts_accounts(), 0) << "no facts changed";
    std::map<std::pair<int, int>, int> counted;
    for (const v1::MigrationCell& cell : result.cells()) {
      counted[{cell.from_segment(), cell.to_segment()}] += static_cast<int>(cell.accounts());
    }
    EXPECT_EQ(counted, cells);
    ASSERT_THAT(all, SizeIs(moved.size()));
    for (size_t i = 0; i < moved.size(); ++i) EXPECT_EQ(all[i].account_id(), moved[i].second);
    std::sort(moved.begin(), moved.end());
    moved.resize(std::min<size_t>(moved.size(), movers_max));
    ASSERT_THAT(result.movers(), SizeIs(moved.size()));
    for (size_t i = 0; i < moved.size(); ++i) {
      EXPECT_EQ(result.movers(i).account_id(), moved[i].second) << i;
    }
  }
}

}  // namespace
}  // namespace tiermark
