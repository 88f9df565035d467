// Rows of cells as text that CsvReader, and every other reader of RFC 4180, reads back.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tiermark::cli {

// Appends the row with LF as its end. A cell is put in quotes where it has to be.
void AppendCsvRow(const std::vector<std::string>& cells, char delimiter, std::string* text);

}  // namespace tiermark::cli
