// Estimates against every way to complete the facts.
#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "random_models.h"
#include "scoring/estimate.h"

namespace tiermark {
namespace {

constexpr absl::CivilDay kDay(2026, 5, 20);
constexpr int kCompletionsMax = 3'000;

// What was met while facts were completed.
class Outcomes {
 public:
  explicit Outcomes(const v1::ScoringModel& model) : model_(model) {}

  void Add(int exact) {
    exact_.insert(exact);
    const int score = (exact + 50) / 100;
    for (int band = 0; band < model_.bands_size(); ++band) {
      if (score < model_.bands(band).min_score()) continue;
      bands_.insert(band);
      break;
    }
  }

  bool empty() const { return exact_.empty(); }

  void ExpectWithin(const v1::EstimateScoreResponse& estimate) const {
    EXPECT_GE(*exact_.begin(), estimate.min_exact_score());
    EXPECT_LE(*exact_.rbegin(), estimate.max_exact_score());
  }

  void ExpectAll(const v1::EstimateScoreResponse& estimate) const {
    EXPECT_EQ(*exact_.begin(), estimate.min_exact_score());
    EXPECT_EQ(*exact_.rbegin(), estimate.max_exact_score());
    EXPECT_EQ((*exact_.begin() + 50) / 100, estimate.min_score());
    EXPECT_EQ((*exact_.rbegin() + 50) / 100, estimate.max_score());
    std::vector<std::string> expected;
    for (const int band : bands_) expected.push_back(model_.bands(band).band_id());
    std::vector<std::string> found;
    for (const v1::BandReference& band : estimate.possible_bands()) found.push_back(band.band_id());
    EXPECT_EQ(found, expected);
    EXPECT_EQ(estimate.has_band(), bands_.size() == 1);
  }

 private:
  const v1::ScoringModel& model_;
  std::set<int> exact_;
  std::set<int> bands_;
};

// Values that reach every tier and category of a fact, beside those that the probes have.
std::vector<v1::FactValue> Values(const v1::ScoringModel& model, const std::string& fact,
                                  const v1::ExchangeRates& rates) {
  std::vector<v1::FactValue> values = Probes(model, fact, rates, "USD", kDay);
  const bool custom = absl::StartsWith(fact, "custom.");
  const std::vector<std::string> names = EnumTexts(fact);
  for (const v1::Criterion& criterion : model.criteria()) {
    if (criterion.fact() != fact) continue;
    for (const v1::NumericTier& tier : criterion.numeric_tiers().tiers()) {
      if (!custom) continue;
      values.emplace_back().set_decimal("-1");
      if (tier.has_at_least()) values.emplace_back().set_decimal(tier.at_least());
    }
    if (criterion.has_money_tiers() && custom) {
      *values.emplace_back().mutable_money() = MoneyOf("USD", -kNanosPerUnit);
    }
    if (criterion.has_category_points() && names.empty()) {
      values.emplace_back().set_text("of no category");
    }
  }
  if (names.empty()) return values;
  values.clear();
  for (const std::string& name : names) values.emplace_back().set_text(name);
  return values;
}

class EveryEstimate : public testing::TestWithParam<v1::ScoringMethod> {};

INSTANTIATE_TEST_SUITE_P(Methods, EveryEstimate,
                         testing::Values(v1::SCORING_METHOD_WEIGHTED, v1::SCORING_METHOD_POINTS));

// Facts that are set one after another, all values of each, or some of them by chance.
class Completion {
 public:
  Completion(const v1::ScoringModel& model, const v1::ExchangeRates& rates, Outcomes* outcomes)
      : model_(model), rates_(rates), outcomes_(outcomes) {}

  void AddUnknown(const std::string& fact) { unknown_.push_back(fact); }

  double count() const {
    double count = 1;
    for (const std::string& fact : unknown_) {
      count *= static_cast<double>(Values(model_, fact, rates_).size() + 1);
    }
    return count;
  }

  void All(const v1::AccountFacts& facts, size_t from = 0) {
    if (from == unknown_.size()) return Score(facts);
    All(facts, from + 1);
    for (const v1::FactValue& value : Values(model_, unknown_[from], rates_)) {
      v1::AccountFacts completed = facts;
      SetFact(unknown_[from], value, &completed);
      All(completed, from + 1);
    }
  }

  void Some(const v1::AccountFacts& facts, Chance* chance) {
    v1::AccountFacts completed = facts;
    for (const std::string& fact : unknown_) {
      std::vector<v1::FactValue> values = Values(model_, fact, rates_);
      if (!values.empty()) SetFact(fact, chance->Pick(values), &completed);
    }
    Score(completed);
  }

