#include "scoring/model_warnings.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scoring/compiled_criterion.h"
#include "scoring/compiled_model.h"
#include "scoring/estimate.h"
#include "scoring/fact_domain.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {
namespace {

// The model by itself: what it can give does not hang on exchange rates.
std::shared_ptr<const CompiledModel> CompileAlone(const v1::ScoringModel& model) {
  v1::ScoringModel version = model;
  version.set_version(1);
  v1::ExchangeRates rates;
  rates.set_version(1);
  rates.set_reference_currency(model.reference_currency().empty() ? "USD"
                                                                  : model.reference_currency());
  auto compiled = CompiledModel::Compile(version, rates);
  return compiled.ok() ? *std::move(compiled) : nullptr;
}

void Warn(absl::string_view field, absl::string_view message,
          std::vector<v1::ModelWarning>* warnings) {
  v1::ModelWarning& warning = warnings->emplace_back();
  warning.set_field(field.data(), field.size());
  warning.set_message(message.data(), message.size());
}

absl::string_view RuleField(const v1::Criterion& criterion) {
  switch (criterion.rule_case()) {
    case v1::Criterion::kMoneyTiers:
      return "money_tiers";
    case v1::Criterion::kRecencyTiers:
      return "recency_tiers";
    case v1::Criterion::kDistinctCountTiers:
      return "distinct_count_tiers";
    default:
      return "numeric_tiers";
  }
}

// Days pass: a date that falls in a tier of recency on some day is enough.
void WarnOfTiers(const CompiledCriterion& compiled, const v1::Criterion& criterion,
                 const std::string& path, std::vector<v1::ModelWarning>* warnings) {
  if (compiled.rule == RuleKind::kRecency) return;
  const FactDomain domain = DomainOf(compiled);
  const auto& bounds = compiled.bounds;
  for (size_t tier = 0; tier < compiled.points.size(); ++tier) {
    const bool too_high = tier < bounds.size() && bounds[tier] > domain.most;
    const bool too_low = tier > 0 && bounds[tier - 1] <= domain.least;
    if (!too_high && !too_low) continue;
    Warn(absl::StrCat(path, ".", RuleField(criterion), ".tiers[", tier, "]"),
         too_high ? "no value of the fact is so high: nobody gets these points"
                  : "every value of the fact falls in a tier above: nobody gets these points",
         warnings);
  }
}

void WarnOfOther(const CompiledCriterion& compiled, const v1::Criterion& criterion,
                 const std::string& path, std::vector<v1::ModelWarning>* warnings) {
  if (compiled.fact.type != FactType::kEnum || !criterion.category_points().has_other_points()) {
    return;
  }
  const auto values = static_cast<size_t>(EnumNames(compiled.fact).size());
  for (size_t value = 1; value < values; ++value) {
    if (compiled.tier_of_enum[value] == CriterionScore::kOther) return;
  }
  Warn(path + ".category_points.other_points", "every value is listed: nobody gets these points",
       warnings);
}

// All that scores can be.
struct Range {
  int least = 100;
  int most = 0;
  std::set<std::string> bands;
  // Of each criterion, the least and the most.
  std::vector<std::pair<int, int>> points;
};

// With nothing known, everything is possible; only the stage is always known, so each is tried.
// Which day it is does not matter: dates may be far from it either way.
Range RangeOf(const CompiledModel& model) {
  Range range;
  range.points.assign(model.model().criteria_size(), {100, -100});
  v1::AccountFacts facts;
  for (int stage = v1::LifecycleStage_MIN + 1; stage <= v1::LifecycleStage_MAX; ++stage) {
    facts.set_lifecycle_stage(static_cast<v1::LifecycleStage>(stage));
    v1::EstimateScoreResponse estimate;
    if (!EstimateScore(model, facts, absl::CivilDay(2000, 1, 1), &estimate).ok()) continue;
    range.least = std::min(range.least, estimate.min_score());
    range.most = std::max(range.most, estimate.max_score());
    for (const v1::BandReference& band : estimate.possible_bands()) {
      range.bands.insert(band.band_id());
    }
    for (int i = 0; i < estimate.criteria_size(); ++i) {
      auto& [least, most] = range.points[i];
      least = std::min(least, estimate.criteria(i).min_points());
      most = std::max(most, estimate.criteria(i).max_points());
    }
  }
  return range;
}

}  // namespace

std::vector<v1::ModelWarning> WarningsOf(const v1::ScoringModel& model) {
  std::vector<v1::ModelWarning> warnings;
  const std::shared_ptr<const CompiledModel> compiled = CompileAlone(model);
  if (compiled == nullptr) return warnings;
  const Range range = RangeOf(*compiled);
  for (int i = 0; i < model.criteria_size(); ++i) {
    const v1::Criterion& criterion = model.criteria(i);
    const CompiledCriterion& part = compiled->parts().criteria[i];
    const std::string path = absl::StrCat("criteria[", i, "]");
    if (range.points[i].first == range.points[i].second) {
      Warn(path,
           absl::StrCat("cannot matter: it gives ", range.points[i].first,
                        " points whatever the fact is"),
           &warnings);
    }
    if (part.is_tiered()) WarnOfTiers(part, criterion, path, &warnings);
    if (part.is_category()) WarnOfOther(part, criterion, path, &warnings);
  }
  for (int i = 0; i < model.bands_size(); ++i) {
    const v1::Band& band = model.bands(i);
    if (range.bands.count(band.band_id()) > 0) continue;
    Warn(absl::StrCat("bands[", i, "]"),
         absl::StrCat("no score falls in ", band.display_name(), ": they go from ", range.least,
                      " to ", range.most),
         &warnings);
  }
  return warnings;
}

}  // namespace tiermark
