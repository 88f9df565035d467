#include "scoring/estimate.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "scoring/compiled_criterion.h"
#include "scoring/exact.h"
#include "scoring/fact_candidates.h"
#include "scoring/fact_reading.h"
#include "scoring/facts.h"
#include "scoring/reachable_sums.h"

namespace tiermark {
namespace {

// How many entries one of the country lists has, from `first` to `last`, all read as `reading`.
struct ListSize {
  int first;
  int last;
  Reading reading;
};

Reading OfCount(int entries) { return {true, FactType::kList, entries, {}}; }

const std::vector<std::string>& AllCountries() {
  static const auto& countries = *new std::vector<std::string>([] {
    std::vector<std::string> codes;
    for (char first = 'A'; first <= 'Z'; ++first) {
      for (char second = 'A'; second <= 'Z'; ++second) {
        const std::string code = {first, second};
        if (IsCountry(code)) codes.push_back(code);
      }
    }
    return codes;
  }());
  return countries;
}

// What the points of a criterion can be.
struct PointsRange {
  bool any = false;
  int least = 0;
  int most = 0;

  void Add(int points) {
    least = any ? std::min(least, points) : points;
    most = any ? std::max(most, points) : points;
    any = true;
  }
};

class Estimator {
 public:
  Estimator(const CompiledModel& model, const v1::AccountFacts& facts, absl::CivilDay day)
      : parts_(model.parts()),
        facts_(facts),
        today_(day - absl::CivilDay(1970, 1, 1)),
        ranges_(parts_.criteria.size()) {}

  void Fill(v1::EstimateScoreResponse* estimate) {
    ReachableSums sums = ReachableSums::Of(0);
    for (const FactGroup& group : parts_.groups) {
      if (!IsOfPlace(SourceOf(group))) sums = sums.Plus(OfFact(group));
    }
    sums = sums.Plus(OfPlace());
    FillScores(sums, estimate);
    FillCriteria(estimate);
    FillUnknown(estimate);
    *estimate->mutable_model() = parts_.reference;
  }

 private:
  // The facts that move together where the country or a list of countries is unknown.
  static bool IsOfPlace(FactSource source) {
    return source == FactSource::kCountry || source == FactSource::kPotentialMrr ||
           source == FactSource::kCountries || source == FactSource::kOperatingCountries ||
           source == FactSource::kExpansionCountries;
  }

  FactSource SourceOf(const FactGroup& group) const {
    return parts_.criteria[group[0]].fact.source;
  }

  Reading Read(const FactGroup& group) const {
    return ReadFact(parts_.criteria[group[0]].fact, facts_);
  }

  // Null when no criterion reads it.
  const FactGroup* FindGroup(FactSource source) const {
    for (const FactGroup& group : parts_.groups) {
      if (SourceOf(group) == source) return &group;
    }
    return nullptr;
  }

  // One point of a points model is a whole score.
  int Unit() const { return parts_.model.method() == v1::SCORING_METHOD_WEIGHTED ? 1 : 100; }

  // What the criteria of a fact give together for a reading; empty where one of them cannot be
  // scored by it. No criteria give 0.
  ReachableSums OfReading(const FactGroup* group, const Reading& reading) {
    if (group == nullptr) return ReachableSums::Of(0);
    std::array<int, kCriteriaMax> points;
    int sum = 0;
    for (size_t i = 0; i < group->size(); ++i) {
      const CompiledCriterion& criterion = parts_.criteria[(*group)[i]];
      CriterionScore score;
      if (ScoreCriterion(criterion, reading, parts_.rates, today_, &score) != Fault::kNone) {
        return {};
      }
      points[i] = score.points;
      sum += criterion.weight / Unit() * score.points;
    }
    for (size_t i = 0; i < group->size(); ++i) ranges_[(*group)[i]].Add(points[i]);
    return ReachableSums::Of(sum);
  }

  ReachableSums OfUnknown(const FactGroup* group) {
    ReachableSums sums = OfReading(group, Reading());
    if (group == nullptr) return sums;
    for (const Reading& candidate : CandidatesOf(parts_, *group, today_)) {
      sums.Join(OfReading(group, candidate));
    }
    return sums;
  }

  ReachableSums OfFact(const FactGroup& group) {
    const Reading reading = Read(group);
    return reading.known ? OfReading(&group, reading) : OfUnknown(&group);
  }

