// A believable portfolio to look at: banks, fintechs and retailers of Latin America.
#pragma once

#include "absl/status/status.h"
#include "service/pipeline.h"
#include "storage/clock.h"

namespace tiermark {

// Fills the store through the pipeline, as a caller would, with some hundred accounts and their
// evaluations, changes and events of the last six quarters. The same accounts at every start; what
// is there already is left as it is, so it may be interrupted and run again.
absl::Status SeedDemo(Pipeline& pipeline, const Clock& clock);

}  // namespace tiermark
