#include "service/http/json_reader.h"

#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "scoring/json_text.h"
#include "scoring/text_places.h"
#include "service/http/json.h"
#include "service/http/json_types.h"
#include "service/http/json_values.h"

namespace tiermark {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr char kGivenTwice[] = "is given twice";

// Of google.protobuf.Value.
constexpr int kNullField = 1;
constexpr int kNumberField = 2;
constexpr int kStringField = 3;
constexpr int kBoolField = 4;

}  // namespace

absl::Status MalformedJson(absl::string_view text, size_t offset, absl::string_view what) {
  const TextPlace place = TextPlaces(text).Of(offset);
  return ReasonedError(
      absl::StatusCode::kInvalidArgument, "MALFORMED_JSON",
      absl::StrCat("line ", place.line, ", column ", place.column, " of the JSON: ", what),
      {{"line", absl::StrCat(place.line)}, {"column", absl::StrCat(place.column)}});
}

JsonReader::JsonReader(absl::string_view text, const char* const* furthest, Message* message)
    : text_(text), furthest_(furthest), message_(message) {}

absl::Status JsonReader::Finish() const {
  return malformed_.ok() ? violations_.ToStatus() : malformed_;
}

bool JsonReader::null() {
  const Slot slot = NextSlot();
  if (slot.IsSkipped() || slot.IsRepeated()) return true;
  if (WellKnownTypeOf(slot) == Descriptor::WELLKNOWNTYPE_VALUE) {
    return SetWhole(Unwrapped(slot, kNullField), 0);
  }
  if (slot.field != nullptr && IsNullValue(*slot.field)) return SetWhole(slot, 0);
  if (slot.root) return WrongType(slot);
  // Of a field it says that there is no value.
  return Top().kind == Kind::kMessage || Fault("must not be null");
}

bool JsonReader::boolean(bool value) {
  const Slot slot = Unwrapped(NextValueSlot(), kBoolField);
  if (slot.IsSkipped()) return true;
  if (slot.IsRepeated() || slot.field == nullptr ||
      slot.field->cpp_type() != FieldDescriptor::CPPTYPE_BOOL) {
    return WrongType(slot);
  }
  return Put(slot, value, &Reflection::SetBool, &Reflection::AddBool);
}

bool JsonReader::number_float(double value, const std::string& text) {
  const Slot slot = Unwrapped(NextValueSlot(), kNumberField);
  if (slot.field != nullptr && IsReal(*slot.field)) return SetReal(slot, value);
  const absl::optional<absl::int128> whole = WholeNumberOf(text);
  return whole ? SetWhole(slot, *whole) : WrongType(slot);
}

bool JsonReader::string(std::string& value) { return SetText(NextValueSlot(), &value); }

bool JsonReader::start_object(size_t /*size*/) {
  const Slot slot = NextValueSlot();
  if (slot.IsSkipped()) return PushSkipped();
  if (slot.IsRepeated()) {
    if (slot.field->is_map()) return Push(Kind::kMap, slot.holder, slot.field);
    return WrongType(slot) && PushSkipped();
  }
  if (TypeOf(slot) == nullptr) return WrongType(slot) && PushSkipped();
  switch (WellKnownTypeOf(slot)) {
    case Descriptor::WELLKNOWNTYPE_UNSPECIFIED:
      return Push(Kind::kMessage, Mutable(slot), nullptr);
    case Descriptor::WELLKNOWNTYPE_ANY:
    case Descriptor::WELLKNOWNTYPE_STRUCT:
    case Descriptor::WELLKNOWNTYPE_VALUE:
      return PushWhole(slot);
    default:
      return WrongType(slot) && PushSkipped();
  }
}

bool JsonReader::start_array(size_t /*size*/) {
  const Slot slot = NextValueSlot();
  if (slot.IsSkipped()) return PushSkipped();
  if (slot.IsRepeated()) {
    if (!slot.field->is_map()) return Push(Kind::kList, slot.holder, slot.field);
    return WrongType(slot) && PushSkipped();
  }
  switch (WellKnownTypeOf(slot)) {
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
    case Descriptor::WELLKNOWNTYPE_VALUE:
      return PushWhole(slot);
    default:
      return WrongType(slot) && PushSkipped();
  }
}

bool JsonReader::key(std::string& name) {
  switch (Top().kind) {
    case Kind::kMessage:
      return MessageKey(name);
    case Kind::kMap:
      return MapKey(name);
    default:
      return Top().keys.insert(name).second || Fault("has a name that is given twice");
  }
}

bool JsonReader::parse_error(size_t position, const std::string& /*token*/,
                             const nlohmann::detail::exception& error) {
  // The position is behind the character that was read last.
  return Malformed(position == 0 ? 0 : position - 1, WordsOfSyntaxError(error.what()));
}

