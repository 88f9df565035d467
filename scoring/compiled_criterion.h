// A model's parts in the form in which they are scored and explained.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "scoring/compiled_model.h"
#include "scoring/exchange_rates.h"
#include "scoring/fact_reading.h"

namespace tiermark {

// More than any enum among the facts has.
inline constexpr int kEnumValuesMax = 8;

enum class RuleKind { kNumeric, kMoney, kCategory, kPresence, kRecency, kCount };

struct CompiledCriterion {
  FactKind fact;
  RuleKind rule;
  // Hundredths of a score for one point.
  int weight;
  bool has_missing_points;
  int16_t missing_points;

  // Tier rules: the least value of every tier but the last, falling. Of recency tiers it is days
  // before or after the day of evaluation, so that a tier of 30 days starts at -30.
  std::vector<Nanos> bounds;
  // Money tiers: the same in every currency of the rate table.
  std::vector<std::vector<Nanos>> bounds_in_currency;
  // By tier or category.
  std::vector<int16_t> points;

  // Category rules: the tier by number of an enum value or by text; kOther where none is listed.
  std::array<int16_t, kEnumValuesMax> tier_of_enum;
  absl::flat_hash_map<std::string, int16_t> tier_of_text;
  int16_t other_points;

  int16_t present_points;
  int16_t absent_points;

  bool is_tiered() const {
    return rule == RuleKind::kNumeric || rule == RuleKind::kMoney || rule == RuleKind::kRecency ||
           rule == RuleKind::kCount;
  }

  bool is_category() const { return rule == RuleKind::kCategory; }
};

// Why a criterion could not be scored.
enum class Fault { kNone, kMissing, kNoRate, kTypeMismatch };

// Scores one criterion. `today` is the day number of the evaluation.
Fault ScoreCriterion(const CompiledCriterion& criterion, const Reading& reading,
                     const RateTable& rates, int64_t today, CriterionScore* score);

// The first tier, from the highest bound down, that the value reaches.
inline int16_t TierOf(const std::vector<Nanos>& bounds, Nanos value) {
  size_t tier = 0;
  while (tier < bounds.size() && value < bounds[tier]) ++tier;
  return static_cast<int16_t>(tier);
}

// Whether a presence rule counts the fact as present.
bool IsPresent(const Reading& reading);

// The criteria that read one fact, by index.
using FactGroup = std::vector<int>;

// A whole model, made ready. Only CompiledModel makes it.
struct ModelParts {
  explicit ModelParts(RateTable table) : rates(std::move(table)) {}

  v1::ScoringModel model;
  v1::ModelReference reference;
  int exchange_rates_version = 0;
  RateTable rates;
  std::vector<CompiledCriterion> criteria;
  std::array<uint8_t, 101> band_of_score = {};
  bool reads_potential_mrr = false;
  bool reads_recency = false;
  // In the order of their first criteria.
  std::vector<FactGroup> groups;

  // Least exact score that rounds into a band.
  int LeastExact(int band) const {
    const int min_score = model.bands(band).min_score();
    return min_score == 0 ? 0 : 100 * min_score - 50;
  }

  // Why facts cannot be scored, as CompiledModel::Score says it; OK when they can. Without
  // `missing` facts that are unknown are no fault.
  absl::Status FaultsOf(const v1::AccountFacts& facts, absl::CivilDay day, bool missing) const;

  int BandOfExact(int exact_score) const { return band_of_score[(exact_score + 50) / 100]; }
};

struct CompiledModel::Compiled : ModelParts {
  using ModelParts::ModelParts;
};

}  // namespace tiermark
