#include "service/http/rpc_bytes.h"

#include <utility>

#include "scoring/error.h"
#include "service/http/connect.h"
#include "service/http/gzip.h"
#include "service/http/json.h"
#include "service/wire_check.h"

namespace tiermark {

using google::protobuf::Message;

absl::Status ParseRpcMessage(bool json, absl::string_view bytes, Message* message) {
  if (json) return ParseJson(bytes, message);
  if (message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::OkStatus();
  }
  return ExplainUnparsable(*message->GetDescriptor(), bytes);
}

absl::Status WriteRpcMessage(bool json, const Message& message, std::string* bytes) {
  if (json) return PrintJson(message, bytes);
  message.SerializeToString(bytes);
  return absl::OkStatus();
}

absl::StatusOr<absl::string_view> OpenRequest(const RpcRoute& route, absl::string_view body,
                                              std::string* text) {
  bool compressed = route.gzip_request && !body.empty();
  if (route.stream()) {
    const auto message = OpenEnvelope(body);
    if (!message.ok()) return message.status();
    body = message->bytes;
    compressed = (message->flags & kEnvelopeCompressed) != 0;
    if (message->flags > kEnvelopeCompressed) {
      return ReasonedError(absl::StatusCode::kInvalidArgument, "MALFORMED_ENVELOPE",
                           "the flags of the message are not known");
    }
    if (compressed && !route.gzip_request) {
      // The code is the protocol's.
      return ReasonedError(absl::StatusCode::kInternal, "MALFORMED_ENVELOPE",
                           "the message is compressed, and connect-content-encoding says not how");
    }
  }
  if (!compressed) return body;
  auto unzipped = Gunzip(body, route.method->options.request_bytes_max);
  if (!unzipped.ok()) return unzipped.status();
  *text = *std::move(unzipped);
  return absl::string_view(*text);
}

}  // namespace tiermark
