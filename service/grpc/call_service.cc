#include "service/grpc/call_service.h"

#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/grpc/bytes.h"
#include "service/grpc/stream_reactors.h"

namespace tiermark {
namespace {

using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;
using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::internal::CallbackBidiHandler;
using grpc::internal::CallbackServerStreamingHandler;
using grpc::internal::CallbackUnaryHandler;
using grpc::internal::MethodHandler;
using grpc::internal::RpcMethod;
using grpc::internal::RpcServiceMethod;

// One unary call: parsed, handed to the pipeline, finished by whichever thread ends it. The default
// reactor, unlike one of our own, ends without a hop to another of gRPC's threads.
grpc::ServerUnaryReactor* ServeUnary(Pipeline& pipeline, const Method& method,
                                     CallbackServerContext* context, const ByteBuffer* request,
                                     ByteBuffer* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto call = pipeline.Begin(method, ReadHeaders(context), request->Length());
  if (!call.ok()) {
    reactor->Finish(ToGrpcStatus(call.status()));
    return reactor;
  }
  absl::Status parsed = Parse(*request, (*call)->request());
  pipeline.Run(*std::move(call), std::move(parsed),
               [reactor, response](std::unique_ptr<Call> ended, const absl::Status& status) {
                 if (status.ok()) *response = Serialize(*ended->response());
                 reactor->Finish(ToGrpcStatus(status));
               });
  return reactor;
}

RpcMethod::RpcType TypeOf(const MethodDescriptor& descriptor) {
  if (!descriptor.server_streaming()) return RpcMethod::NORMAL_RPC;
  return descriptor.client_streaming() ? RpcMethod::BIDI_STREAMING : RpcMethod::SERVER_STREAMING;
}

MethodHandler* HandlerOf(RpcMethod::RpcType type, Pipeline& pipeline, OpenStreams& streams,
                         const Method& method) {
  switch (type) {
    case RpcMethod::BIDI_STREAMING:
      return new CallbackBidiHandler<ByteBuffer, ByteBuffer>(
          [&pipeline, &streams, &method](CallbackServerContext* context) {
            return ServeMessages(pipeline, streams, method, context);
          });
    case RpcMethod::SERVER_STREAMING:
      return new CallbackServerStreamingHandler<ByteBuffer, ByteBuffer>(
          [&pipeline, &streams, &method](CallbackServerContext* context,
                                         const ByteBuffer* request) {
            return ServeStream(pipeline, streams, method, context, request);
          });
    default:
      return new CallbackUnaryHandler<ByteBuffer, ByteBuffer>(
          [&pipeline, &method](CallbackServerContext* context, const ByteBuffer* request,
                               ByteBuffer* response) {
            return ServeUnary(pipeline, method, context, request, response);
          });
  }
}

}  // namespace

CallService::CallService(const ServiceDescriptor& service, Pipeline& pipeline,
                         OpenStreams& streams) {
  int index = 0;
  for (int i = 0; i < service.method_count(); ++i) {
    const MethodDescriptor& descriptor = *service.method(i);
    const Method* method =
        pipeline.methods().Find(absl::StrCat(service.full_name(), "/", descriptor.name()));
    if (method == nullptr) continue;
    names_.push_back(std::make_unique<std::string>(absl::StrCat("/", method->name)));
    const RpcMethod::RpcType type = TypeOf(descriptor);
    AddMethod(new RpcServiceMethod(names_.back()->c_str(), type, nullptr));
    MarkMethodRawCallback(index, HandlerOf(type, pipeline, streams, *method));
    ++index;
  }
}

}  // namespace tiermark
