// Rows of cells out of text.
//
// Of Debian's libraries, libcsv knows no lines and stops for good at the first stray quote, and
// libfccp takes no line breaks within quotes. An import has to name the line of each bad row, hold
// a bounded part of the file, and go on behind a quote that nobody closed: hence a reader of our
// own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/cli/csv_text.h"

namespace tiermark::cli {

struct CsvReaderOptions {
  char delimiter = '\0';  // NUL: the one of , ; and tab that the first row has most of.
  size_t cell_bytes_max = 256 << 10;
  size_t row_bytes_max = 1 << 20;  // As it stands in the file, quotes and line breaks included.
};

struct CsvRow {
  int64_t line = 0;  // Where it begins; the first line is 1.
  std::vector<std::string> cells;
  // Why it is no row, and the cell at which that showed. Empty: it is one.
  std::string fault;
  size_t fault_cell = 0;
  // As it stands in the file with its line end, until the next row is read. Of a row that is too
  // long it may be a part.
  absl::string_view text;
};

// Reads RFC 4180 with LF or CRLF as line ends; CR alone is one where it ends the first row. Lines
// with nothing in them are passed over. Behind a row whose quotes are not right it goes on at the
// next line, whether that seemed to be within quotes or not, so that an open quote costs its own
// line and no other. Holds one row and a little more. Not thread-safe.
class CsvReader {
 public:
  // `text`, which must outlive it, is UTF-8.
  CsvReader(ByteSource* text, CsvReaderOptions options);

  // False at the end. The first row decides about delimiter and line ends.
  // INVALID_ARGUMENT: the first row does not tell the delimiter. Other errors are the source's.
  absl::StatusOr<bool> Next(CsvRow* row);

  // From now on a row of another number of cells is bad. 0: of any.
  void ExpectCells(size_t cells) { cells_expected_ = cells; }

  char delimiter() const { return options_.delimiter; }

 private:
  // Places are counted from where the row begins.
  bool Has(size_t place);
  char At(size_t place) const { return buffer_[row_begin_ + place]; }
  size_t LineEndAt(size_t place);
  int64_t LineEndsIn(absl::string_view text) const;

  absl::Status LookAtFirstRow();
  bool SkipEmptyLines();
  // Where the row ends, its line end included; `row->fault` when it is bad.
  size_t Scan(CsvRow* row);
  bool ScanQuoted(size_t* place, std::string* cell, CsvRow* row);
  bool ScanPlain(size_t* place, std::string* cell, CsvRow* row);
  size_t EndOfFirstLine();
  bool IsTooLong(size_t place, const std::string& cell, CsvRow* row) const;

  ByteSource* const text_;
  CsvReaderOptions options_;
  size_t cells_expected_ = 0;
  bool cr_ends_lines_ = false;
  bool begun_ = false;

  std::string buffer_;
  size_t row_begin_ = 0;
  size_t row_bytes_ = 0;  // Of the row that was handed out last.
  int64_t line_ = 1;
  bool at_end_ = false;
  absl::Status status_;
};

}  // namespace tiermark::cli
