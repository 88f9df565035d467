// Models in JSON, taken apart token by token, so that every fault has its path and place and
// nothing is built of what is not a model's.
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "scoring/json_text.h"
#include "scoring/model_parsing.h"
#include "scoring/model_text.h"
#include <nlohmann/json.hpp>

namespace tiermark {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kNotAnObject[] = "must be an object";

// "-12": an optional minus and digits without leading zeros.
absl::optional<int64_t> IntegerOf(absl::string_view text) {
  absl::string_view digits = text;
  absl::ConsumePrefix(&digits, "-");
  if (digits.empty() || (digits.size() > 1 && digits[0] == '0')) return absl::nullopt;
  for (const char c : digits) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return absl::nullopt;
  }
  int64_t value = 0;
  if (!absl::SimpleAtoi(text, &value)) return absl::nullopt;
  return value;
}

absl::string_view WordsOfType(const FieldDescriptor& field) {
  if (field.is_repeated()) return "must be an array";
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return kNotAnObject;
    case FieldDescriptor::CPPTYPE_INT32:
      return kNotAWholeNumber;
    case FieldDescriptor::CPPTYPE_ENUM:
      return kNotAnEnumValue;
    default:
      return "must be a string";
  }
}

// Receives the tokens of the text. Returns false, which ends parsing, once there is no use in
// going on.
class ModelHandler {
 public:
  ModelHandler(absl::string_view text, const char* const* furthest, ParsedModel* parsed)
      : text_(text), furthest_(furthest), parsed_(parsed) {}

  // The names are those that nlohmann's parser calls.
  // NOLINTBEGIN(readability-identifier-naming)
  bool null() {
    const Slot slot = NextSlot();
    if (slot.item || slot.root) return WrongType(slot);
    return true;
  }
  bool boolean(bool /*value*/) { return WrongType(NextSlot()); }
  bool number_integer(int64_t value) { return SetNumber(NextSlot(), value); }
  bool number_unsigned(uint64_t value) {
    const Slot slot = NextSlot();
    if (value > static_cast<uint64_t>(std::numeric_limits<int32_t>::max())) return WrongType(slot);
    return SetNumber(slot, static_cast<int64_t>(value));
  }
  bool number_float(double value, const std::string& /*text*/) {
    const Slot slot = NextSlot();
    const bool whole = std::abs(value) < 1e10 && value == std::trunc(value);
    return whole && !slot.IsEnum() ? SetNumber(slot, static_cast<int64_t>(value)) : WrongType(slot);
  }
  bool string(const std::string& value) { return SetString(NextSlot(), value); }
  bool binary(const std::vector<uint8_t>& /*value*/) { return false; }
  bool start_object(size_t /*size*/) { return StartObject(NextSlot()); }
  bool end_object() { return End(); }
  bool start_array(size_t /*size*/) { return StartArray(NextSlot()); }
  bool end_array() { return End(); }
  bool key(const std::string& name) { return Key(name, NextToken()); }
  bool parse_error(size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) {
    // The position is behind the character that was read last.
    Fault("", absl::StrCat("must be JSON: ", WordsOfSyntaxError(error.what())),
          position == 0 ? 0 : position - 1);
    return false;
  }
  // NOLINTEND(readability-identifier-naming)

 private:
  // An object or array that is not closed yet.
  struct Level {
    bool array = false;
    Message* message = nullptr;              // What the values go to; null for what is no model's.
    const FieldDescriptor* field = nullptr;  // The list, or the field whose value comes next.
    std::string path;                        // Of the object or the list.
    int items = 0;
    std::set<std::string> keys;
    std::set<const FieldDescriptor*> given;
  };

  // Where a value goes.
  struct Slot {
    bool root = false;
    bool item = false;
    Message* message = nullptr;  // Null where the value is skipped.
    const FieldDescriptor* field = nullptr;
    std::string path;
    size_t offset = 0;

    bool IsEnum() const {
      return field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
    }
  };

  // The offset of the token that was read last. Only spaces and separators are between tokens.
  size_t NextToken() {
    const size_t begin = text_.find_first_not_of(" \t\r\n,:", token_end_);
    token_end_ = *furthest_ - text_.data();
    return begin == absl::string_view::npos ? text_.size() : begin;
  }

  Slot NextSlot() {
    Slot slot;
    slot.offset = NextToken();
    if (levels_.empty()) {
      slot.root = true;
      slot.message = &parsed_->model;
      return slot;
    }
    Level& level = levels_.back();
    if (level.message == nullptr || level.field == nullptr) return slot;
    slot.message = level.message;
    slot.field = level.field;
    slot.item = level.array;
    slot.path = level.array ? absl::StrCat(level.path, "[", level.items++, "]")
                            : PathOf(level, level.field->name());
    if (slot.item) parsed_->offsets.emplace(slot.path, slot.offset);
    return slot;
  }

  static std::string PathOf(const Level& level, absl::string_view name) {
    return absl::StrCat(level.path, level.path.empty() ? "" : ".", name);
  }

  // A name that is no field's is told if it looks like one.
  static std::string ToldPath(const Level& level, const std::string& name) {
    return IsToldName(name) ? PathOf(level, name) : level.path;
  }

  // Says whether there is room for more faults.
  bool Fault(absl::string_view field, absl::string_view message, size_t offset) {
    parsed_->faults.push_back({std::string(field), std::string(message), offset});
    return parsed_->faults.size() < kTextFaultsMax;
  }

