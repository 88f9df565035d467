// What the HTTP front end takes at most, and what it says beyond.
#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "scoring/error.h"

namespace tiermark {

// Of a request's line and headers.
inline constexpr size_t kHeaderBytesMax = 16 << 10;

inline absl::Status RequestTooLarge(size_t bytes_max) {
  return ReasonedError(absl::StatusCode::kResourceExhausted, "REQUEST_TOO_LARGE",
                       absl::StrCat("a request has at most ", bytes_max, " bytes"));
}

}  // namespace tiermark
