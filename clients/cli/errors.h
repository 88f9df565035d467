// What went wrong, told to people and to programs.
#pragma once

#include <ostream>

#include "absl/status/status.h"
#include "clients/cli/exit_codes.h"
#include "clients/cli/terminal.h"

namespace tiermark::cli {

ExitCode ExitCodeOf(const absl::Status& error);

// Message, code with reason, and every field at fault, a line each.
void PrintError(const absl::Status& error, const Terminal& terminal, std::ostream& to);

// The same as one line of JSON: {"code": ..., "reason": ..., "message": ..., "fieldViolations":
// []}.
void PrintErrorAsJson(const absl::Status& error, std::ostream& to);

}  // namespace tiermark::cli
