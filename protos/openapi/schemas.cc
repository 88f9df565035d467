#include "protos/openapi/schemas.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "protos/openapi/comments.h"
#include "protos/openapi/names.h"
#include "protos/openapi/unfolding.h"
#include "protos/openapi/well_known.h"

namespace tiermark::openapi {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::OneofDescriptor;

// A zero without a comment only says that nothing was said: it is neither sent nor worth a choice
// in a list. One with a comment has a meaning, such as "never scored" in a filter.
bool IsOffered(const google::protobuf::EnumValueDescriptor& value) {
  return value.number() != 0 || !absl::EndsWith(value.name(), "_UNSPECIFIED") ||
         !CommentOf(value).empty();
}

// Enums are written where they are used: a reference can have no description of its own, and not
// every reader offers a choice behind one.
Json EnumSchema(const EnumDescriptor& type) {
  Json values = Json::array();
  for (int i = 0; i < type.value_count(); ++i) {
    if (IsOffered(*type.value(i))) values.push_back(type.value(i)->name());
  }
  Json schema = Typed("string");
  schema["enum"] = values;
  return schema;
}

Json MessageFieldSchema(const FieldDescriptor& field, const FieldDescriptor& value,
                        Dialect dialect) {
  if (const Json* known = WellKnownSchema(*value.message_type())) return *known;
  if (IsLeftOpen(field, dialect)) return Typed("object");
  return Reference(SchemaName(*value.message_type()), dialect);
}

// Of one value: an element of a repeated field, a value of a map. `field` is what has it.
Json ValueSchema(const FieldDescriptor& field, const FieldDescriptor& value, Dialect dialect) {
  switch (value.type()) {
    case FieldDescriptor::TYPE_BOOL:
      return Typed("boolean");
    case FieldDescriptor::TYPE_BYTES:
      return Typed("string", "byte");
    case FieldDescriptor::TYPE_DOUBLE:
      return Typed("number", "double");
    case FieldDescriptor::TYPE_ENUM:
      return EnumSchema(*value.enum_type());
    case FieldDescriptor::TYPE_FLOAT:
      return Typed("number", "float");
    case FieldDescriptor::TYPE_INT32:
    case FieldDescriptor::TYPE_SINT32:
    case FieldDescriptor::TYPE_SFIXED32:
      return Typed("integer", "int32");
    case FieldDescriptor::TYPE_UINT32:
    case FieldDescriptor::TYPE_FIXED32:
      return Typed("integer", "int64");
    case FieldDescriptor::TYPE_INT64:
    case FieldDescriptor::TYPE_SINT64:
    case FieldDescriptor::TYPE_SFIXED64:
      return Int64Schema();
    case FieldDescriptor::TYPE_UINT64:
    case FieldDescriptor::TYPE_FIXED64:
      return Uint64Schema();
    case FieldDescriptor::TYPE_GROUP:
    case FieldDescriptor::TYPE_MESSAGE:
      return MessageFieldSchema(field, value, dialect);
    case FieldDescriptor::TYPE_STRING:
      return Typed("string");
  }
  return Json::object();
}

// The field's comment, with what the values of an enum mean.
std::string DescriptionOf(const FieldDescriptor& field, Dialect dialect) {
  std::string out = CommentOf(field);
  if (const EnumDescriptor* type = field.enum_type()) {
    if (out.empty()) out = CommentOf(*type);
    for (int i = 0; i < type->value_count(); ++i) {
      const std::string comment = CommentOf(*type->value(i));
      if (!comment.empty()) {
        AddListItem(absl::StrCat("`", type->value(i)->name(), "`: ", comment), &out);
      }
    }
  }
  if (IsLeftOpen(field, dialect)) {
    AddParagraph(absl::StrCat("Of the shape of ", SchemaName(*PartOf(field)), "."), &out);
  }
  return out;
}

Json FieldSchema(const FieldDescriptor& field, Dialect dialect) {
  Json schema;
  if (field.is_map()) {
    schema = Typed("object");
    schema["additionalProperties"] =
        ValueSchema(field, *field.message_type()->map_value(), dialect);
  } else if (field.is_repeated()) {
    schema = Typed("array");
    schema["items"] = ValueSchema(field, field, dialect);
  } else {
    schema = ValueSchema(field, field, dialect);
  }
  // What stands beside a reference has to be ignored.
  if (schema.contains("$ref")) return schema;
  if (dialect == Dialect::kSwagger2) schema["x-ms-summary"] = TitleOf(field.name());
  const std::string description = DescriptionOf(field, dialect);
  if (!description.empty()) schema["description"] = description;
  return schema;
}

std::string AtMostOneOf(const OneofDescriptor& oneof) {
  std::vector<std::string> names;
  names.reserve(static_cast<size_t>(oneof.field_count()));
  for (int i = 0; i < oneof.field_count(); ++i) {
    names.push_back(absl::StrCat("`", oneof.field(i)->json_name(), "`"));
  }
  return absl::StrCat("At most one of ", absl::StrJoin(names, ", "), " is set.");
}

// The message's comment, with what its references cannot say of themselves.
std::string DescriptionOf(const Descriptor& message, Dialect dialect) {
  std::string out = CommentOf(message);
  for (int i = 0; i < message.real_oneof_decl_count(); ++i) {
    AddParagraph(AtMostOneOf(*message.oneof_decl(i)), &out);
  }
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    const std::string comment = CommentOf(field);
    if (comment.empty() || !FieldSchema(field, dialect).contains("$ref")) continue;
    AddListItem(absl::StrCat("`", field.json_name(), "`: ", comment), &out);
  }
  return out;
}

}  // namespace

Json Reference(absl::string_view name, Dialect dialect) {
  const char* where = dialect == Dialect::kOpenApi3 ? "#/components/schemas/" : "#/definitions/";
  Json reference = Json::object();
  reference["$ref"] = absl::StrCat(where, name);
  return reference;
}

void AddProperties(const Descriptor& message, Dialect dialect, Json* properties) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    (*properties)[field.json_name()] = FieldSchema(field, dialect);
  }
}

Json MessageSchema(const Descriptor& message, Dialect dialect) {
  Json schema = Typed("object");
  const std::string description = DescriptionOf(message, dialect);
  if (!description.empty()) schema["description"] = description;
  if (message.field_count() > 0) AddProperties(message, dialect, &schema["properties"]);
  return schema;
}

}  // namespace tiermark::openapi
