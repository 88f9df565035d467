#include "protos/openapi/well_known.h"

#include <map>
#include <string>

namespace tiermark::openapi {

namespace {

Json Matching(const char* pattern) {
  Json schema = Typed("string");
  schema["pattern"] = pattern;
  return schema;
}

Json ListOfAnything() {
  Json schema = Typed("array");
  schema["items"] = Json::object();
  return schema;
}

}  // namespace

Json Int64Schema() { return Matching("^-?[0-9]{1,19}$"); }

Json Uint64Schema() { return Matching("^[0-9]{1,20}$"); }

const Json* WellKnownSchema(const google::protobuf::Descriptor& message) {
  static const auto& schemas = *new std::map<std::string, Json>{
      {"google.protobuf.Any", Typed("object")},
      {"google.protobuf.BoolValue", Typed("boolean")},
      {"google.protobuf.BytesValue", Typed("string", "byte")},
      {"google.protobuf.DoubleValue", Typed("number", "double")},
      {"google.protobuf.Duration", Matching("^-?[0-9]{1,12}([.][0-9]{1,9})?s$")},
      {"google.protobuf.Empty", Typed("object")},
      {"google.protobuf.FieldMask", Typed("string")},
      {"google.protobuf.FloatValue", Typed("number", "float")},
      {"google.protobuf.Int32Value", Typed("integer", "int32")},
      {"google.protobuf.Int64Value", Int64Schema()},
      {"google.protobuf.ListValue", ListOfAnything()},
      {"google.protobuf.StringValue", Typed("string")},
      {"google.protobuf.Struct", Typed("object")},
      {"google.protobuf.Timestamp", Typed("string", "date-time")},
      {"google.protobuf.UInt32Value", Typed("integer", "int64")},
      {"google.protobuf.UInt64Value", Uint64Schema()},
      {"google.protobuf.Value", Json::object()},
  };
  const auto found = schemas.find(message.full_name());
  return found == schemas.end() ? nullptr : &found->second;
}

}  // namespace tiermark::openapi
