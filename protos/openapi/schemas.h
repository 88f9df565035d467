// Messages, fields and enums as schemas. Pure functions of the descriptors.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "protos/openapi/json.h"

namespace tiermark::openapi {

// {"$ref": ...} to a schema by name.
Json Reference(absl::string_view name, Dialect dialect);

// An object with a property for each field. None is required: JSON leaves out what is not set, and
// the server names what it misses.
Json MessageSchema(const google::protobuf::Descriptor& message, Dialect dialect);

// Puts a property for each field of `message` into the object `properties`.
void AddProperties(const google::protobuf::Descriptor& message, Dialect dialect, Json* properties);

}  // namespace tiermark::openapi
