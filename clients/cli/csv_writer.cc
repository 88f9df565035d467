#include "clients/cli/csv_writer.h"

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"

namespace tiermark::cli {
namespace {

bool NeedsQuotes(absl::string_view cell, char delimiter) {
  // At the beginning of a file it would be taken for a byte order mark.
  if (absl::StartsWith(cell, "\xef\xbb\xbf")) return true;
  for (const char c : cell) {
    if (c == '"' || c == delimiter || c == '\n' || c == '\r') return true;
    // A reader that has to find out the delimiter must not count them.
    if (c == ',' || c == ';' || c == '\t') return true;
  }
  return false;
}

}  // namespace

void AppendCsvRow(const std::vector<std::string>& cells, char delimiter, std::string* text) {
  // Nothing at all would be an empty line, which is no row.
  if (cells.size() == 1 && cells[0].empty()) text->append("\"\"");
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) text->push_back(delimiter);
    if (NeedsQuotes(cells[i], delimiter)) {
      text->push_back('"');
      text->append(absl::StrReplaceAll(cells[i], {{"\"", "\"\""}}));
      text->push_back('"');
    } else {
      text->append(cells[i]);
    }
  }
  text->push_back('\n');
}

}  // namespace tiermark::cli
