// The description of the HTTP endpoint; see protos/openapi/ and embed_openapi.cmake.
#pragma once

#include "absl/strings/string_view.h"

namespace tiermark {

// OpenAPI 3.0, JSON: for Salesforce and for generators of clients.
absl::string_view OpenApiJson();

// The same as OpenAPI 2.0: custom connectors of Microsoft's Power Platform read no other.
absl::string_view SwaggerJson();

}  // namespace tiermark
