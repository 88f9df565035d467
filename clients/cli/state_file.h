// Small files that tell how far a long run has come, so that one that broke off can go on.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tiermark::cli {

// By name; names have no spaces, and neither has line breaks.
using StateFields = std::map<std::string, std::string>;

// Empty when there is no such file. INVALID_ARGUMENT: it does not begin with `title`.
absl::StatusOr<StateFields> LoadState(const std::string& path, absl::string_view title);

// Whole or not at all, also when the machine goes down meanwhile.
absl::Status SaveState(const StateFields& fields, const std::string& path, absl::string_view title);

// Once it is of no more use. One that is not there is fine.
void RemoveState(const std::string& path);

}  // namespace tiermark::cli