  // Country, potential MRR and the lists of countries.
  ReachableSums OfPlace() {
    const FactGroup* country_group = FindGroup(FactSource::kCountry);
    const FactGroup* mrr_group = FindGroup(FactSource::kPotentialMrr);
    absl::optional<ReachableSums> any_mrr;
    std::map<int, ReachableSums> lists_of_base;
    // Countries that are worth the same count once.
    std::set<std::array<int, 3>> met;
    ReachableSums sums;
    v1::AccountFacts placed;
    *placed.mutable_potential_mrr() = facts_.potential_mrr();
    for (const absl::optional<std::string>& country : Countries()) {
      placed.clear_country();
      if (country) placed.set_country(*country);
      const ReachableSums own = OfReading(
          country_group, country ? Reading{true, FactType::kText, 0, placed.country()} : Reading());
      if (own.empty()) continue;
      const int base = DistinctWith(country);
      const int local = country ? LocalMrrIndex(placed) : -2;
      if (!met.insert({base, local, own.least()}).second) continue;
      ReachableSums mrr;
      if (local >= 0 && mrr_group != nullptr) {
        mrr = OfReading(mrr_group, ReadFact(parts_.criteria[(*mrr_group)[0]].fact, placed));
      } else if (!country) {
        mrr = OfReading(mrr_group, Reading());
      } else {
        if (!any_mrr) any_mrr = OfUnknown(mrr_group);
        mrr = *any_mrr;
      }
      if (mrr.empty()) continue;
      const auto [lists, fresh] = lists_of_base.try_emplace(base);
      if (fresh) lists->second = OfLists(base);
      sums.Join(own.Plus(mrr).Plus(lists->second));
    }
    return sums;
  }

  // The country, or all that it can be, to stay unknown among them.
  std::vector<absl::optional<std::string>> Countries() const {
    if (facts_.has_country()) return {facts_.country()};
    std::vector<absl::optional<std::string>> countries = {absl::nullopt};
    if (ReadsCountry()) {
      countries.insert(countries.end(), AllCountries().begin(), AllCountries().end());
    }
    return countries;
  }

  bool ReadsCountry() const {
    return FindGroup(FactSource::kCountry) != nullptr ||
           FindGroup(FactSource::kPotentialMrr) != nullptr ||
           FindGroup(FactSource::kCountries) != nullptr;
  }

  bool HasLists() const {
    return facts_.operating_countries_size() > 0 || facts_.expansion_countries_size() > 0;
  }

  // How many countries the account's own and the given lists are.
  int DistinctWith(const absl::optional<std::string>& country) const {
    std::set<absl::string_view> distinct(facts_.operating_countries().begin(),
                                         facts_.operating_countries().end());
    distinct.insert(facts_.expansion_countries().begin(), facts_.expansion_countries().end());
    if (country) distinct.insert(*country);
    return static_cast<int>(distinct.size());
  }

  // What the lists of countries give beside `base` countries that are known. New entries of an
  // unknown list may be among those or not.
  ReachableSums OfLists(int base) {
    const FactGroup* operating_group = FindGroup(FactSource::kOperatingCountries);
    const FactGroup* expansion_group = FindGroup(FactSource::kExpansionCountries);
    const FactGroup* countries_group = FindGroup(FactSource::kCountries);
    const int most = static_cast<int>(AllCountries().size());
    std::vector<ListSize> totals = SizesOf(countries_group);
    ReachableSums sums;
    for (const ListSize& operating : Sizes(operating_group, facts_.operating_countries_size())) {
      const ReachableSums by_operating = OfReading(operating_group, operating.reading);
      if (by_operating.empty()) continue;
      for (const ListSize& expansion : Sizes(expansion_group, facts_.expansion_countries_size())) {
        const ReachableSums beside =
            by_operating.Plus(OfReading(expansion_group, expansion.reading));
        if (!HasLists() && operating.first == 0 && expansion.first == 0) {
          sums.Join(beside.Plus(OfReading(countries_group, Reading())));
        }
        if (!HasLists() && operating.last == 0 && expansion.last == 0) continue;
        const int least_total = std::max({base, operating.first, expansion.first, 1});
        const int most_total = std::min(most, base + operating.last + expansion.last);
        for (const ListSize& total : totals) {
          if (total.last < least_total || total.first > most_total) continue;
          sums.Join(beside.Plus(OfReading(countries_group, total.reading)));
        }
      }
    }
    return sums;
  }

