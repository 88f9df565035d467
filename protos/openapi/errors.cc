#include "protos/openapi/errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "protos/openapi/codes.h"
#include "protos/openapi/comments.h"
#include "protos/openapi/schemas.h"

namespace tiermark::openapi {
namespace {

constexpr char kDetailSchema[] = "ErrorDetail";
constexpr char kDebugSchema[] = "ErrorDetailDebug";

Json Described(Json schema, const std::string& description) {
  schema["description"] = description;
  return schema;
}

Json CodeSchema() {
  Json values = Json::array();
  std::string description = "What went wrong, with the HTTP status that goes with it.";
  for (const Code& code : kCodes) {
    values.push_back(code.name);
    AddListItem(absl::StrCat("`", code.name, "`: ", code.http_status), &description);
  }
  Json schema = Typed("string");
  schema["enum"] = values;
  return Described(schema, description);
}

Json ErrorSchema(Dialect dialect) {
  Json schema = Described(Typed("object"), "Why a call failed.");
  Json& properties = schema["properties"];
  properties["code"] = CodeSchema();
  properties["message"] = Described(Typed("string"), "For people. Programs go by code and reason.");
  Json details = Described(Typed("array"), "The same for programs.");
  details["items"] = Reference(kDetailSchema, dialect);
  properties["details"] = details;
  return schema;
}

Json DetailSchema(Dialect dialect) {
  Json schema = Described(Typed("object"), "One of the details of an error.");
  Json& properties = schema["properties"];
  properties["type"] = Described(Typed("string"), "Such as `google.rpc.BadRequest`.");
  properties["value"] =
      Described(Typed("string"), "The detail as binary protobuf in base64 without padding.");
  properties["debug"] = Reference(kDebugSchema, dialect);
  return schema;
}

Json DebugSchema(const std::vector<const google::protobuf::Descriptor*>& details, Dialect dialect) {
  std::string description = "The detail in a form that can be read. What it has depends on `type`.";
  Json properties = Json::object();
  for (const google::protobuf::Descriptor* detail : details) {
    std::string names;
    for (int i = 0; i < detail->field_count(); ++i) {
      absl::StrAppend(&names, i == 0 ? "`" : ", `", detail->field(i)->json_name(), "`");
    }
    AddListItem(absl::StrCat("`", detail->full_name(), "`: ", names), &description);
    AddProperties(*detail, dialect, &properties);
  }
  Json schema = Described(Typed("object"), description);
  schema["properties"] = properties;
  return schema;
}

}  // namespace

void AddErrorSchemas(const std::vector<const google::protobuf::Descriptor*>& details,
                     Dialect dialect, Json* schemas) {
  (*schemas)[kErrorSchema] = ErrorSchema(dialect);
  (*schemas)[kDetailSchema] = DetailSchema(dialect);
  (*schemas)[kDebugSchema] = DebugSchema(details, dialect);
}

}  // namespace tiermark::openapi
