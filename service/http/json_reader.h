// Fills a message from the tokens of a JSON text; json.h is what to use.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "scoring/error.h"
#include <nlohmann/json.hpp>

namespace tiermark {

// INVALID_ARGUMENT, MALFORMED_JSON, with the place of the byte at `offset`.
absl::Status MalformedJson(absl::string_view text, size_t offset, absl::string_view what);

// Receives the tokens from nlohmann's parser, one call each, and returns false, which ends parsing,
// once there is no use in going on. The descriptor of the message says what each value should be.
// For one text; not thread-safe.
class JsonReader {
 public:
  // `furthest` points to how far the parser has come in the text. The message must be empty.
  JsonReader(absl::string_view text, const char* const* furthest,
             google::protobuf::Message* message);

  // The names are those that nlohmann's parser calls.
  // NOLINTBEGIN(readability-identifier-naming)
  bool null();
  bool boolean(bool value);
  bool number_integer(int64_t value) { return SetWhole(NextValueSlot(), value); }
  bool number_unsigned(uint64_t value) { return SetWhole(NextValueSlot(), value); }
  bool number_float(double value, const std::string& text);
  bool string(std::string& value);
  bool binary(std::vector<uint8_t>& /*value*/) { return false; }
  bool start_object(size_t size);
  bool end_object() { return End(); }
  bool start_array(size_t size);
  bool end_array() { return End(); }
  bool key(std::string& name);
  bool parse_error(size_t position, const std::string& token,
                   const nlohmann::detail::exception& error);
  // NOLINTEND(readability-identifier-naming)

  // How reading has ended, once the parser is done.
  absl::Status Finish() const;

 private:
  // What an object or array that is not closed yet is read as.
  enum class Kind {
    kMessage,
    kList,
    kMap,
    kSkipped,  // Only as JSON: what is at fault already, or is left to protobuf's parser.
  };

  struct Level {
    Kind kind = Kind::kSkipped;
    google::protobuf::Message* message = nullptr;
    // Of a message: the field whose value comes next, null if it is to be skipped. Of a list or
    // map: the field that it is.
    const google::protobuf::FieldDescriptor* field = nullptr;
    google::protobuf::Message* entry = nullptr;  // Of a map: as `field` of a message.
    std::string key;                             // Of a map: the one that came last.
    int64_t items = 0;                           // Of a list or map: as many as have begun.
    std::vector<bool> given;                     // Of a message: the fields, by their index.
    absl::flat_hash_set<std::string> keys;       // Of what is no message.
    // What protobuf's parser reads as a whole from its first byte on; null for nothing.
    google::protobuf::Message* whole = nullptr;
    size_t whole_begin = 0;
  };

  // Where a value goes.
  struct Slot {
    // Both are null at the root, and where the value is skipped.
    google::protobuf::Message* holder = nullptr;
    const google::protobuf::FieldDescriptor* field = nullptr;
    bool root = false;
    bool add = false;  // As an element of a list.

    bool IsSkipped() const { return field == nullptr && !root; }
    // The field as a whole, which is a list or map.
    bool IsRepeated() const { return field != nullptr && field->is_repeated() && !add; }
  };

  template <typename Value>
  using Setter = void (google::protobuf::Reflection::*)(google::protobuf::Message*,
                                                        const google::protobuf::FieldDescriptor*,
                                                        Value) const;

  Slot NextSlot();
  // Of a value other than null, which faults another field of its oneof that is there already.
  Slot NextValueSlot();
  Level& Top() { return levels_[depth_ - 1]; }
  std::string Path() const;

  // All of these say whether to go on.
  bool Fault(absl::string_view description) { return FaultAt(Path(), description); }
  bool FaultAt(absl::string_view path, absl::string_view description);
  bool WrongType(const Slot& slot);
  bool Malformed(size_t offset, absl::string_view what);
  bool Push(Kind kind, google::protobuf::Message* message,
            const google::protobuf::FieldDescriptor* field);
  bool PushSkipped() { return Push(Kind::kSkipped, nullptr, nullptr); }
  bool PushWhole(const Slot& slot);
  bool End();
  bool MessageKey(const std::string& name);
  bool MapKey(const std::string& name);
  bool SetWhole(const Slot& given, absl::int128 value);
  bool SetReal(const Slot& slot, double value);
  bool SetText(const Slot& given, std::string* value);
  template <typename Number>
  bool SetNumber(const Slot& slot, absl::int128 value, Setter<Number> set, Setter<Number> add);
  template <typename Value, typename Field>
  static bool Put(const Slot& slot, Value value, Setter<Field> set, Setter<Field> add);

  // The message that a value of message type is read into, and its type, null for other types.
  google::protobuf::Message* Mutable(const Slot& slot);
  const google::protobuf::Descriptor* TypeOf(const Slot& slot) const;
  google::protobuf::Descriptor::WellKnownType WellKnownTypeOf(const Slot& slot) const;
  // Where a scalar goes: into the field within, where messages stand for scalars.
  Slot Unwrapped(const Slot& slot, int field_of_value);

  const absl::string_view text_;
  const char* const* const furthest_;
  google::protobuf::Message* const message_;
  // As many as have been open at once; those that are open now are the first `depth_`.
  std::vector<Level> levels_;
  size_t depth_ = 0;
  Violations violations_;
  absl::Status malformed_;
};

}  // namespace tiermark
