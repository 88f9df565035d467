// How a score stands to the one before it.
#pragma once

#include "scoring/compiled_model.h"
#include "tiermark/store/v1/records.pb.h"
#include "tiermark/v1/evaluation.pb.h"

namespace tiermark {

// The movement from an account's previous score by the same model id, null when there is none, to
// the band of `card`, which is one of `model`. Bands are compared as the model has them now. Where
// the former band is no more, segments are; a model without segments says where the former score
// would stand today.
v1::Movement MovementFrom(const store::v1::LatestScore* previous, const CompiledModel& model,
                          const ScoreCard& card);

}  // namespace tiermark
