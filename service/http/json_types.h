// What the JSON mapping of proto3 says of types and fields, by their descriptors. No function keeps
// state.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "service/http/json_values.h"

namespace tiermark {

// The field of either name; null if there is none.
const google::protobuf::FieldDescriptor* FindJsonField(const google::protobuf::Descriptor& type,
                                                       const std::string& name);

// Says what a value of the type should be: "must be an object".
absl::string_view WordsOfMessage(const google::protobuf::Descriptor& type);
// The same of a field, or of one element of it.
absl::string_view WordsOfField(const google::protobuf::FieldDescriptor& field);

// google.protobuf.Int64Value and its kind, which are written as what is in their one field, 1.
bool IsWrapper(google::protobuf::Descriptor::WellKnownType type);

// Whether the field holds google.protobuf.NullValue.
bool IsNullValue(const google::protobuf::FieldDescriptor& field);

// Whether the field holds floating-point numbers.
bool IsReal(const google::protobuf::FieldDescriptor& field);

// Sets the key of a map's entry. False if its type has no such key.
bool SetMapKey(const std::string& text, google::protobuf::Message* entry);

// Fills a well-known type that is written as a string: google.protobuf.Timestamp, Duration or
// FieldMask. False if the text is none.
bool SetFromText(const std::string& text, google::protobuf::Message* message);

// Whether the type is one of those.
bool IsText(google::protobuf::Descriptor::WellKnownType type);

// The text of one of those; nothing if it holds what has no text.
absl::optional<std::string> TextOf(const google::protobuf::Message& message);

}  // namespace tiermark
