// What every RPC takes from gRPC and gives back to it.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "service/pipeline.h"

namespace tiermark {

grpc::Status ToGrpcStatus(const absl::Status& status);

// Takes the headers in and gives the two that are handed back.
CallHeaders ReadHeaders(grpc::CallbackServerContext* context);

// INVALID_ARGUMENT: the bytes are no such message; names the fields whose text is not UTF-8.
absl::Status Parse(const grpc::ByteBuffer& bytes, google::protobuf::Message* message);

// The message's size must be cached.
grpc::ByteBuffer Serialize(const google::protobuf::Message& message);

}  // namespace tiermark
