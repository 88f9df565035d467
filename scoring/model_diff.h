// What differs between two models, in words.
#pragma once

#include <vector>

#include "tiermark/v1/model.pb.h"
#include "tiermark/v1/model_service.pb.h"

namespace tiermark {

// Every difference, in the order of the later model's parts; in a list what was removed comes last.
// None: the models are the same but for `version`, and for numbers written in another way ("10000"
// and "10000.0"). Criteria and bands are matched by id, tiers by bound and categories by value; a
// changed one is one that was removed and one that was added.
//
// The models need not be sound: what occurs twice is matched in order. Texts are told when they are
// short, and otherwise said to be rewritten.
std::vector<v1::ModelDifference> DiffModels(const v1::ScoringModel& from,
                                            const v1::ScoringModel& to);

}  // namespace tiermark
