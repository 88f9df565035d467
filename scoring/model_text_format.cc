// Models in text format, taken apart by protobuf's own parser. Its messages repeat what is written,
// so that they are told in other words.
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"
#include "scoring/model_parsing.h"
#include "scoring/model_text.h"
#include "scoring/text.h"
#include "scoring/text_places.h"

namespace tiermark {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::TextFormat;
using ParseInfoTree = TextFormat::ParseInfoTree;

constexpr char kNotANumber[] = "is not a number";
constexpr char kBadEscape[] = "is not an escape sequence";

struct Wording {
  const char* begins;  // Of the parser's message.
  const char* words;
};

constexpr Wording kWordings[] = {
    {"Expected identifier, got: ", "a field name or a closing brace is expected here"},
    {"Expected string, got: ", "must be a text in quotation marks"},
    {"Expected integer, got: ", kNotAWholeNumber},
    {"Integer out of range (", kNotAWholeNumber},
    {"Expected integer or identifier, got: ", kNotAnEnumValue},
    {"Unknown enumeration value of ", kNotAnEnumValue},
    {"Non-repeated field ", kGivenTwice},
    {"Field ", kExcluded},
    {"Message is too deep", kTooDeep},
    {"Extension ", "a model has no extensions"},
    {"Unexpected end of string.", "the text ends within quotation marks"},
    {"String literals cannot cross line boundaries.",
     "quotation marks must be closed on the line they are opened on"},
    {"Invalid escape sequence in string literal.", kBadEscape},
    {"Expected hex digits for escape sequence.", kBadEscape},
    {"Expected four hex digits for \\u escape sequence.", kBadEscape},
    {"Expected eight hex digits up to 10ffff for \\U escape sequence", kBadEscape},
    {"\"0x\" must be followed by hex digits.", kNotANumber},
    {"Numbers starting with leading zero must be in octal.", kNotANumber},
    {"\"e\" must be followed by exponent.", kNotANumber},
    {"Already saw decimal point or exponent; can't have another one.", kNotANumber},
    {"Hex and octal numbers must be integers.", kNotANumber},
    {"Need space between number and identifier.", "a number and a name need a space between them"},
    {"Need space between identifier and decimal point.",
     "a number and a name need a space between them"},
    {"Invalid control characters encountered in text.",
     "control characters are only allowed in quotation marks, as escape sequences"},
    {"Interpreting non ascii codepoint ",
     "letters that are not ASCII are only allowed in quotation marks and comments"},
};

// What stands between the first quotation marks of a message; the caller knows whose words it is.
absl::string_view FirstQuoted(absl::string_view message) {
  const size_t begin = message.find('"');
  if (begin == absl::string_view::npos) return "";
  message.remove_prefix(begin + 1);
  return message.substr(0, message.find('"'));
}

std::string InOtherWords(absl::string_view message, bool at_end) {
  if (at_end) return "the text ends before the model does";
  if (absl::StartsWith(message, "Message type ")) return UnknownField(FirstQuoted(message));
  if (absl::StartsWith(message, "Expected \"")) {
    return absl::StrCat(FirstQuoted(message), " is expected here");
  }
  for (const Wording& wording : kWordings) {
    if (absl::StartsWith(message, wording.begins)) return wording.words;
  }
  return "cannot be read";
}

// The word that a message is about, where the parser tells of it only once it is past it.
absl::string_view WordBefore(absl::string_view message) {
  constexpr absl::string_view kNoField = " has no field named ";
  if (absl::StartsWith(message, "Message type ")) {
    return FirstQuoted(message.substr(message.find(kNoField) + kNoField.size()));
  }
  for (const absl::string_view begins : {"Unknown enum", "Non-repeated field ", "Field "}) {
    if (absl::StartsWith(message, begins)) return FirstQuoted(message);
  }
  return "";
}

class FaultCollector : public google::protobuf::io::ErrorCollector {
 public:
  FaultCollector(absl::string_view text, std::vector<TextFault>* faults)
      : text_(text), places_(text), faults_(faults) {}

  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (faults_->size() >= kTextFaultsMax) return;
    TextFault fault;
    if (line >= 0) fault.offset = Begin(places_.OffsetOf(line, column), WordBefore(message));
    fault.message = InOtherWords(message, fault.offset == text_.size());
    // The tokenizer and the parser may both stumble over one thing.
    if (!faults_->empty() && faults_->back().offset == fault.offset) return;
    faults_->push_back(std::move(fault));
  }

