#include "clients/cli/table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace tiermark::cli {
namespace {

constexpr int kGap = 2;
// Fewer cells than these are not worth wrapping or cutting to.
constexpr int kLeastWrap = 20;

std::string Spaces(int count) { return std::string(std::max(count, 0), ' '); }

// The longest beginning of `text` of so many cells.
std::string Cut(const std::string& text, int cells) {
  if (CellsOf(text) <= cells) return text;
  size_t end = text.size();
  while (end > 0 && CellsOf(absl::string_view(text).substr(0, end)) > cells - 3) {
    do --end;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80);
  }
  return text.substr(0, end) + "...";
}

// Lines of so many cells, broken at spaces; a longer word has a line of its own.
std::vector<std::string> Wrap(const std::string& text, int cells) {
  std::vector<std::string> lines{""};
  for (const auto word : absl::StrSplit(text, ' ')) {
    std::string& line = lines.back();
    if (line.empty()) {
      line = std::string(word);
    } else if (CellsOf(line) + 1 + CellsOf(word) <= cells) {
      absl::StrAppend(&line, " ", word);
    } else {
      lines.emplace_back(word);
    }
  }
  return lines;
}

}  // namespace

void Table::Add(std::vector<Cell> row) {
  for (Cell& cell : row) cell.text = Clean(cell.text);
  rows_.push_back(std::move(row));
}

void Table::Print(const Terminal& terminal, std::ostream& to) const {
  std::vector<int> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    widths.push_back(CellsOf(columns_[i].name));
    for (const auto& row : rows_) widths[i] = std::max(widths[i], CellsOf(row[i].text));
  }
  const auto print = [&](const std::vector<Cell>& row) {
    std::string line;
    int used = 0;
    for (size_t i = 0; i < row.size(); ++i) {
      const bool last = i + 1 == row.size();
      std::string text = row[i].text;
      const int room = terminal.columns - used;
      if (last && terminal.columns > 0 && room >= kLeastWrap) text = Cut(text, room);
      const int padding = widths[i] - CellsOf(text);
      const std::string painted = terminal.Paint(text, row[i].look);
      if (columns_[i].align == Align::kRight) {
        absl::StrAppend(&line, Spaces(padding), painted);
      } else {
        absl::StrAppend(&line, painted, last ? "" : Spaces(padding));
      }
      if (!last) absl::StrAppend(&line, Spaces(kGap));
      used += widths[i] + kGap;
    }
    // A last column without text would leave spaces behind.
    line.erase(line.find_last_not_of(' ') + 1);
    to << line << "\n";
  };
  std::vector<Cell> names;
  for (const Column& column : columns_) names.emplace_back(column.name, Look::kTitle);
  print(names);
  for (const auto& row : rows_) print(row);
}

void Fields::Add(std::string name, Cell value) {
  value.text = Clean(value.text);
  if (!value.text.empty()) fields_.emplace_back(std::move(name), std::move(value));
}

void Fields::Print(const Terminal& terminal, std::ostream& to) const {
  int width = 0;
  for (const auto& [name, value] : fields_) width = std::max(width, CellsOf(name));
  const int room = terminal.columns - width - kGap;
  for (const auto& [name, value] : fields_) {
    to << terminal.Paint(name, Look::kTitle) << Spaces(width - CellsOf(name) + kGap);
    if (room < kLeastWrap) {
      to << terminal.Paint(value.text, value.look) << "\n";
      continue;
    }
    bool first = true;
    for (const std::string& line : Wrap(value.text, room)) {
      to << (first ? "" : Spaces(width + kGap)) << terminal.Paint(line, value.look) << "\n";
      first = false;
    }
  }
}

}  // namespace tiermark::cli
