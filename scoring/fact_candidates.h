// Values that stand for all that an unknown fact can be.
#pragma once

#include <cstdint>
#include <vector>

#include "scoring/compiled_criterion.h"
#include "scoring/fact_reading.h"

namespace tiermark {

// Readings of one fact such that every value it can take is worth the same, to all criteria of
// `group`, as one of them. A custom fact is taken to be of the type that its rules read. Views are
// into the model. `today` is the day number of the evaluation. Countries are left to the caller:
// which codes there are is not in the model.
std::vector<Reading> CandidatesOf(const ModelParts& parts, const FactGroup& group, int64_t today);

}  // namespace tiermark