 private:
  // Goes back from the token after a word to the word.
  size_t Begin(size_t offset, absl::string_view word) const {
    if (word.empty() || word.size() > offset) return offset;
    const size_t begin = text_.rfind(word, offset - word.size());
    return begin == absl::string_view::npos ? offset : begin;
  }

  const absl::string_view text_;
  const TextPlaces places_;
  std::vector<TextFault>* const faults_;
};

// Notes where each field of a message is, and which texts are none.
class FieldWalk {
 public:
  FieldWalk(absl::string_view text, ParsedModel* parsed) : places_(text), parsed_(parsed) {}

  void Run(const Message& message, const ParseInfoTree& tree, const std::string& path) {
    const google::protobuf::Descriptor& type = *message.GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor* field = type.field(i);
      const std::string name = absl::StrCat(path, path.empty() ? "" : ".", field->name());
      if (field->is_repeated()) {
        List(message, field, tree, name);
      } else {
        Note(name, tree.GetLocation(field, -1));
        if (const ParseInfoTree* nested = tree.GetTreeForNested(field, -1)) {
          Run(message.GetReflection()->GetMessage(message, field), *nested, name);
        } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
          CheckText(message, field, name);
        }
      }
    }
  }

 private:
  void List(const Message& message, const FieldDescriptor* field, const ParseInfoTree& tree,
            const std::string& name) {
    const Reflection* reflection = message.GetReflection();
    const int size = reflection->FieldSize(message, field);
    if (size == 0) return;
    // A list in brackets has one place for all that it holds.
    const bool one_by_one = tree.GetLocation(field, size - 1).line >= 0;
    Note(name, tree.GetLocation(field, 0));
    for (int i = 0; i < size; ++i) {
      const std::string item = absl::StrCat(name, "[", i, "]");
      if (one_by_one) Note(item, tree.GetLocation(field, i));
      if (const ParseInfoTree* nested = tree.GetTreeForNested(field, i)) {
        Run(reflection->GetRepeatedMessage(message, field, i), *nested, item);
      }
    }
  }

  void Note(const std::string& name, TextFormat::ParseLocation location) {
    if (location.line < 0) return;
    parsed_->offsets.emplace(name, places_.OffsetOf(location.line, location.column));
  }

  // Escape sequences can make bytes of any kind, of which protobuf could not send a message.
  void CheckText(const Message& message, const FieldDescriptor* field, const std::string& name) {
    std::string spare;
    const std::string& text = message.GetReflection()->GetStringReference(message, field, &spare);
    if (parsed_->faults.size() >= kTextFaultsMax || IsUtf8(text)) return;
    const auto found = parsed_->offsets.find(name);
    if (found == parsed_->offsets.end()) return;
    parsed_->faults.push_back({name, "must be valid UTF-8", found->second});
  }

  const TextPlaces places_;
  ParsedModel* const parsed_;
};

}  // namespace

ParsedModel ParseModelText(absl::string_view text) {
  ParsedModel parsed;
  FaultCollector collector(text, &parsed.faults);
  ParseInfoTree tree;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&collector);
  parser.WriteLocationsTo(&tree);
  parser.SetRecursionLimit(kModelJsonDepthMax);
  if (parser.ParseFromString(std::string(text), &parsed.model)) {
    FieldWalk(text, &parsed).Run(parsed.model, tree, "");
  } else if (parsed.faults.empty()) {
    parsed.faults.push_back({"", "cannot be read", absl::nullopt});
  }
  return parsed;
}

}  // namespace tiermark
