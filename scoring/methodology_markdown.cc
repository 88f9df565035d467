#include "scoring/methodology_markdown.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace tiermark {
namespace {

// What means something wherever it stands. An at sign keeps most readers of Markdown from making a
// link of an address of mail; GitHub's makes one all the same, which leads to what it shows.
constexpr absl::string_view kSpecial = "\\`*_[]<>#|&~$@";

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// One line without outer spaces: control characters and runs of spaces are one space.
std::string OneLine(absl::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool space = absl::ascii_isspace(static_cast<unsigned char>(c)) ||
                       absl::ascii_iscntrl(static_cast<unsigned char>(c));
    if (!space) {
      line.push_back(c);
    } else if (!line.empty() && line.back() != ' ') {
      line.push_back(' ');
    }
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

// Whether the character at `i` would make a link of an address that is no more than text.
bool StartsAddress(absl::string_view line, size_t i) {
  const absl::string_view rest = line.substr(i);
  if (absl::StartsWith(rest, "://")) return true;
  return rest[0] == '.' && i >= 3 && absl::EqualsIgnoreCase(line.substr(i - 3, 3), "www");
}

// Whether the character at `i` makes a list or a rule of the line that it stands in: "- ", "1. ".
bool StartsBlock(absl::string_view line, size_t i) {
  if (i == 0) return line[0] == '-' || line[0] == '+';
  if (line[i] != '.' && line[i] != ')') return false;
  return std::all_of(line.begin(), line.begin() + i, IsDigit);
}

// The text itself as Markdown, where something else stands before it on its line or where it
// begins the line.
std::string Escaped(absl::string_view text, bool begins_line = false) {
  const std::string line = OneLine(text);
  std::string escaped;
  for (size_t i = 0; i < line.size(); ++i) {
    if (absl::StrContains(kSpecial, line[i]) || StartsAddress(line, i) ||
        (begins_line && StartsBlock(line, i))) {
      escaped.push_back('\\');
    }
    escaped.push_back(line[i]);
  }
  return escaped;
}

void AddLine(const std::vector<std::string>& cells, std::string* markdown) {
  absl::StrAppend(markdown, "| ", absl::StrJoin(cells, " | "), " |\n");
}

void AddTable(const v1::MethodologyTable& table, std::string* markdown) {
  std::vector<std::string> cells;
  for (const std::string& column : table.columns()) cells.push_back(Escaped(column));
  AddLine(cells, markdown);
  AddLine(std::vector<std::string>(cells.size(), "---"), markdown);
  for (const v1::MethodologyRow& row : table.rows()) {
    cells.clear();
    for (const std::string& cell : row.cells()) cells.push_back(Escaped(cell));
    AddLine(cells, markdown);
  }
  absl::StrAppend(markdown, "\n");
}

void AddSection(const v1::MethodologySection& section, absl::string_view marks,
                std::string* markdown) {
  absl::StrAppend(markdown, marks, " ", Escaped(section.heading()), "\n\n");
  for (const std::string& paragraph : section.paragraphs()) {
    absl::StrAppend(markdown, Escaped(paragraph, /*begins_line=*/true), "\n\n");
  }
  for (const v1::MethodologyTable& table : section.tables()) AddTable(table, markdown);
  for (const v1::MethodologySection& part : section.subsections()) {
    AddSection(part, absl::StrCat(marks, "#"), markdown);
  }
}

}  // namespace

std::string MarkdownOf(const v1::Methodology& methodology) {
  std::string markdown = absl::StrCat("# ", Escaped(methodology.title()), "\n\n");
  for (const v1::MethodologySection& section : methodology.sections()) {
    AddSection(section, "##", &markdown);
  }
  // One break ends the text.
  markdown.pop_back();
  return markdown;
}

}  // namespace tiermark
