#include "protos/openapi/comments.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "protos/openapi/codes.h"

namespace tiermark::openapi {
namespace {

constexpr char kBullet[] = "- ";

bool BeginsWithCode(absl::string_view line) {
  const auto* end = std::find_if_not(line.begin(), line.end(),
                                     [](char c) { return c == '_' || (c >= 'A' && c <= 'Z'); });
  const std::string word =
      absl::AsciiStrToLower(line.substr(0, static_cast<size_t>(end - line.begin())));
  return std::any_of(std::begin(kCodes), std::end(kCodes),
                     [&](const Code& code) { return word == code.name; });
}

size_t IndentOf(absl::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

}  // namespace

std::string ProseOf(absl::string_view comment) {
  std::string out;
  bool in_paragraph = false;
  bool in_list = false;
  size_t list_indent = 0;
  for (const absl::string_view line : absl::StrSplit(comment, '\n')) {
    const absl::string_view text = absl::StripAsciiWhitespace(line);
    const size_t indent = IndentOf(line);
    if (text.empty()) {
      in_paragraph = false;
      in_list = false;
    } else if (BeginsWithCode(text)) {
      AddListItem(text, &out);
      in_paragraph = true;
      in_list = true;
      list_indent = indent;
    } else if (!in_paragraph || (in_list && indent <= list_indent)) {
      AddParagraph(text, &out);
      in_paragraph = true;
      in_list = false;
    } else {
      absl::StrAppend(&out, " ", text);
    }
  }
  return out;
}

void AddParagraph(absl::string_view addition, std::string* text) {
  if (!addition.empty()) absl::StrAppend(text, text->empty() ? "" : "\n\n", addition);
}

void AddListItem(absl::string_view addition, std::string* text) {
  const absl::string_view so_far = *text;
  const absl::string_view last_line = so_far.substr(so_far.rfind('\n') + 1);
  const bool in_list = absl::StartsWith(last_line, kBullet);
  absl::StrAppend(text, so_far.empty() ? "" : (in_list ? "\n" : "\n\n"), kBullet, addition);
}

}  // namespace tiermark::openapi