std::string JsonReader::Path() const {
  std::string path;
  const auto append = [&](absl::string_view name) {
    absl::StrAppend(&path, path.empty() ? "" : ".", name);
  };
  for (size_t i = 0; i < depth_; ++i) {
    const Level& level = levels_[i];
    if (level.kind == Kind::kMessage && level.field != nullptr) {
      append(level.field->name());
    } else if (level.kind == Kind::kMap && IsToldName(level.key)) {
      append(level.key);
    } else if ((level.kind == Kind::kMap || level.kind == Kind::kList) && level.items > 0) {
      absl::StrAppend(&path, "[", level.items - 1, "]");
    }
  }
  return path;
}

bool JsonReader::FaultAt(absl::string_view path, absl::string_view description) {
  if (path.empty()) return Malformed(*furthest_ - text_.data() - 1, description);
  if (violations_.faults().size() < kJsonFaultsMax) violations_.Add(path, description);
  return violations_.faults().size() < kJsonFaultsMax;
}

bool JsonReader::WrongType(const Slot& slot) {
  if (slot.IsSkipped()) return true;
  if (slot.IsRepeated()) {
    return Fault(slot.field->is_map() ? "must be an object" : "must be an array");
  }
  return Fault(slot.root ? WordsOfMessage(*message_->GetDescriptor()) : WordsOfField(*slot.field));
}

bool JsonReader::Malformed(size_t offset, absl::string_view what) {
  malformed_ = MalformedJson(text_, offset, what);
  return false;
}

JsonReader::Slot JsonReader::NextSlot() {
  Slot slot;
  if (depth_ == 0) {
    slot.root = true;
    return slot;
  }
  Level& level = Top();
  switch (level.kind) {
    case Kind::kMessage:
      if (level.field == nullptr) break;
      slot.holder = level.message;
      slot.field = level.field;
      break;
    case Kind::kList:
      ++level.items;
      slot.holder = level.message;
      slot.field = level.field;
      slot.add = true;
      break;
    case Kind::kMap:
      if (level.entry == nullptr) break;
      slot.holder = level.entry;
      slot.field = level.field->message_type()->map_value();
      break;
    case Kind::kSkipped:
      break;
  }
  return slot;
}

JsonReader::Slot JsonReader::NextValueSlot() {
  const Slot slot = NextSlot();
  if (slot.field == nullptr) return slot;
  const auto* oneof = slot.field->real_containing_oneof();
  if (oneof == nullptr || !slot.holder->GetReflection()->HasOneof(*slot.holder, oneof)) return slot;
  Fault("excludes another field that is given already");
  return {};
}

const Descriptor* JsonReader::TypeOf(const Slot& slot) const {
  if (slot.root) return message_->GetDescriptor();
  return slot.IsSkipped() ? nullptr : slot.field->message_type();
}

Descriptor::WellKnownType JsonReader::WellKnownTypeOf(const Slot& slot) const {
  const Descriptor* type = slot.IsRepeated() ? nullptr : TypeOf(slot);
  return type == nullptr ? Descriptor::WELLKNOWNTYPE_UNSPECIFIED : type->well_known_type();
}

Message* JsonReader::Mutable(const Slot& slot) {
  if (slot.holder == nullptr) return message_;
  const auto* reflection = slot.holder->GetReflection();
  return slot.add ? reflection->AddMessage(slot.holder, slot.field)
                  : reflection->MutableMessage(slot.holder, slot.field);
}

JsonReader::Slot JsonReader::Unwrapped(const Slot& slot, int field_of_value) {
  const Descriptor::WellKnownType type = WellKnownTypeOf(slot);
  const bool is_value = type == Descriptor::WELLKNOWNTYPE_VALUE;
  if (!is_value && !IsWrapper(type)) return slot;
  Slot within;
  within.holder = Mutable(slot);
  within.field = within.holder->GetDescriptor()->FindFieldByNumber(is_value ? field_of_value : 1);
  return within;
}

bool JsonReader::Push(Kind kind, Message* message, const FieldDescriptor* field) {
  if (depth_ == kJsonDepthMax) {
    return Malformed(*furthest_ - text_.data() - 1,
                     absl::StrCat("nested more than ", kJsonDepthMax, " levels deep"));
  }
  if (depth_ == levels_.size()) levels_.emplace_back();
  ++depth_;
  Level& level = Top();
  level.kind = kind;
  level.message = message;
  level.field = field;
  level.entry = nullptr;
  level.key.clear();
  level.items = 0;
  level.given.clear();
  if (kind == Kind::kMessage) level.given.resize(message->GetDescriptor()->field_count());
  level.keys.clear();
  level.whole = nullptr;
  return true;
}

bool JsonReader::PushWhole(const Slot& slot) {
  Message* const whole = Mutable(slot);
  if (!PushSkipped()) return false;
  Top().whole = whole;
  Top().whole_begin = *furthest_ - text_.data() - 1;
  return true;
}

bool JsonReader::End() {
  const Level& level = Top();
  --depth_;
  if (level.whole == nullptr) return true;
  const absl::string_view json(text_.data() + level.whole_begin,
                               *furthest_ - text_.data() - level.whole_begin);
  if (google::protobuf::util::JsonStringToMessage({json.data(), json.size()}, level.whole).ok()) {
    return true;
  }
  return Fault(absl::StrCat("is no ", level.whole->GetDescriptor()->full_name(), " in JSON"));
}