  bool WrongType(const Slot& slot) {
    if (slot.message == nullptr) return true;
    // The lists of a model are of messages.
    return Fault(slot.path, slot.root || slot.item ? kNotAnObject : WordsOfType(*slot.field),
                 slot.offset);
  }

  bool SetNumber(const Slot& slot, int64_t value) {
    const bool fits = value >= std::numeric_limits<int32_t>::min() &&
                      value <= std::numeric_limits<int32_t>::max();
    if (slot.message == nullptr) return true;
    if (slot.root || slot.item || slot.field->is_repeated() || !fits) return WrongType(slot);
    if (slot.IsEnum()) {
      slot.message->GetReflection()->SetEnumValue(slot.message, slot.field,
                                                  static_cast<int>(value));
    } else if (slot.field->cpp_type() == FieldDescriptor::CPPTYPE_INT32) {
      slot.message->GetReflection()->SetInt32(slot.message, slot.field,
                                              static_cast<int32_t>(value));
    } else {
      return WrongType(slot);
    }
    return true;
  }

  bool SetString(const Slot& slot, const std::string& value) {
    if (slot.message == nullptr) return true;
    if (slot.root || slot.item || slot.field->is_repeated()) return WrongType(slot);
    if (slot.field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      slot.message->GetReflection()->SetString(slot.message, slot.field, value);
      return true;
    }
    if (slot.IsEnum()) {
      const auto* named = slot.field->enum_type()->FindValueByName(value);
      if (named == nullptr) return WrongType(slot);
      slot.message->GetReflection()->SetEnum(slot.message, slot.field, named);
      return true;
    }
    const absl::optional<int64_t> number = IntegerOf(value);
    return number ? SetNumber(slot, *number) : WrongType(slot);
  }

  bool Open(Level level, const Slot& slot) {
    if (levels_.size() >= kModelJsonDepthMax) {
      Fault(slot.path, kTooDeep, slot.offset);
      return false;
    }
    levels_.push_back(std::move(level));
    return true;
  }

  bool StartObject(const Slot& slot) {
    Level level;
    level.path = slot.path;
    if (slot.message == nullptr) return Open(std::move(level), slot);
    if (slot.root) {
      level.message = slot.message;
    } else if (slot.item) {
      level.message = slot.message->GetReflection()->AddMessage(slot.message, slot.field);
    } else if (!slot.field->is_repeated() && slot.field->message_type() != nullptr) {
      const auto* oneof = slot.field->real_containing_oneof();
      const auto* reflection = slot.message->GetReflection();
      if (oneof != nullptr && reflection->HasOneof(*slot.message, oneof)) {
        if (!Fault(slot.path, kExcluded, slot.offset)) return false;
      } else {
        level.message = reflection->MutableMessage(slot.message, slot.field);
      }
    } else if (!WrongType(slot)) {
      return false;
    }
    return Open(std::move(level), slot);
  }

  bool StartArray(const Slot& slot) {
    Level level;
    level.array = true;
    level.path = slot.path;
    if (slot.message == nullptr) return Open(std::move(level), slot);
    if (!slot.root && !slot.item && slot.field->is_repeated()) {
      level.message = slot.message;
      level.field = slot.field;
    } else if (!WrongType(slot)) {
      return false;
    }
    return Open(std::move(level), slot);
  }

  bool End() {
    NextToken();
    levels_.pop_back();
    return true;
  }

  bool Key(const std::string& name, size_t offset) {
    Level& level = levels_.back();
    level.field = nullptr;
    if (!level.keys.insert(name).second) {
      return Fault(level.message != nullptr ? ToldPath(level, name) : level.path, kGivenTwice,
                   offset);
    }
    if (level.message == nullptr) return true;
    const auto& type = *level.message->GetDescriptor();
    const FieldDescriptor* field = type.FindFieldByName(name);
    if (field == nullptr) field = type.FindFieldByCamelcaseName(name);
    if (field == nullptr) {
      return Fault(ToldPath(level, name), UnknownField(type.full_name()), offset);
    }
    const std::string path = PathOf(level, field->name());
    if (!level.given.insert(field).second) return Fault(path, kGivenTwice, offset);
    level.field = field;
    parsed_->offsets.emplace(path, offset);
    return true;
  }

  const absl::string_view text_;
  const char* const* const furthest_;
  ParsedModel* const parsed_;
  size_t token_end_ = 0;
  std::vector<Level> levels_;
};

}  // namespace

ParsedModel ParseModelJson(absl::string_view json) {
  ParsedModel parsed;
  // The parser would take it for the end of the text.
  const size_t nul = json.find('\0');
  if (nul != absl::string_view::npos) {
    parsed.faults.push_back({"", "must be JSON: a NUL byte is not allowed", nul});
    return parsed;
  }
  const char* furthest = json.data();
  ModelHandler handler(json, &furthest, &parsed);
  const bool complete =
      nlohmann::json::sax_parse(CountingIterator(json.data(), &furthest),
                                CountingIterator(json.data() + json.size(), &furthest), &handler);
  if (!complete && parsed.faults.empty()) {
    parsed.faults.push_back({"", "must be JSON", absl::nullopt});
  }
  return parsed;
}

}  // namespace tiermark