  // The sizes that a list of countries can have, as far as its criteria tell them apart.
  std::vector<ListSize> Sizes(const FactGroup* group, int given) const {
    const int most = static_cast<int>(AllCountries().size());
    // Its entries are among those that are known.
    if (given > 0) return {{0, 0, OfCount(given)}};
    if (group == nullptr) return {{0, HasLists() ? 0 : most, Reading()}};
    std::vector<ListSize> sizes = SizesOf(group);
    sizes.insert(sizes.begin(), {0, 0, Reading()});
    return sizes;
  }

  std::vector<ListSize> SizesOf(const FactGroup* group) const {
    const int most = static_cast<int>(AllCountries().size());
    std::set<int> starts = {1};
    if (group != nullptr) {
      for (const Reading& candidate : CandidatesOf(parts_, *group, today_)) {
        const int start = static_cast<int>(candidate.value);
        if (start <= most) starts.insert(start);
      }
    }
    std::vector<ListSize> sizes;
    for (auto start = starts.begin(); start != starts.end(); ++start) {
      const auto next = std::next(start);
      sizes.push_back({*start, next == starts.end() ? most : *next - 1, OfCount(*start)});
    }
    return sizes;
  }

  void FillScores(const ReachableSums& sums, v1::EstimateScoreResponse* estimate) const {
    int least = 10'000;
    int most = 0;
    std::set<int> bands;
    sums.ForEach([&](int sum) {
      const int exact = std::clamp(sum * Unit(), 0, 10'000);
      least = std::min(least, exact);
      most = std::max(most, exact);
      bands.insert(parts_.BandOfExact(exact));
    });
    estimate->set_min_exact_score(least);
    estimate->set_max_exact_score(most);
    estimate->set_min_score((least + 50) / 100);
    estimate->set_max_score((most + 50) / 100);
    estimate->clear_possible_bands();
    for (const int band : bands) {
      v1::BandReference* reference = estimate->add_possible_bands();
      reference->set_band_id(parts_.model.bands(band).band_id());
      reference->set_display_name(parts_.model.bands(band).display_name());
    }
    estimate->clear_segment();
    estimate->clear_band();
    if (bands.size() != 1) return;
    estimate->set_segment(parts_.model.bands(*bands.begin()).segment());
    *estimate->mutable_band() = estimate->possible_bands(0);
  }

  void FillCriteria(v1::EstimateScoreResponse* estimate) const {
    estimate->clear_criteria();
    for (size_t i = 0; i < parts_.criteria.size(); ++i) {
      const v1::Criterion& criterion = parts_.model.criteria(static_cast<int>(i));
      v1::CriterionEstimate* out = estimate->add_criteria();
      out->set_criterion_id(criterion.criterion_id());
      out->set_display_name(criterion.display_name());
      out->set_fact(criterion.fact());
      out->set_known(ReadFact(parts_.criteria[i].fact, facts_).known);
      out->set_min_points(ranges_[i].least);
      out->set_max_points(ranges_[i].most);
    }
  }

  // The country stands behind the facts of the model unless one of them is the country itself.
  void FillUnknown(v1::EstimateScoreResponse* estimate) const {
    estimate->clear_unknown_facts();
    for (const FactGroup& group : parts_.groups) {
      if (!Read(group).known) {
        estimate->add_unknown_facts(parts_.model.criteria(group[0]).fact());
      }
    }
    if (!facts_.has_country() && ReadsCountry() && FindGroup(FactSource::kCountry) == nullptr) {
      estimate->add_unknown_facts("country");
    }
  }

  const ModelParts& parts_;
  const v1::AccountFacts& facts_;
  const int64_t today_;
  // Of each criterion.
  std::vector<PointsRange> ranges_;
};

}  // namespace

absl::Status EstimateScore(const CompiledModel& model, const v1::AccountFacts& facts,
                           absl::CivilDay day, v1::EstimateScoreResponse* estimate) {
  absl::Status known = model.parts().FaultsOf(facts, day, /*missing=*/false);
  if (!known.ok()) return known;
  Estimator(model, facts, day).Fill(estimate);
  return absl::OkStatus();
}

}  // namespace tiermark
