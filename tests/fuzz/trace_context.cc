// The headers `traceparent` and those that are handed back: what is taken is the whole header and
// nothing but it.
#include "service/trace_context.h"

#include "absl/strings/str_cat.h"
#include "service/pipeline.h"
#include "tests/fuzz/fuzz.h"

namespace tiermark {
namespace {

void Feed(absl::string_view input) {
  if (const auto context = ParseTraceparent(input)) {
    const std::string again = absl::StrCat("00-", context->trace_id, "-", context->span_id, "-");
    MUST(input.size() == again.size() + 2 && input.substr(0, again.size()) == again);
    MUST(context->trace_id != std::string(32, '0') && context->span_id != std::string(16, '0'));
    MUST(again.find_first_not_of("0123456789abcdef-") == std::string::npos);
  }
  const std::string kept = HeaderToKeep(input);
  MUST(kept.empty() || kept == input);
  for (const char c : kept) MUST(c >= 0x20 && c <= 0x7e);
}

std::vector<std::string> Seeds() {
  return {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
}

}  // namespace

const Fuzzer kFuzzer = {Feed, 160, Seeds};

}  // namespace tiermark
