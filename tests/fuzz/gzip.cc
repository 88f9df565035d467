// Bytes that are said to be gzip: what is taken keeps the bound to the byte, and a second member
// gives the same text once more.
#include "service/http/gzip.h"

#include "absl/strings/str_cat.h"
#include "scoring/error.h"
#include "tests/fuzz/fuzz.h"

namespace tiermark {
namespace {

constexpr size_t kBytesMax = 1 << 10;

bool IsTooLarge(const absl::StatusOr<std::string>& text) {
  return ReasonOf(text.status()) == "REQUEST_TOO_LARGE";
}

void Feed(absl::string_view input) {
  const auto text = Gunzip(input, kBytesMax);
  if (!text.ok()) {
    MUST(IsTooLarge(text) || ReasonOf(text.status()) == "MALFORMED_GZIP");
    return;
  }
  MUST(text->size() <= kBytesMax);
  MUST(*Gunzip(input, text->size()) == *text);
  if (!text->empty()) MUST(IsTooLarge(Gunzip(input, text->size() - 1)));
  const auto twice = Gunzip(absl::StrCat(input, input), kBytesMax);
  if (2 * text->size() <= kBytesMax) {
    MUST(*twice == *text + *text);
  } else {
    MUST(IsTooLarge(twice));
  }
  MUST(*Gunzip(Gzip(*text), kBytesMax) == *text);
}

std::vector<std::string> Seeds() {
  return {Gzip(""), Gzip("{\"accountId\":\"a\"}"), Gzip("one") + Gzip("two"),
          Gzip(std::string(kBytesMax, 'a')), Gzip(std::string(kBytesMax + 1, 'a'))};
}

}  // namespace

const Fuzzer kFuzzer = {Feed, 64, Seeds};

}  // namespace tiermark
