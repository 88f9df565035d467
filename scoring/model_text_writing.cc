// Models written as text format and as JSON.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"
#include "scoring/model_text.h"
#include <nlohmann/json.hpp>

namespace tiermark {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kLineMax = 100;

// A tier, a category, a band: what a table would show as a row.
bool IsRow(const Descriptor& type) {
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->message_type() != nullptr) return false;
  }
  return true;
}

// The fields to write: those that are set, and in rows the numbers that are 0.
std::vector<const FieldDescriptor*> WrittenFields(const Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  const Reflection& reflection = *message.GetReflection();
  const bool row = IsRow(type);
  std::vector<const FieldDescriptor*> fields;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field->full_name() == "tiermark.v1.ScoringModel.version") continue;
    const bool number =
        field->cpp_type() == FieldDescriptor::CPPTYPE_INT32 && !field->has_presence();
    const bool set = field->is_repeated() ? reflection.FieldSize(message, field) > 0
                                          : reflection.HasField(message, field);
    if (set || (row && number)) fields.push_back(field);
  }
  return fields;
}

size_t CharactersOf(const std::string& text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

// The printer escapes apostrophes too, which mean nothing within quotation marks.
std::string WithApostrophes(const std::string& value) {
  std::string out;
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) {
      if (value[++i] != '\'') out += '\\';
    }
    out += value[i];
  }
  return out;
}

class TextWriter {
 public:
  TextWriter() { values_.SetUseUtf8StringEscaping(true); }

  std::string Write(const v1::ScoringModel& model) && {
    Fields(model, "");
    return std::move(out_);
  }

 private:
  void Fields(const Message& message, const std::string& indent) {
    for (const FieldDescriptor* field : WrittenFields(message)) {
      if (field->message_type() == nullptr) {
        absl::StrAppend(&out_, indent, Scalar(message, field), "\n");
      } else if (!field->is_repeated()) {
        Nested(message.GetReflection()->GetMessage(message, field), field->name(), indent);
      } else {
        List(message, field, indent);
      }
    }
  }

  void List(const Message& message, const FieldDescriptor* field, const std::string& indent) {
    const Reflection& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, field);
    for (int i = 0; i < size; ++i) {
      // What is many lines long is set apart, and so is a list from what comes before it.
      const bool long_item = !IsRow(*field->message_type());
      if (indent.empty() && !out_.empty() && (i == 0 || long_item)) out_ += "\n";
      Nested(reflection.GetRepeatedMessage(message, field, i), field->name(), indent);
    }
  }

  void Nested(const Message& message, const std::string& name, const std::string& indent) {
    if (!IsRow(*message.GetDescriptor())) {
      absl::StrAppend(&out_, indent, name, " {\n");
      Fields(message, indent + "  ");
      absl::StrAppend(&out_, indent, "}\n");
      return;
    }
    std::string line = absl::StrCat(indent, name, " {");
    bool one_line = true;
    for (const FieldDescriptor* field : WrittenFields(message)) {
      absl::StrAppend(&line, " ", Scalar(message, field));
      one_line &= !HasOwnLine(field);
    }
    line += line.back() == '{' ? "}" : " }";
    if (one_line && CharactersOf(line) <= kLineMax) {
      absl::StrAppend(&out_, line, "\n");
      return;
    }
    absl::StrAppend(&out_, indent, name, " {\n");
    Filled(message, indent + "  ");
    absl::StrAppend(&out_, indent, "}\n");
  }

  // The test of a category is a sentence or two.
  static bool HasOwnLine(const FieldDescriptor* field) {
    return field->full_name() == "tiermark.v1.Category.test";
  }

  // As many fields to a line as fit.
  void Filled(const Message& message, const std::string& indent) {
    std::string line;
    for (const FieldDescriptor* field : WrittenFields(message)) {
      const std::string value = Scalar(message, field);
      const bool fits = CharactersOf(line) + 1 + CharactersOf(value) <= kLineMax;
      if (!line.empty() && (!fits || HasOwnLine(field))) {
        absl::StrAppend(&out_, line, "\n");
        line.clear();
      }
      absl::StrAppend(&line, line.empty() ? indent : " ", value);
    }
    absl::StrAppend(&out_, line, "\n");
  }

  std::string Scalar(const Message& message, const FieldDescriptor* field) const {
    std::string value;
    values_.PrintFieldValueToString(message, field, -1, &value);
    return absl::StrCat(field->name(), ": ", WithApostrophes(value));
  }

  google::protobuf::TextFormat::Printer values_;
  std::string out_;
};

nlohmann::ordered_json JsonOf(const Message& message);

nlohmann::ordered_json JsonOf(const Message& message, const FieldDescriptor* field) {
  const Reflection& reflection = *message.GetReflection();
  if (field->is_repeated()) {
    auto list = nlohmann::ordered_json::array();
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      list.push_back(JsonOf(reflection.GetRepeatedMessage(message, field, i)));
    }
    return list;
  }
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return JsonOf(reflection.GetMessage(message, field));
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.GetInt32(message, field);
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number = reflection.GetEnumValue(message, field);
      const auto* value = field->enum_type()->FindValueByNumber(number);
      if (value == nullptr) return number;
      return value->name();
    }
    default:
      return reflection.GetString(message, field);
  }
}

nlohmann::ordered_json JsonOf(const Message& message) {
  auto object = nlohmann::ordered_json::object();
  for (const FieldDescriptor* field : WrittenFields(message)) {
    object[field->name()] = JsonOf(message, field);
  }
  return object;
}

}  // namespace

std::string ModelToText(const v1::ScoringModel& model) { return TextWriter().Write(model); }

std::string ModelToJson(const v1::ScoringModel& model) {
  // What is no UTF-8 is replaced: dump would throw.
  return JsonOf(model).dump(2, ' ', /*ensure_ascii=*/false,
                            nlohmann::ordered_json::error_handler_t::replace) +
         "\n";
}

}  // namespace tiermark