 private:
  void Score(const v1::AccountFacts& facts) {
    const absl::optional<int> exact = SlowExactScore(model_, rates_, facts, kDay);
    if (exact) outcomes_->Add(*exact);
  }

  const v1::ScoringModel& model_;
  const v1::ExchangeRates& rates_;
  Outcomes* const outcomes_;
  std::vector<std::string> unknown_;
};

// The account as it would be in each country that makes a difference, and as it is.
std::vector<v1::AccountFacts> InEveryCountry(const v1::AccountFacts& facts) {
  std::vector<v1::AccountFacts> placed = {facts};
  if (facts.has_country()) return placed;
  std::vector<std::string> countries = {"FR"};
  if (facts.operating_countries_size() > 0) countries.push_back(facts.operating_countries(0));
  if (facts.expansion_countries_size() > 0) countries.push_back(facts.expansion_countries(0));
  for (const std::string& country : countries) placed.emplace_back(facts).set_country(country);
  return placed;
}

TEST_P(EveryEstimate, IsWhatCompletedFactsScoreAndNoMore) {
  Chance chance;
  int exhausted = 0;
  int uncertain = 0;
  for (int i = 0; i < 1'500; ++i) {
    const v1::ExchangeRates rates = RandomRates(&chance);
    const v1::ScoringModel model = RandomModel(&chance, GetParam());
    const v1::AccountFacts facts = RandomFacts(&chance, model, rates, kDay);
    const auto compiled = CompileOrDie(model, rates);
    v1::EstimateScoreResponse estimate;
    ASSERT_TRUE(EstimateScore(*compiled, facts, kDay, &estimate).ok());

    Outcomes outcomes(model);
    bool all = true;
    for (const v1::AccountFacts& placed : InEveryCountry(facts)) {
      Completion completion(model, rates, &outcomes);
      std::set<std::string> read;
      for (const v1::Criterion& criterion : model.criteria()) {
        if (GetFact(criterion.fact(), placed)) continue;
        if (read.insert(criterion.fact()).second) completion.AddUnknown(criterion.fact());
      }
      if (completion.count() <= kCompletionsMax) {
        completion.All(placed);
      } else {
        all = false;
        for (int j = 0; j < 100; ++j) completion.Some(placed, &chance);
      }
    }
    SCOPED_TRACE(model.DebugString() + facts.DebugString() + estimate.DebugString());
    if (outcomes.empty()) continue;
    outcomes.ExpectWithin(estimate);
    if (all) {
      ++exhausted;
      outcomes.ExpectAll(estimate);
    }
    uncertain += estimate.min_exact_score() != estimate.max_exact_score();
    if (HasFailure()) return;
  }
  EXPECT_GT(exhausted, 500);
  EXPECT_GT(uncertain, 300);
}

// Facts that hang together by the country and the lists of countries.

const char* const kUniverse[] = {"CO", "MX", "PE", "CL", "AR"};

v1::ScoringModel RandomPlaceModel(Chance* chance) {
  auto model = FromText<v1::ScoringModel>(R"(
    model_id: "place" version: 1 display_name: "Place" method: SCORING_METHOD_POINTS
    reference_currency: "USD"
    bands { band_id: "high" display_name: "High" min_score: 40 }
    bands { band_id: "middle" display_name: "Middle" min_score: 15 }
    bands { band_id: "low" display_name: "Low" min_score: 0 })");
  // Some facts have to be known: their criteria are of a weighted model.
  const bool weighted = chance->OneIn(2);
  int left = 100;
  const auto points = [&] { return static_cast<int>(chance->Between(weighted ? 0 : -5, 9) * 10); };
  for (const char* fact :
       {"country", "potential_mrr", "countries", "operating_countries", "expansion_countries"}) {
    if (chance->OneIn(3)) continue;
    v1::Criterion* criterion = model.add_criteria();
    criterion->set_criterion_id("c" + std::to_string(model.criteria_size()));
    criterion->set_display_name(fact);
    criterion->set_fact(fact);
    if (chance->OneIn(2)) criterion->set_missing_points(points());
    if (fact == std::string("country")) {
      v1::Category* category = criterion->mutable_category_points()->add_categories();
      category->set_value("MX");
      category->set_points(points());
      criterion->mutable_category_points()->set_other_points(points());
    } else if (fact == std::string("potential_mrr")) {
      v1::NumericTier* tier = criterion->mutable_money_tiers()->add_tiers();
      tier->set_at_least("10");
      tier->set_points(points());
      criterion->mutable_money_tiers()->add_tiers()->set_points(points());
    } else {
      for (int bound = 3; bound >= 1; --bound) {
        if (chance->OneIn(3)) continue;
        v1::CountTier* tier = criterion->mutable_distinct_count_tiers()->add_tiers();
        tier->set_at_least(bound);
        tier->set_points(points());
      }
      criterion->mutable_distinct_count_tiers()->add_tiers()->set_points(points());
    }
  }
  if (weighted && model.criteria_size() > 0) {
    model.set_method(v1::SCORING_METHOD_WEIGHTED);
    for (v1::Criterion& criterion : *model.mutable_criteria()) {
      criterion.set_weight_percent(100 / model.criteria_size());
      left -= criterion.weight_percent();
    }
    model.mutable_criteria(0)->set_weight_percent(model.criteria(0).weight_percent() + left);
  }
  return model;
}

bool Reads(const v1::ScoringModel& model, const std::string& fact) {
  return std::any_of(model.criteria().begin(), model.criteria().end(),
                     [&](const v1::Criterion& criterion) { return criterion.fact() == fact; });
}

template <typename List>
void AddSome(unsigned which, List* list) {
  for (size_t i = 0; i < std::size(kUniverse); ++i) {
    if ((which >> i & 1) != 0) *list->Add() = kUniverse[i];
  }
}

void AddMrr(const std::string& country, int64_t units, v1::AccountFacts* facts) {
  v1::PotentialMrr* entry = facts->add_potential_mrr();
  entry->set_country(country);
  entry->mutable_amount()->set_currency_code("USD");
  entry->mutable_amount()->set_units(units);
}

TEST(Estimate, OfCountries_IsWhatCompletedFactsScoreAndNoMore) {
  Chance chance;
  int done = 0;
  while (done < 60) {
    const v1::ScoringModel model = RandomPlaceModel(&chance);
    if (model.criteria().empty()) continue;
    ++done;
    const auto compiled = CompileOrDie(model);
    v1::AccountFacts facts;
    if (chance.OneIn(2)) facts.set_country(chance.Pick(kUniverse));
    if (chance.OneIn(2)) AddMrr(chance.Pick(kUniverse), chance.Between(0, 20), &facts);
    if (chance.OneIn(3)) AddSome(chance.Between(1, 31), facts.mutable_operating_countries());
    if (chance.OneIn(3)) AddSome(chance.Between(1, 31), facts.mutable_expansion_countries());
    v1::EstimateScoreResponse estimate;
    ASSERT_TRUE(EstimateScore(*compiled, facts, kDay, &estimate).ok());

    const bool no_lists =
        facts.operating_countries().empty() && facts.expansion_countries().empty();
    const auto open = [&](const std::string& fact, bool unknown) {
      return unknown && (no_lists || Reads(model, fact));
    };
    const unsigned operating_most =
        open("operating_countries", facts.operating_countries().empty()) ? 31 : 0;
    const unsigned expansion_most =
        open("expansion_countries", facts.expansion_countries().empty()) ? 31 : 0;
    Outcomes outcomes(model);
    std::vector<std::string> countries = {""};
    if (!facts.has_country())
      countries.insert(countries.end(), {"MX", "CO", "PE", "CL", "AR", "FR"});
    for (const std::string& country : countries) {
      for (int units = -1; units <= 10; units += units < 0 ? 1 : 10) {
        v1::AccountFacts placed = facts;
        if (!country.empty()) placed.set_country(country);
        const bool local =
            std::any_of(facts.potential_mrr().begin(), facts.potential_mrr().end(),
                        [&](const auto& entry) { return entry.country() == placed.country(); });
        if (units >= 0 && (!placed.has_country() || local)) continue;
        if (units >= 0) AddMrr(placed.country(), units, &placed);
        for (unsigned operating = 0; operating <= operating_most; ++operating) {
          for (unsigned expansion = 0; expansion <= expansion_most; ++expansion) {
            v1::AccountFacts completed = placed;
            AddSome(operating, completed.mutable_operating_countries());
            AddSome(expansion, completed.mutable_expansion_countries());
            ScoreCard card;
            if (compiled->Score(completed, kDay, &card).ok()) outcomes.Add(card.exact_score);
          }
        }
      }
    }
    SCOPED_TRACE(model.DebugString() + facts.DebugString() + estimate.DebugString());
    ASSERT_FALSE(outcomes.empty());
    outcomes.ExpectAll(estimate);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace tiermark
