// The messages that JSON writes in a form of their own.
#pragma once

#include "google/protobuf/descriptor.h"
#include "protos/openapi/json.h"

namespace tiermark::openapi {

// Null for all other messages.
const Json* WellKnownSchema(const google::protobuf::Descriptor& message);

// JSON has no 64-bit integers that every reader keeps exact, so these are strings.
Json Int64Schema();
Json Uint64Schema();

}  // namespace tiermark::openapi
