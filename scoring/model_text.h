// Models as text: Protocol Buffers' text format, and JSON.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "scoring/error.h"
#include "scoring/model_validation.h"
#include "tiermark/v1/model.pb.h"
#include "tiermark/v1/model_service.pb.h"

namespace tiermark {

// Bytes of the largest text that is read.
inline constexpr size_t kModelSourceBytesMax = 512 * 1024;

// Levels of the deepest JSON that is read. A model has 6.
inline constexpr int kModelJsonDepthMax = 32;

// Faults of the text itself that are told at most; a model can have more.
inline constexpr size_t kTextFaultsMax = 100;

// The model in text format, laid out as the shipped ones: a tier, category or band to a line where
// it fits in 100 characters, its points even if 0. Without its version. ReadModelText reads it back
// to the same model.
std::string ModelToText(const v1::ScoringModel& model);

// The model in the JSON mapping of Protocol Buffers, fields named as in the proto, indented by two
// spaces; otherwise as above, for ReadModelJson.
std::string ModelToJson(const v1::ScoringModel& model);

// What a text was read as.
struct ModelReading {
  // Without its version. Empty if the text could not be read whole.
  v1::ScoringModel model;

  // None: the model is sound. Messages say what is wrong and what would be right, and never repeat
  // a value. Faults of the text are its own, in its order, those of JSON's fields with their paths;
  // where there are none come the faults of the model.
  std::vector<v1::ModelFault> faults;
};

// Adds what is wrong with a model. It is shown with version 1, as the text's own does not count.
using ModelCheck = std::function<void(const v1::ScoringModel& model, Violations* violations)>;

// Reads text format, UTF-8 with or without a byte order mark, up to kModelSourceBytesMax. The
// parser gives up at the first field it cannot read. Every fault has its line and column, in
// characters, unless it is of what is not there: that has the place of the nearest part around it
// that is. What is in brackets ("criteria: [{}, {}]") stands where the list begins.
ModelReading ReadModelText(absl::string_view text, const ModelCheck& check = ValidateModel);

// The same of JSON. It must be strict: no comments, no trailing commas, no key twice in an object,
// up to kModelJsonDepthMax levels. All fields that are unknown or of the wrong type are told at
// once. As Protocol Buffers have it, fields may be named in lower camel case, null is as if absent,
// a whole number may be in quotation marks, and an enum value a number.
ModelReading ReadModelJson(absl::string_view json, const ModelCheck& check = ValidateModel);

// The faults of a model that has no text; its version does not count.
std::vector<v1::ModelFault> FaultsOfModel(const v1::ScoringModel& model,
                                          const ModelCheck& check = ValidateModel);

}  // namespace tiermark
