#include "service/grpc/bytes.h"

#include <grpcpp/server_context.h>

#include <chrono>
#include <string>
#include <utility>

#include "service/grpc/peer.h"
#include "service/rpc_status.h"
#include "service/wire_check.h"

namespace tiermark {

using google::protobuf::Message;
using grpc::ByteBuffer;
using grpc::CallbackServerContext;

namespace {

constexpr char kAuthorizationHeader[] = "authorization";
constexpr char kCorrelationHeader[] = "x-request-id";
constexpr char kTraceHeader[] = "traceparent";

// Details go in trailers, of which clients take 8 KiB unless told otherwise, in Base64.
constexpr size_t kDetailsBytesMax = 5 << 10;

absl::string_view Header(const CallbackServerContext& context, const char* name) {
  const auto found = context.client_metadata().find(name);
  if (found == context.client_metadata().end()) return {};
  return {found->second.data(), found->second.size()};
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      ToRpcStatus(status, kDetailsBytesMax).SerializeAsString());
}

CallHeaders ReadHeaders(CallbackServerContext* context) {
  CallHeaders headers;
  const std::chrono::system_clock::time_point deadline = context->deadline();
  if (deadline != std::chrono::system_clock::time_point::max()) {
    headers.deadline = absl::FromChrono(deadline);
  }
  headers.credentials.authorization = Header(*context, kAuthorizationHeader);
  headers.credentials.certificate_names = CertificateNames(*context);
  headers.correlation_id = Header(*context, kCorrelationHeader);
  headers.traceparent = Header(*context, kTraceHeader);
  for (const auto& [name, value] : {std::pair(kCorrelationHeader, headers.correlation_id),
                                    std::pair(kTraceHeader, headers.traceparent)}) {
    if (!value.empty()) {
      context->AddInitialMetadata(name, std::string(value.data(), value.size()));
    }
  }
  return headers;
}

absl::Status Parse(const ByteBuffer& bytes, Message* message) {
  grpc::Slice slice;
  if (!bytes.TrySingleSlice(&slice).ok() && !bytes.DumpToSingleSlice(&slice).ok()) {
    return absl::InternalError("the request's buffer cannot be read");
  }
  const absl::string_view text(reinterpret_cast<const char*>(slice.begin()), slice.size());
  if (message->ParseFromArray(text.data(), static_cast<int>(text.size()))) return absl::OkStatus();
  return ExplainUnparsable(*message->GetDescriptor(), text);
}

ByteBuffer Serialize(const Message& message) {
  grpc::Slice slice(static_cast<size_t>(message.GetCachedSize()));
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  return ByteBuffer(&slice, 1);
}

}  // namespace tiermark
