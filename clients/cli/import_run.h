// One import of a file, from the first row to the last.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "clients/cli/csv_columns.h"
#include "clients/cli/csv_rows.h"
#include "clients/cli/session.h"
#include "tiermark/client.h"

namespace tiermark::cli {

struct ImportOptions {
  std::string file;       // "-" is standard input.
  char delimiter = '\0';  // NUL: as the header says.
  std::string encoding;   // Empty: as a byte order mark says, or else UTF-8.
  HeaderOptions header;
  RowOptions rows;
  bool evaluate = false;
  bool dry_run = false;
  std::string errors_file;  // Empty: bad rows are told on standard error.
  std::string resume_file;  // Empty: none is kept.
};

// Imports the file, or checks it, and prints what came of it. Bad rows are reported and decide the
// exit code; errors are those that keep the rest from being imported.
absl::Status RunImport(const Client& client, const ImportOptions& options, Session* session);

}  // namespace tiermark::cli
