#include "service/http/json_writer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "service/http/json_types.h"
#include "service/http/json_values.h"

namespace tiermark {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The fields of google.protobuf.Any.
constexpr int kTypeUrlField = 1;
constexpr int kBytesField = 2;

std::string KeyText(const Message& entry) {
  const FieldDescriptor* key = entry.GetDescriptor()->map_key();
  const Reflection* reflection = entry.GetReflection();
  switch (key->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(entry, key) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(reflection->GetInt32(entry, key));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(reflection->GetUInt32(entry, key));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(reflection->GetInt64(entry, key));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(reflection->GetUInt64(entry, key));
    default:
      return reflection->GetString(entry, key);
  }
}

}  // namespace

bool JsonWriter::Write(const Message& message) {
  const Descriptor::WellKnownType type = message.GetDescriptor()->well_known_type();
  if (IsWrapper(type)) {
    return WriteValue(message, *message.GetDescriptor()->FindFieldByNumber(1), -1);
  }
  if (IsText(type)) {
    const absl::optional<std::string> text = TextOf(message);
    return text && AppendJsonString(*text, &json_);
  }
  switch (type) {
    case Descriptor::WELLKNOWNTYPE_ANY:
      return WriteAny(message);
    case Descriptor::WELLKNOWNTYPE_STRUCT:
    case Descriptor::WELLKNOWNTYPE_VALUE:
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return WriteByProtobuf(message);
    default: {
      json_.push_back('{');
      const bool written = WriteFields(message, true);
      json_.push_back('}');
      return written;
    }
  }
}

bool JsonWriter::WriteFields(const Message& message, bool first) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (!first) json_.push_back(',');
    first = false;
    json_.push_back('"');
    json_.append(field->json_name());
    json_.append("\":");
    if (!WriteField(message, *field)) return false;
  }
  return true;
}

bool JsonWriter::WriteField(const Message& message, const FieldDescriptor& field) {
  if (field.is_map()) return WriteMap(message, field);
  if (!field.is_repeated()) return WriteValue(message, field, -1);
  const int size = message.GetReflection()->FieldSize(message, &field);
  json_.push_back('[');
  for (int i = 0; i < size; ++i) {
    if (i > 0) json_.push_back(',');
    if (!WriteValue(message, field, i)) return false;
  }
  json_.push_back(']');
  return true;
}

bool JsonWriter::WriteValue(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection* reflection = message.GetReflection();
  const bool one = index < 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Write(one ? reflection->GetMessage(message, &field)
                       : reflection->GetRepeatedMessage(message, &field, index));
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      const std::string& text =
          one ? reflection->GetStringReference(message, &field, &scratch)
              : reflection->GetRepeatedStringReference(message, &field, index, &scratch);
      if (field.type() == FieldDescriptor::TYPE_BYTES) {
        return AppendJsonString(absl::Base64Escape(text), &json_);
      }
      return AppendJsonString(text, &json_);
    }
    case FieldDescriptor::CPPTYPE_ENUM:
      return WriteEnum(*field.enum_type(),
                       one ? reflection->GetEnumValue(message, &field)
                           : reflection->GetRepeatedEnumValue(message, &field, index));
    case FieldDescriptor::CPPTYPE_BOOL:
      json_.append((one ? reflection->GetBool(message, &field)
                        : reflection->GetRepeatedBool(message, &field, index))
                       ? "true"
                       : "false");
      return true;
    case FieldDescriptor::CPPTYPE_INT32:
      absl::StrAppend(&json_, one ? reflection->GetInt32(message, &field)
                                  : reflection->GetRepeatedInt32(message, &field, index));
      return true;
    case FieldDescriptor::CPPTYPE_UINT32:
      absl::StrAppend(&json_, one ? reflection->GetUInt32(message, &field)
                                  : reflection->GetRepeatedUInt32(message, &field, index));
      return true;
    // JavaScript's numbers have no room for them.
    case FieldDescriptor::CPPTYPE_INT64:
      absl::StrAppend(&json_, "\"",
                      one ? reflection->GetInt64(message, &field)
                          : reflection->GetRepeatedInt64(message, &field, index),
                      "\"");
      return true;
    case FieldDescriptor::CPPTYPE_UINT64:
      absl::StrAppend(&json_, "\"",
                      one ? reflection->GetUInt64(message, &field)
                          : reflection->GetRepeatedUInt64(message, &field, index),
                      "\"");
      return true;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return WriteReal(one ? reflection->GetDouble(message, &field)
                           : reflection->GetRepeatedDouble(message, &field, index));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return WriteReal(one ? reflection->GetFloat(message, &field)
                           : reflection->GetRepeatedFloat(message, &field, index));
  }
  return false;
}

