// How the two text formats of models are taken apart; model_text.h is what to use.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "tiermark/v1/model.pb.h"

namespace tiermark {

// A fault of a text.
struct TextFault {
  std::string field;
  std::string message;
  absl::optional<size_t> offset;  // Of the byte it is told at.
};

// A text taken apart. The model is whole only if there are no faults.
struct ParsedModel {
  v1::ScoringModel model;
  std::vector<TextFault> faults;

  // The first byte of each field that is given, by path: "criteria[2].weight_percent".
  absl::flat_hash_map<std::string, size_t> offsets;
};

// Both take valid UTF-8 without a byte order mark, and tell up to kTextFaultsMax faults.
ParsedModel ParseModelText(absl::string_view text);
ParsedModel ParseModelJson(absl::string_view json);

// "Criterion has no field of this name", for the full name of a message.
std::string UnknownField(absl::string_view message_type);

inline constexpr char kGivenTwice[] = "is given twice";
inline constexpr char kExcluded[] = "excludes another field that is given already";
inline constexpr char kNotAWholeNumber[] = "must be a whole number within 32 bits";
inline constexpr char kNotAnEnumValue[] = "must be the name of one of its values";
inline constexpr char kTooDeep[] = "is nested too deeply";

}  // namespace tiermark
