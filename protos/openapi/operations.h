// RPCs as operations.
#pragma once

#include <string>

#include "google/protobuf/descriptor.h"
#include "protos/openapi/json.h"

namespace tiermark::openapi {

// Streams cannot be described.
bool IsUnary(const google::protobuf::MethodDescriptor& method);

// "/tiermark.v1.ScoringService/EvaluateAccount".
std::string PathOf(const google::protobuf::MethodDescriptor& method);

// The value of "post" at that path. Its operationId is the RPC's name alone, which Apex and Power
// Fx show as it is: the caller sees to it that no two services have an RPC of the same name.
Json Operation(const google::protobuf::MethodDescriptor& method, Dialect dialect);

}  // namespace tiermark::openapi
