// A scoring model made ready to score: checked once, then evaluated without allocation.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "tiermark/v1/evaluation.pb.h"
#include "tiermark/v1/facts.pb.h"
#include "tiermark/v1/model.pb.h"
#include "tiermark/v1/policy.pb.h"

namespace tiermark {

inline constexpr int kCriteriaMax = 64;

// What one criterion gave: `tier` is the index of its tier or category, or one of those below.
struct CriterionScore {
  static constexpr int16_t kMissing = -1;  // The fact is unknown.
  static constexpr int16_t kOther = -2;    // A category that is not listed.
  static constexpr int16_t kPresent = -3;
  static constexpr int16_t kAbsent = -4;

  int16_t tier;
  int16_t points;
};

// The outcome of scoring, without its explanation. Only the first criteria of `criteria`, as many
// as the model has, are set.
struct ScoreCard {
  int exact_score;  // Hundredths, 0 to 10 000.
  int score;        // 0 to 100, half up.
  int band;         // Index in the model's bands; 0 is the highest.
  std::array<CriterionScore, kCriteriaMax> criteria;
};

struct ModelParts;

// Immutable, hence safe for any number of threads.
class CompiledModel {
 public:
  // Checks `model` whole and makes it ready for amounts in the currencies of `rates`.
  // INVALID_ARGUMENT lists every fault of both at once by path ("criteria[2].weight_percent").
  static absl::StatusOr<std::shared_ptr<const CompiledModel>> Compile(
      const v1::ScoringModel& model, const v1::ExchangeRates& rates);

  ~CompiledModel();
  CompiledModel(const CompiledModel&) = delete;
  CompiledModel& operator=(const CompiledModel&) = delete;

  // Scores valid facts as of a civil day. Allocates nothing unless it fails.
  // FAILED_PRECONDITION, FACTS_MISSING: lists every criterion's fact that is unknown
  //   ("facts.past_due_cases"), as the field to be given: "facts.operating_countries" for
  //   `countries`, and for a local amount "facts.country" too when that is unknown.
  // FAILED_PRECONDITION, EXCHANGE_RATE_MISSING: names every currency without a rate
  //   ("facts.potential_mrr[1].amount.currency_code").
  // FAILED_PRECONDITION, FACT_TYPE_MISMATCH: a custom fact is of another type than its rule reads.
  // When several apply the status lists all fields, under the reason that stands first here.
  absl::Status Score(const v1::AccountFacts& facts, absl::CivilDay day, ScoreCard* card) const;

  // The same without the reasons; false where Score would fail. Allocates nothing.
  bool TryScore(const v1::AccountFacts& facts, absl::CivilDay day, ScoreCard* card) const;

  // Fills in what the card says: model, exchange_rates_version, score, exact_score, segment, band,
  // grade, criteria, to_next_segment, to_lower_segment and notices; the rest stays as it is. `card`
  // must come from Score with the same facts and day. Changes are named once a fact, with the first
  // criterion that reads it, and all else stays equal; where the fact is unknown they say from
  // which value on all values reach.
  void Explain(const v1::AccountFacts& facts, absl::CivilDay day, const ScoreCard& card,
               v1::Evaluation* evaluation) const;

  // Index of the band with this id, 0 the highest; -1 if there is none.
  int BandIndex(absl::string_view band_id) const;

  // Index of the band that a score of 0 to 100 falls in.
  int BandOfScore(int score) const;

  const v1::ScoringModel& model() const;
  const v1::ModelReference& reference() const;
  int exchange_rates_version() const;

  // What it is made of, for the rest of scoring.
  const ModelParts& parts() const;

 private:
  struct Compiled;
  explicit CompiledModel(std::unique_ptr<const Compiled> compiled);

  std::unique_ptr<const Compiled> compiled_;
};

// SHA-256 of the model, 64 lower-case hexadecimal digits. The same on every machine.
std::string ModelDigest(const v1::ScoringModel& model);

}  // namespace tiermark
