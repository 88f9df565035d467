#include "clients/cli/csv_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace tiermark::cli {
namespace {

constexpr size_t kReadBytes = 64 << 10;
constexpr char kDelimiters[] = {',', ';', '\t'};

}  // namespace

CsvReader::CsvReader(ByteSource* text, CsvReaderOptions options) : text_(text), options_(options) {}

bool CsvReader::Has(size_t place) {
  while (row_begin_ + place >= buffer_.size()) {
    if (at_end_ || !status_.ok()) return false;
    buffer_.erase(0, row_begin_);
    row_begin_ = 0;
    const size_t kept = buffer_.size();
    buffer_.resize(kept + kReadBytes);
    const auto got = text_->Read(buffer_.data() + kept, kReadBytes);
    buffer_.resize(kept + (got.ok() ? *got : 0));
    status_ = got.status();
    at_end_ = got.ok() && *got == 0;
  }
  return true;
}

// Bytes of the line end there, 0 if there is none.
size_t CsvReader::LineEndAt(size_t place) {
  if (At(place) == '\n') return 1;
  if (At(place) != '\r') return 0;
  if (!Has(place + 1)) return 1;
  if (At(place + 1) == '\n') return 2;
  return cr_ends_lines_ ? 1 : 0;
}

int64_t CsvReader::LineEndsIn(absl::string_view text) const {
  int64_t ends = std::count(text.begin(), text.end(), '\n');
  if (!cr_ends_lines_) return ends;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) ++ends;
  }
  return ends;
}

absl::Status CsvReader::LookAtFirstRow() {
  size_t counts[std::size(kDelimiters)] = {};
  bool quoted = false;
  for (size_t place = 0; place < options_.row_bytes_max && Has(place); ++place) {
    const char c = At(place);
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (LineEndAt(place) > 0) break;
    if (c == '\r') {
      cr_ends_lines_ = true;
      break;
    }
    for (size_t i = 0; i < std::size(kDelimiters); ++i) {
      if (c == kDelimiters[i]) ++counts[i];
    }
  }
  if (options_.delimiter != '\0') return absl::OkStatus();
  const auto* most = std::max_element(std::begin(counts), std::end(counts));
  if (*most > 0 && std::count(std::begin(counts), std::end(counts), *most) > 1) {
    return absl::InvalidArgumentError(
        "the first row has as many of one delimiter as of another; say which one it is");
  }
  options_.delimiter = kDelimiters[most - std::begin(counts)];
  return absl::OkStatus();
}

bool CsvReader::SkipEmptyLines() {
  while (Has(0)) {
    const size_t end = LineEndAt(0);
    if (end == 0) return true;
    row_begin_ += end;
    ++line_;
  }
  return false;
}

bool CsvReader::IsTooLong(size_t place, const std::string& cell, CsvRow* row) const {
  if (cell.size() > options_.cell_bytes_max) {
    row->fault = absl::StrCat("is longer than ", options_.cell_bytes_max, " bytes");
  } else if (place > options_.row_bytes_max) {
    row->fault = absl::StrCat("makes its row longer than ", options_.row_bytes_max, " bytes");
  }
  return !row->fault.empty();
}

// Both leave `place` behind the cell.
bool CsvReader::ScanQuoted(size_t* place, std::string* cell, CsvRow* row) {
  ++*place;
  for (;;) {
    if (!Has(*place)) {
      row->fault = "begins with a quote that is never closed";
      return false;
    }
    const char c = At((*place)++);
    if (c == '"') {
      if (!Has(*place) || At(*place) != '"') break;
      ++*place;
    }
    cell->push_back(c);
    if (IsTooLong(*place, *cell, row)) {
      row->fault += "; its quote may not be closed";
      return false;
    }
  }
  if (!Has(*place) || At(*place) == options_.delimiter || LineEndAt(*place) > 0) return true;
  row->fault = "has text behind its closing quote; a quote within quotes is written twice";
  return false;
}

bool CsvReader::ScanPlain(size_t* place, std::string* cell, CsvRow* row) {
  for (; Has(*place); ++*place) {
    const char c = At(*place);
    if (c == options_.delimiter) return true;
    if ((c == '\n' || c == '\r') && LineEndAt(*place) > 0) return true;
    if (c == '"') {
      row->fault =
          "has a quote but does not begin with one; the cell is to be put in quotes, and a "
          "quote within it written twice";
      return false;
    }
    cell->push_back(c);
    if (IsTooLong(*place, *cell, row)) return false;
  }
  return true;
}

size_t CsvReader::Scan(CsvRow* row) {
  size_t place = 0;
  size_t cells = 0;
  for (;;) {
    if (row->cells.size() == cells) row->cells.emplace_back();
    std::string& cell = row->cells[cells];
    cell.clear();
    const bool whole = Has(place) && At(place) == '"' ? ScanQuoted(&place, &cell, row)
                                                      : ScanPlain(&place, &cell, row);
    if (!whole) {
      row->fault_cell = cells;
      break;
    }
    ++cells;
    if (!Has(place)) break;
    if (const size_t line_end = LineEndAt(place); line_end > 0) {
      place += line_end;
      break;
    }
    ++place;  // The delimiter.
    if (IsTooLong(place, cell, row)) {
      row->fault_cell = cells;
      break;
    }
  }
  row->cells.resize(cells);
  return place;
}

// Drops what is beyond the bound of a row.
size_t CsvReader::EndOfFirstLine() {
  size_t place = 0;
  while (Has(place)) {
    if (const size_t line_end = LineEndAt(place); line_end > 0) return place + line_end;
    if (++place > options_.row_bytes_max) {
      row_begin_ += place;
      place = 0;
    }
  }
  return place;
}

absl::StatusOr<bool> CsvReader::Next(CsvRow* row) {
  row_begin_ += row_bytes_;
  row_bytes_ = 0;
  row->fault.clear();
  row->text = {};
  if (!SkipEmptyLines()) {
    if (!status_.ok()) return status_;
    return false;
  }
  if (!begun_) {
    if (absl::Status told = LookAtFirstRow(); !told.ok()) return told;
    begun_ = true;
  }
  row->line = line_;
  row_bytes_ = Scan(row);
  const bool whole = row->fault.empty();
  if (!whole) row_bytes_ = EndOfFirstLine();
  if (!status_.ok()) return status_;
  row->text = absl::string_view(buffer_).substr(row_begin_, row_bytes_);
  const int64_t lines = whole ? LineEndsIn(row->text) : 1;
  if (whole && cells_expected_ > 0 && row->cells.size() != cells_expected_) {
    row->fault = absl::StrCat("the row has ", row->cells.size(), " cells where the header has ",
                              cells_expected_);
    if (lines > 1) absl::StrAppend(&row->fault, "; it goes to line ", line_ + lines - 1);
    row->fault_cell = cells_expected_;
  }
  if (!row->fault.empty()) row->cells.clear();
  line_ += lines;
  return true;
}

}  // namespace tiermark::cli
