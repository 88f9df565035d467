#include "service/http/json_types.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/util/field_mask_util.h"

namespace tiermark {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldMask;
using google::protobuf::Message;
using google::protobuf::util::FieldMaskUtil;

// The fields of google.protobuf.Timestamp and of Duration.
constexpr int kSecondsField = 1;
constexpr int kNanosField = 2;

// A number as map keys are written: no second way to write the same.
template <typename Number>
bool IsKey(const std::string& text, Number* number) {
  return absl::SimpleAtoi(text, number) && absl::StrCat(*number) == text;
}

// "displayName,facts.country", or "*"; no text at all is no path. The library passes over empty
// paths, and does not read other signs, or names that begin with a capital, alike everywhere.
bool IsFieldMask(absl::string_view text) {
  bool begins = true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool ends = c == ',' || c == '.';
    if (!ends && c != '*' && !absl::ascii_isalnum(byte)) return false;
    if (begins && (ends || absl::ascii_isupper(byte))) return false;
    begins = ends;
  }
  return text.empty() || !begins;
}

bool ReadFieldMask(const std::string& text, Message* message) {
  FieldMask mask;
  return IsFieldMask(text) && FieldMaskUtil::FromJsonString(text, &mask) &&
         message->ParseFromString(mask.SerializeAsString());
}

}  // namespace

const FieldDescriptor* FindJsonField(const Descriptor& type, const std::string& name) {
  if (const auto* field = type.FindFieldByName(name); field != nullptr) return field;
  const auto* field = type.FindFieldByCamelcaseName(name);
  if (field != nullptr && field->json_name() == name) return field;
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->json_name() == name) return type.field(i);
  }
  return nullptr;
}

absl::string_view WordsOfMessage(const Descriptor& type) {
  if (IsWrapper(type.well_known_type())) return WordsOfField(*type.FindFieldByNumber(1));
  switch (type.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      return "must be a timestamp such as \"2026-05-20T10:30:00Z\"";
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return "must be a duration in seconds such as \"3.5s\"";
    case Descriptor::WELLKNOWNTYPE_FIELDMASK:
      return "must be a string of field names in lowerCamelCase with commas between them";
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return "must be an array";
    default:
      return "must be an object";
  }
}

absl::string_view WordsOfField(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return WordsOfMessage(*field.message_type());
    case FieldDescriptor::CPPTYPE_INT32:
      return "must be a whole number within 32 bits";
    case FieldDescriptor::CPPTYPE_UINT32:
      return "must be a whole number within 32 bits, and not negative";
    case FieldDescriptor::CPPTYPE_INT64:
      return "must be a whole number within 64 bits";
    case FieldDescriptor::CPPTYPE_UINT64:
      return "must be a whole number within 64 bits, and not negative";
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return "must be a number";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "must be true or false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return "must be the name of one of its values";
    case FieldDescriptor::CPPTYPE_STRING:
      return field.type() == FieldDescriptor::TYPE_BYTES ? "must be a string in base64"
                                                         : "must be a string";
  }
  return "";
}

bool IsWrapper(Descriptor::WellKnownType type) {
  switch (type) {
    case Descriptor::WELLKNOWNTYPE_DOUBLEVALUE:
    case Descriptor::WELLKNOWNTYPE_FLOATVALUE:
    case Descriptor::WELLKNOWNTYPE_INT64VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT64VALUE:
    case Descriptor::WELLKNOWNTYPE_INT32VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT32VALUE:
    case Descriptor::WELLKNOWNTYPE_STRINGVALUE:
    case Descriptor::WELLKNOWNTYPE_BYTESVALUE:
    case Descriptor::WELLKNOWNTYPE_BOOLVALUE:
      return true;
    default:
      return false;
  }
}

bool IsNullValue(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM &&
         field.enum_type()->full_name() == "google.protobuf.NullValue";
}

bool IsReal(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE ||
         field.cpp_type() == FieldDescriptor::CPPTYPE_FLOAT;
}

bool SetMapKey(const std::string& text, Message* entry) {
  const FieldDescriptor* key = entry->GetDescriptor()->map_key();
  const auto* reflection = entry->GetReflection();
  int32_t int32 = 0;
  uint32_t uint32 = 0;
  int64_t int64 = 0;
  uint64_t uint64 = 0;
  switch (key->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      reflection->SetString(entry, key, text);
      return true;
    case FieldDescriptor::CPPTYPE_BOOL:
      reflection->SetBool(entry, key, text == "true");
      return text == "true" || text == "false";
    case FieldDescriptor::CPPTYPE_INT32:
      if (!IsKey(text, &int32)) return false;
      reflection->SetInt32(entry, key, int32);
      return true;
    case FieldDescriptor::CPPTYPE_UINT32:
      if (!IsKey(text, &uint32)) return false;
      reflection->SetUInt32(entry, key, uint32);
      return true;
    case FieldDescriptor::CPPTYPE_INT64:
      if (!IsKey(text, &int64)) return false;
      reflection->SetInt64(entry, key, int64);
      return true;
    case FieldDescriptor::CPPTYPE_UINT64:
      if (!IsKey(text, &uint64)) return false;
      reflection->SetUInt64(entry, key, uint64);
      return true;
    default:
      return false;
  }
}

bool IsText(Descriptor::WellKnownType type) {
  return type == Descriptor::WELLKNOWNTYPE_TIMESTAMP ||
         type == Descriptor::WELLKNOWNTYPE_DURATION || type == Descriptor::WELLKNOWNTYPE_FIELDMASK;
}

bool SetFromText(const std::string& text, Message* message) {
  const Descriptor& type = *message->GetDescriptor();
  if (type.well_known_type() == Descriptor::WELLKNOWNTYPE_FIELDMASK) {
    return ReadFieldMask(text, message);
  }
  const absl::optional<JsonTime> time =
      type.well_known_type() == Descriptor::WELLKNOWNTYPE_TIMESTAMP ? TimestampOfText(text)
                                                                    : DurationOfText(text);
  if (!time) return false;
  const auto* reflection = message->GetReflection();
  reflection->SetInt64(message, type.FindFieldByNumber(kSecondsField), time->seconds);
  reflection->SetInt32(message, type.FindFieldByNumber(kNanosField), time->nanos);
  return true;
}

absl::optional<std::string> TextOf(const Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  if (type.well_known_type() == Descriptor::WELLKNOWNTYPE_FIELDMASK) {
    FieldMask mask;
    std::string text;
    if (!mask.ParseFromString(message.SerializeAsString()) ||
        !FieldMaskUtil::ToJsonString(mask, &text) || !IsFieldMask(text)) {
      return absl::nullopt;
    }
    return text;
  }
  const auto* reflection = message.GetReflection();
  const JsonTime time = {reflection->GetInt64(message, type.FindFieldByNumber(kSecondsField)),
                         reflection->GetInt32(message, type.FindFieldByNumber(kNanosField))};
  return type.well_known_type() == Descriptor::WELLKNOWNTYPE_TIMESTAMP ? TextOfTimestamp(time)
                                                                       : TextOfDuration(time);
}

}  // namespace tiermark
