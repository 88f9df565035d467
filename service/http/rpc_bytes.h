// The messages of calls as they stand in bodies: JSON or binary, compressed or not, in an envelope
// or not.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "service/http/router.h"

namespace tiermark {

// Messages of answers below it are not worth the work of compressing them.
inline constexpr size_t kGzipBytesMin = 1 << 10;

// INVALID_ARGUMENT: the bytes are no such message; names the fields at fault where it can.
absl::Status ParseRpcMessage(bool json, absl::string_view bytes,
                             google::protobuf::Message* message);

// INTERNAL: the message has no JSON.
absl::Status WriteRpcMessage(bool json, const google::protobuf::Message& message,
                             std::string* bytes);

// The bytes of the one message of a request, `text` holding them where they were compressed.
// INVALID_ARGUMENT, UNIMPLEMENTED, INTERNAL: the envelope or the compression is not as the protocol
// has it; the codes are the protocol's.
// RESOURCE_EXHAUSTED, REQUEST_TOO_LARGE.
absl::StatusOr<absl::string_view> OpenRequest(const RpcRoute& route, absl::string_view body,
                                              std::string* text);

}  // namespace tiermark
