// How failed calls answer: the error of the Connect protocol.
#pragma once

#include <vector>

#include "google/protobuf/descriptor.h"
#include "protos/openapi/json.h"

namespace tiermark::openapi {

inline constexpr char kErrorSchema[] = "Error";

// Puts the schemas Error, ErrorDetail and ErrorDetailDebug into `schemas`. A detail is one of
// `details` (ErrorInfo and its like), so its readable form has the properties of all of them.
void AddErrorSchemas(const std::vector<const google::protobuf::Descriptor*>& details,
                     Dialect dialect, Json* schemas);

}  // namespace tiermark::openapi
