// The Connect protocol as it stands on the wire, apart from HTTP itself: codes, errors, envelopes
// and time-outs. https://connectrpc.com/docs/protocol
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/http/message.h"

namespace tiermark {

// "invalid_argument".
absl::string_view ConnectCode(absl::StatusCode code);

// The HTTP status that an error of a unary call goes with.
int HttpStatusOf(absl::StatusCode code);

// The body of an error: code, message and details, whose messages are given in Base64 and, where
// they are known here, as JSON besides.
std::string ConnectError(const absl::Status& status);

// The last message of a stream: an error, if there is one, and the trailers.
std::string ConnectEndOfStream(const absl::Status& status, const HttpHeaders& trailers = {});

// The time-out of a call: 1 to 10 digits of milliseconds. INVALID_ARGUMENT, INVALID_TIMEOUT.
absl::StatusOr<absl::Duration> ParseConnectTimeout(absl::string_view text);

// What stands before each message of a stream: a byte of flags, and the length in four.
inline constexpr size_t kEnvelopeBytes = 5;
inline constexpr uint8_t kEnvelopeCompressed = 1;
inline constexpr uint8_t kEnvelopeEndOfStream = 2;

std::string Envelope(uint8_t flags, absl::string_view message);

// The one message of a request that has one: flags and bytes.
struct EnvelopedMessage {
  uint8_t flags = 0;
  absl::string_view bytes;
};

// INVALID_ARGUMENT, MALFORMED_ENVELOPE: it is not whole.
// UNIMPLEMENTED, NOT_ONE_MESSAGE: there is none, or more than one.
absl::StatusOr<EnvelopedMessage> OpenEnvelope(absl::string_view body);

// How long a caller that was refused should wait, in whole seconds; nothing when it is not said.
std::optional<int64_t> RetryAfterSeconds(const absl::Status& status);

}  // namespace tiermark
