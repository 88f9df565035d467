// What becomes of a message where readers put each reference's schema in its place.
#pragma once

#include "google/protobuf/descriptor.h"
#include "protos/openapi/json.h"

namespace tiermark::openapi {

// The message of the field, of its elements or of the values of its map; null when it is none or
// has a JSON form of its own, such as a time.
const google::protobuf::Descriptor* PartOf(const google::protobuf::FieldDescriptor& field);

// Whether the field is described as an object of any shape:
// - where it leads back to its own message, without end;
// - for Power Platform also where its message would have more than kSchemasMax schemas, if the
//   field is one of the largest.
bool IsLeftOpen(const google::protobuf::FieldDescriptor& field, Dialect dialect);

// The most schemas that a custom connector may have in one request or response.
inline constexpr int kSchemasMax = 512;

}  // namespace tiermark::openapi
