#include "protos/openapi/operations.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "protos/openapi/comments.h"
#include "protos/openapi/errors.h"
#include "protos/openapi/names.h"
#include "protos/openapi/schemas.h"
#include "protos/openapi/well_known.h"

namespace tiermark::openapi {
namespace {

constexpr char kMediaType[] = "application/json";

Json Header(const char* name, const char* title, const char* description, Json schema,
            Dialect dialect) {
  Json header = {
      {"name", name}, {"in", "header"}, {"description", description}, {"required", false}};
  if (dialect == Dialect::kOpenApi3) {
    header["schema"] = std::move(schema);
  } else {
    header.update(schema);
    header["x-ms-summary"] = title;
    header["x-ms-visibility"] = "advanced";
  }
  return header;
}

Json Headers(Dialect dialect) {
  Json milliseconds = Typed("integer", "int64");
  milliseconds["minimum"] = 0;
  milliseconds["maximum"] = 9'999'999'999;
  Json id = Typed("string");
  id["maxLength"] = 128;
  return Json::array(
      {Header("Connect-Timeout-Ms", "Timeout",
              "How long the caller waits, in milliseconds. Absent: as long as the server does.",
              milliseconds, dialect),
       Header("X-Request-Id", "Request ID",
              "Names the call in logs, up to 128 characters of printable ASCII; given back with "
              "the answer.",
              id, dialect)});
}

// Of a request or an answer.
Json BodySchema(const google::protobuf::Descriptor& message, Dialect dialect) {
  if (const Json* known = WellKnownSchema(message)) return *known;
  return Reference(SchemaName(message), dialect);
}

Json Content(const Json& schema) {
  Json content;
  content[kMediaType]["schema"] = schema;
  return content;
}

Json Response(const char* description, const Json& schema, Dialect dialect) {
  Json response;
  response["description"] = description;
  if (dialect == Dialect::kOpenApi3) {
    response["content"] = Content(schema);
  } else {
    response["schema"] = schema;
  }
  return response;
}

// Required: the protocol has no call without a body; that of an empty request is {}.
void AddBody(const Json& schema, Dialect dialect, Json* operation) {
  if (dialect == Dialect::kOpenApi3) {
    (*operation)["requestBody"] = {{"required", true}, {"content", Content(schema)}};
  } else {
    (*operation)["parameters"].push_back(
        {{"name", "body"}, {"in", "body"}, {"required", true}, {"schema", schema}});
  }
}

}  // namespace

bool IsUnary(const google::protobuf::MethodDescriptor& method) {
  return !method.client_streaming() && !method.server_streaming();
}

std::string PathOf(const google::protobuf::MethodDescriptor& method) {
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

Json Operation(const google::protobuf::MethodDescriptor& method, Dialect dialect) {
  Json operation;
  operation["tags"] = Json::array({method.service()->name()});
  operation["operationId"] = method.name();
  operation["summary"] = SentenceOf(method.name());
  const std::string description = CommentOf(method);
  if (!description.empty()) operation["description"] = description;
  operation["parameters"] = Headers(dialect);
  AddBody(BodySchema(*method.input_type(), dialect), dialect, &operation);
  operation["responses"]["200"] =
      Response("The answer.", BodySchema(*method.output_type(), dialect), dialect);
  operation["responses"]["default"] =
      Response("The call failed.", Reference(kErrorSchema, dialect), dialect);
  return operation;
}

}  // namespace tiermark::openapi