bool JsonReader::MessageKey(const std::string& name) {
  Level& level = Top();
  level.field = nullptr;
  const Descriptor& type = *level.message->GetDescriptor();
  const FieldDescriptor* field = FindJsonField(type, name);
  if (field == nullptr) {
    const std::string path = Path();
    return FaultAt(absl::StrCat(path, path.empty() ? "" : ".", IsToldName(name) ? name : "?"),
                   absl::StrCat("is no field of ", type.name()));
  }
  level.field = field;
  if (!level.given[field->index()]) {
    level.given[field->index()] = true;
    return true;
  }
  const bool goes_on = Fault(kGivenTwice);
  level.field = nullptr;
  return goes_on;
}

bool JsonReader::MapKey(const std::string& name) {
  Level& level = Top();
  ++level.items;
  level.key = name;
  level.entry = nullptr;
  if (!level.keys.insert(name).second) return Fault(kGivenTwice);
  level.entry = level.message->GetReflection()->AddMessage(level.message, level.field);
  if (SetMapKey(name, level.entry)) return true;
  level.entry = nullptr;
  return Fault("has a name that its keys cannot have");
}

template <typename Number, typename Field>
bool JsonReader::Put(const Slot& slot, Number value, Setter<Field> set, Setter<Field> add) {
  const Reflection* reflection = slot.holder->GetReflection();
  (reflection->*(slot.add ? add : set))(slot.holder, slot.field, std::move(value));
  return true;
}

template <typename Number>
bool JsonReader::SetNumber(const Slot& slot, absl::int128 value, Setter<Number> set,
                           Setter<Number> add) {
  if (value < std::numeric_limits<Number>::min() || value > std::numeric_limits<Number>::max()) {
    return WrongType(slot);
  }
  return Put(slot, static_cast<Number>(value), set, add);
}

bool JsonReader::SetWhole(const Slot& given, absl::int128 value) {
  const Slot slot = Unwrapped(given, kNumberField);
  if (slot.IsSkipped()) return true;
  if (slot.IsRepeated() || slot.root) return WrongType(slot);
  switch (slot.field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return SetNumber(slot, value, &Reflection::SetInt32, &Reflection::AddInt32);
    case FieldDescriptor::CPPTYPE_UINT32:
      return SetNumber(slot, value, &Reflection::SetUInt32, &Reflection::AddUInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return SetNumber(slot, value, &Reflection::SetInt64, &Reflection::AddInt64);
    case FieldDescriptor::CPPTYPE_UINT64:
      return SetNumber(slot, value, &Reflection::SetUInt64, &Reflection::AddUInt64);
    case FieldDescriptor::CPPTYPE_ENUM:
      return SetNumber(slot, value, &Reflection::SetEnumValue, &Reflection::AddEnumValue);
    default:
      return SetReal(slot, static_cast<double>(value));
  }
}

bool JsonReader::SetReal(const Slot& slot, double value) {
  if (slot.IsSkipped()) return true;
  if (slot.IsRepeated() || slot.root) return WrongType(slot);
  switch (slot.field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Put(slot, value, &Reflection::SetDouble, &Reflection::AddDouble);
    case FieldDescriptor::CPPTYPE_FLOAT:
      if (std::isfinite(value) && std::abs(value) > std::numeric_limits<float>::max()) {
        return WrongType(slot);
      }
      return Put(slot, static_cast<float>(value), &Reflection::SetFloat, &Reflection::AddFloat);
    default:
      return WrongType(slot);
  }
}

bool JsonReader::SetText(const Slot& given, std::string* value) {
  if (given.IsSkipped()) return true;
  if (IsText(WellKnownTypeOf(given))) {
    return SetFromText(*value, Mutable(given)) || WrongType(given);
  }
  const Slot slot = Unwrapped(given, kStringField);
  if (slot.IsSkipped()) return true;
  if (slot.IsRepeated() || slot.root) return WrongType(slot);
  switch (slot.field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      if (slot.field->type() == FieldDescriptor::TYPE_BYTES) {
        absl::optional<std::string> bytes = BytesOfBase64(*value);
        if (!bytes) return WrongType(slot);
        *value = *std::move(bytes);
      }
      return Put(slot, std::move(*value), &Reflection::SetString, &Reflection::AddString);
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* named = slot.field->enum_type()->FindValueByName(*value);
      return named == nullptr ? WrongType(slot) : SetWhole(slot, named->number());
    }
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      const absl::optional<double> number = RealNumberOf(*value);
      return number ? SetReal(slot, *number) : WrongType(slot);
    }
    case FieldDescriptor::CPPTYPE_BOOL:
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return WrongType(slot);
    default: {
      const absl::optional<absl::int128> number = WholeNumberOf(*value);
      return number ? SetWhole(slot, *number) : WrongType(slot);
    }
  }
}

}  // namespace tiermark
