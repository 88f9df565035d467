// What the fuzzers of models share.
#pragma once

#include <vector>

#include "absl/strings/string_view.h"
#include "scoring/compiled_model.h"
#include "scoring/model_text.h"
#include "tiermark/v1/facts.pb.h"
#include "tiermark/v1/model.pb.h"

namespace tiermark {

// Small sound models.
std::vector<v1::ScoringModel> SmallModels();

// All that is done with a model that somebody brings: it is checked and compared whatever it is,
// and if it is sound it compiles, scores and is told in words.
void CheckAnyModel(const v1::ScoringModel& model);

// Reads a text: its faults have places in it, and without any it holds a sound model that comes
// back from its own text.
void CheckReading(absl::string_view text, ModelReading (*read)(absl::string_view),
                  std::string (*write)(const v1::ScoringModel&));

// Valid facts are scored within bounds and explained, or something is missing.
void CheckScores(const CompiledModel& model, const v1::AccountFacts& facts);

}  // namespace tiermark
