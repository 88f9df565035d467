// The whole document.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "protos/openapi/json.h"

namespace tiermark::openapi {

struct Contract {
  // In the order of the document.
  std::vector<const google::protobuf::ServiceDescriptor*> services;
  // The messages that errors carry as details.
  std::vector<const google::protobuf::Descriptor*> error_details;
  // Of the server, such as "0.1.0".
  std::string version;
};

// Describes the unary RPCs and every message that they need.
//
// INVALID_ARGUMENT: two RPCs or two messages would have the same name; or a message of
//   google.protobuf is used that has no schema.
absl::StatusOr<Json> Document(const Contract& contract, Dialect dialect);

}  // namespace tiermark::openapi
