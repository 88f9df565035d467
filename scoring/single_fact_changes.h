// The least changes of one fact that alone reach a higher band.
#pragma once

#include "scoring/compiled_criterion.h"
#include "scoring/fact_reading.h"
#include "tiermark/v1/evaluation.pb.h"

namespace tiermark {

// A scored account: everything that a change starts from.
struct ScoredAccount {
  const CompiledModel& model;
  const ModelParts& compiled;
  const v1::AccountFacts& facts;
  absl::CivilDay day;
  const ScoreCard& card;
  // Of each criterion, in the model's order.
  const Reading* readings;
};

// Adds to `distance`, for each fact in the order of the criteria, the nearest values in each
// direction that alone bring the exact score to `target` or above. A fact that several criteria
// read is named once, with the first of them, and changes for all of them. The readings of other
// facts stay as they are. Left out: what no value reaches, and what no single fact can say (an
// amount while the country that makes it local is unknown).
void AddSingleFactChanges(const ScoredAccount& account, int target, v1::SegmentDistance* distance);

}  // namespace tiermark