bool JsonWriter::WriteMap(const Message& message, const FieldDescriptor& field) {
  const Reflection* reflection = message.GetReflection();
  std::vector<std::pair<std::string, const Message*>> entries;
  const int size = reflection->FieldSize(message, &field);
  entries.reserve(size);
  for (int i = 0; i < size; ++i) {
    const Message& entry = reflection->GetRepeatedMessage(message, &field, i);
    entries.emplace_back(KeyText(entry), &entry);
  }
  std::sort(entries.begin(), entries.end());
  json_.push_back('{');
  bool first = true;
  for (const auto& [key, entry] : entries) {
    if (!first) json_.push_back(',');
    first = false;
    if (!AppendJsonString(key, &json_)) return false;
    json_.push_back(':');
    if (!WriteValue(*entry, *entry->GetDescriptor()->map_value(), -1)) return false;
  }
  json_.push_back('}');
  return true;
}

bool JsonWriter::WriteAny(const Message& any) {
  const Descriptor& type = *any.GetDescriptor();
  const Reflection* reflection = any.GetReflection();
  const std::string url = reflection->GetString(any, type.FindFieldByNumber(kTypeUrlField));
  if (url.empty()) {
    json_.append("{}");
    return true;
  }
  const Descriptor* held =
      type.file()->pool()->FindMessageTypeByName(url.substr(url.rfind('/') + 1));
  const Message* prototype =
      held == nullptr ? nullptr
                      : google::protobuf::MessageFactory::generated_factory()->GetPrototype(held);
  if (prototype == nullptr) return false;
  const std::unique_ptr<Message> message(prototype->New());
  if (!message->ParseFromString(reflection->GetString(any, type.FindFieldByNumber(kBytesField)))) {
    return false;
  }
  json_.append("{\"@type\":");
  if (!AppendJsonString(url, &json_)) return false;
  bool written = false;
  if (held->well_known_type() == Descriptor::WELLKNOWNTYPE_UNSPECIFIED) {
    written = WriteFields(*message, false);
  } else {
    json_.append(",\"value\":");
    written = Write(*message);
  }
  json_.push_back('}');
  return written;
}

bool JsonWriter::WriteByProtobuf(const Message& message) {
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json).ok()) return false;
  json_.append(json);
  return true;
}

bool JsonWriter::WriteEnum(const google::protobuf::EnumDescriptor& type, int number) {
  if (type.full_name() == "google.protobuf.NullValue") {
    json_.append("null");
    return true;
  }
  const auto* value = type.FindValueByNumber(number);
  if (value == nullptr) {
    absl::StrAppend(&json_, number);
    return true;
  }
  absl::StrAppend(&json_, "\"", value->name(), "\"");
  return true;
}

template <typename Number>
bool JsonWriter::WriteReal(Number value) {
  if (std::isnan(value)) {
    json_.append("\"NaN\"");
  } else if (std::isinf(value)) {
    json_.append(value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
  } else if (value == 0 && std::signbit(value)) {
    // As a whole number it would lose its sign.
    json_.append("-0.0");
  } else {
    constexpr size_t kDigitsMax = 32;
    char digits[kDigitsMax];
    const std::to_chars_result end = std::to_chars(digits, digits + kDigitsMax, value);
    json_.append(digits, end.ptr - digits);
  }
  return true;
}

}  // namespace tiermark
