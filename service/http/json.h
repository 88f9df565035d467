// Messages in the JSON mapping of proto3, read strictly and written canonically. Both take any
// message and keep no state, hence are safe for any number of threads.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace tiermark {

// Objects and arrays within one another.
inline constexpr size_t kJsonDepthMax = 32;

// Faults that are listed at once; reading ends with the last of them.
inline constexpr size_t kJsonFaultsMax = 100;

// Fills the message from a text. Of a field both the name in lowerCamelCase and that of the proto
// are taken. Refused, beyond what JSON and the mapping refuse: names that are no field's, names and
// map keys given twice, two fields of a oneof, and whatever follows the object. The time it takes
// and the memory grow with the text alone, however it is nested. If it fails, the message is in
// pieces and fit for nothing. No error repeats a value.
// INVALID_ARGUMENT, INVALID_FIELDS: lists the fields at fault by their proto paths, such as
// "facts.potential_mrr[1].amount.units".
// INVALID_ARGUMENT, MALFORMED_JSON: the text is no JSON object, or is nested beyond kJsonDepthMax;
// the message says where and why, and the metadata has the `line` and the `column`, from 1.
absl::Status ParseJson(absl::string_view text, google::protobuf::Message* message);

// Puts the message's JSON, on one line, in place of `text`: names in lowerCamelCase, values of
// enums by name, fields that are set (also to 0, where the proto tells 0 from absent), map entries
// in the order of their keys.
// INTERNAL: the message holds what has no form in JSON, such as text that is not UTF-8.
absl::Status PrintJson(const google::protobuf::Message& message, std::string* text);

}  // namespace tiermark
