// What the score can be while facts are unknown.
#pragma once

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "scoring/compiled_model.h"
#include "tiermark/v1/facts.pb.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {

// Fills in all of the estimate: every score that valid facts can get as of `day` once the unknown
// ones are given, and no other. An unknown fact that several criteria read is one unknown, which
// moves them all; so are the facts that hang on an unknown country. Where every criterion that
// reads a fact can be scored without it (points models, missing points, presence), it may also stay
// unknown.
//
// Unknown is what the model reads and cannot. A country that is not given is unknown to
// `potential_mrr` and to `countries` too: it makes an amount local, and may be one more country. Of
// the two lists of countries, one that is given makes `countries` known; the other is then open
// only to a criterion that reads it by itself.
//
// Valid facts are enough. FAILED_PRECONDITION, EXCHANGE_RATE_MISSING and FACT_TYPE_MISMATCH: as
// CompiledModel::Score, of facts that are known.
absl::Status EstimateScore(const CompiledModel& model, const v1::AccountFacts& facts,
                           absl::CivilDay day, v1::EstimateScoreResponse* estimate);

}  // namespace tiermark
