// Files that the caller names.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace tiermark::cli {

// The whole of a file, or of standard input for "-". INVALID_ARGUMENT: it cannot be read.
absl::StatusOr<std::string> ReadFileOrInput(const std::string& path);

}  // namespace tiermark::cli
