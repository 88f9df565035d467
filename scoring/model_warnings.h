// What a sound model may have got wrong.
#pragma once

#include <vector>

#include "tiermark/v1/model.pb.h"
#include "tiermark/v1/model_service.pb.h"

namespace tiermark {

// Of a sound model, in the order of its parts: criteria that give the same points whatever their
// fact is, tiers and points that no fact gets, bands that no score falls in. The `version` is not
// looked at. Takes up to some tenths of a second for the largest models.
std::vector<v1::ModelWarning> WarningsOf(const v1::ScoringModel& model);

}  // namespace tiermark
