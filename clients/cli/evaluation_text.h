// Evaluations told to people.
#pragma once

#include "clients/cli/session.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark::cli {

// Score, segment, how far the next ones are, and the table of criteria.
void PrintEvaluation(const v1::Evaluation& evaluation, const Session& session);

// "Upgrade", green.
Cell MovementCell(v1::Movement movement);

// The segment of an evaluation, or its band where the model has no segments.
std::string SegmentOf(const v1::Evaluation& evaluation);

}  // namespace tiermark::cli
