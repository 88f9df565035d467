// Why two scores of an account differ.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "scoring/compiled_model.h"
#include "tiermark/v1/facts.pb.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {

// What an evaluation was made from.
struct ScoredFacts {
  const v1::AccountFacts& facts;
  absl::CivilDay day;
  const CompiledModel& model;
};

// Splits the difference of two exact scores by one model id, maybe of different versions. The
// causes are put in one after another, each on top of those before it: the facts that differ, in
// the order of their fields and custom ones by key ("custom.budget"), as the first model scores
// them on its day; then the second day; then its exchange rates; then its model. The parts add up
// to the difference exactly, also where a points model holds its sums to 0 to 100.
//
// A change gives a part, if of 0 hundredths, when the model that scores it reads what changed:
// facts that it does not read, days without a recency rule and rates without an amount give none;
// they may still show in the part of the model, whose criteria may read them. Facts read by
// `countries` or by a local amount count as read.
//
// Where facts cannot be scored halfway, the changes that lead to the next score are one part: it
// names all their facts, and its cause is that of the last of them. Criteria are those whose
// contribution changed; where a sum is held to the scale they may add up to something else. The
// part of a model has none.
//
// `between` is the first model with the second one's exchange rates. Null where it cannot have
// them: rates and model are one part then.
//
// Both must be scorable: otherwise as CompiledModel::Score.
absl::StatusOr<std::vector<v1::ScorePart>> SplitDifference(const ScoredFacts& from,
                                                           const CompiledModel* between,
                                                           const ScoredFacts& to);

}  // namespace tiermark
