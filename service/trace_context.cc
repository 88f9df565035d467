#include "service/trace_context.h"

#include <algorithm>

namespace tiermark {
namespace {

// "00-", 32 digits, "-", 16 digits, "-", two digits of flags.
constexpr size_t kTraceAt = 3;
constexpr size_t kTraceDigits = 32;
constexpr size_t kSpanAt = kTraceAt + kTraceDigits + 1;
constexpr size_t kSpanDigits = 16;
constexpr size_t kFlagsAt = kSpanAt + kSpanDigits + 1;
constexpr size_t kHeaderBytes = kFlagsAt + 2;

bool IsHex(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsId(absl::string_view text) {
  return IsHex(text) && text.find_first_not_of('0') != absl::string_view::npos;
}

}  // namespace

std::optional<TraceContext> ParseTraceparent(absl::string_view header) {
  if (header.size() != kHeaderBytes || header.substr(0, kTraceAt) != "00-" ||
      header[kSpanAt - 1] != '-' || header[kFlagsAt - 1] != '-' ||
      !IsHex(header.substr(kFlagsAt))) {
    return std::nullopt;
  }
  const TraceContext context{header.substr(kTraceAt, kTraceDigits),
                             header.substr(kSpanAt, kSpanDigits)};
  if (!IsId(context.trace_id) || !IsId(context.span_id)) return std::nullopt;
  return context;
}

}  // namespace tiermark
