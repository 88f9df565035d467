// gzip with a bound.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tiermark {

// The text behind gzip's bytes, of one member or several.
// INVALID_ARGUMENT, MALFORMED_GZIP: they are not gzip, or not whole.
// RESOURCE_EXHAUSTED, REQUEST_TOO_LARGE: there is more than `bytes_max`; no more than that was
// made.
absl::StatusOr<std::string> Gunzip(absl::string_view bytes, size_t bytes_max);

// Fast rather than small.
std::string Gzip(absl::string_view text);

}  // namespace tiermark
