// What the parts of the generator have in common.
#pragma once

#include <nlohmann/json.hpp>

namespace tiermark::openapi {

// Members stay in the order in which they are put in, so that equal contracts give equal documents.
using Json = nlohmann::ordered_json;

// Two forms of the same document: Salesforce and most generators of clients read OpenAPI 3.0,
// custom connectors of Microsoft's Power Platform read OpenAPI 2.0 ("Swagger") alone.
enum class Dialect { kOpenApi3, kSwagger2 };

// {"type": type}, and with a format that readers know, that too.
inline Json Typed(const char* type, const char* format = nullptr) {
  Json schema = Json::object();
  schema["type"] = type;
  if (format != nullptr) schema["format"] = format;
  return schema;
}

}  // namespace tiermark::openapi
