// The Connect protocol's time-outs, and bodies of calls in envelopes or not, compressed or not:
// what is taken is within its bound and is the one way to write it.
#include "service/http/connect.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "scoring/error.h"
#include "service/http/gzip.h"
#include "service/http/rpc_bytes.h"
#include "tests/fuzz/fuzz.h"

namespace tiermark {
namespace {

constexpr size_t kRequestBytesMax = 256;

Method MethodOf(bool stream) {
  Method method;
  method.options.request_bytes_max = kRequestBytesMax;
  if (stream) method.open = [](const auto&, const auto&) { return absl::CancelledError(); };
  return method;
}

void FeedTimeout(absl::string_view input) {
  const auto timeout = ParseConnectTimeout(input);
  if (!timeout.ok()) {
    MUST(ReasonOf(timeout.status()) == "INVALID_TIMEOUT");
    return;
  }
  const std::string padded =
      absl::StrCat(absl::Dec(*timeout / absl::Milliseconds(1), absl::kZeroPad10));
  MUST(padded.size() == 10 && input.size() <= 10);
  MUST(padded.substr(10 - input.size()) == input);
}

void FeedEnvelope(absl::string_view input) {
  const auto message = OpenEnvelope(input);
  if (message.ok()) {
    MUST(Envelope(message->flags, message->bytes) == input);
  } else {
    const std::string reason = ReasonOf(message.status());
    MUST(reason == "NOT_ONE_MESSAGE" || reason == "MALFORMED_ENVELOPE");
  }
}

// Choices of the input: of what kind the body is, and whether gzip is agreed on.
void Feed(absl::string_view input) {
  static const Method kUnary = MethodOf(false);
  static const Method kStream = MethodOf(true);
  const size_t choice = TakeChoice(4, &input);
  FeedTimeout(input);
  FeedEnvelope(input);
  RpcRoute route;
  route.method = choice % 2 == 0 ? &kUnary : &kStream;
  route.gzip_request = choice / 2 == 1;
  std::string text;
  const auto bytes = OpenRequest(route, input, &text);
  if (bytes.ok()) {
    MUST(bytes->size() <= std::max(input.size(), kRequestBytesMax));
    MUST(text.size() <= kRequestBytesMax);
  } else {
    MUST(!ReasonOf(bytes.status()).empty());
  }
}

std::vector<std::string> Seeds() {
  const std::string text(300, 'a');
  return {"01000",
          "1" + Envelope(0, "{}"),
          "3" + Envelope(kEnvelopeCompressed, Gzip("{\"accountId\":\"a\"}")),
          "3" + Envelope(kEnvelopeCompressed, Gzip(text)),
          "2" + Gzip("{}"),
          "3" + Envelope(kEnvelopeEndOfStream, "{}")};
}

}  // namespace

const Fuzzer kFuzzer = {Feed, 64, Seeds};

}  // namespace tiermark
