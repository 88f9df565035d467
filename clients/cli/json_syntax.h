// Whether a text is JSON in the strict sense, in which the server takes it too.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace tiermark::cli {

// INVALID_ARGUMENT: it is not, and at which line and column; or a name is given twice.
absl::Status CheckJsonSyntax(const std::string& text);

}  // namespace tiermark::cli
