// The place of a call in a trace that its caller keeps. https://www.w3.org/TR/trace-context/
#pragma once

#include <optional>

#include "absl/strings/string_view.h"

namespace tiermark {

// Points into the header it was read from.
struct TraceContext {
  // 32 and 16 lower-case hexadecimal digits, neither all 0.
  absl::string_view trace_id;
  // What the caller did when it made the call.
  absl::string_view span_id;
};

// Of a `traceparent` in the form of version 00; nothing when it has any other.
std::optional<TraceContext> ParseTraceparent(absl::string_view header);

}  // namespace tiermark
