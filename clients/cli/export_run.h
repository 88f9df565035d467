// One export, from the first account to the last.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "clients/cli/csv_columns.h"
#include "clients/cli/session.h"
#include "tiermark/client.h"
#include "tiermark/v1/dimensions.pb.h"

namespace tiermark::cli {

struct ExportOptions {
  v1::AccountFilter filter;
  std::vector<CsvColumn> columns;
  char delimiter = ',';
  bool byte_order_mark = false;
  std::string file;          // Empty: standard output.
  std::string resume_token;  // Of an export to standard output that broke off.
};

// Writes the accounts that the filter finds as CSV, or as JSON with one a line. A stream that
// breaks is taken up where it was. Into a file, an export that was killed goes on when it is
// repeated.
absl::Status RunExport(const Client& client, const ExportOptions& options, Session* session);

}  // namespace tiermark::cli
