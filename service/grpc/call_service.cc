#include "service/grpc/call_service.h"

#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scoring/error.h"
#include "service/rpc_status.h"
#include "service/wire_check.h"

namespace tiermark {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;
using grpc::ByteBuffer;
using grpc::CallbackServerContext;

constexpr char kCorrelationHeader[] = "x-request-id";
constexpr char kTraceHeader[] = "traceparent";

// Details go in trailers, of which clients take 8 KiB unless told otherwise, in Base64.
constexpr size_t kDetailsBytesMax = 5 << 10;

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      ToRpcStatus(status, kDetailsBytesMax).SerializeAsString());
}

absl::string_view Header(const CallbackServerContext& context, const char* name) {
  const auto found = context.client_metadata().find(name);
  if (found == context.client_metadata().end()) return {};
  return {found->second.data(), found->second.size()};
}

// Takes the headers in and gives the two that are handed back.
CallHeaders ReadHeaders(CallbackServerContext* context) {
  CallHeaders headers;
  const std::chrono::system_clock::time_point deadline = context->deadline();
  if (deadline != std::chrono::system_clock::time_point::max()) {
    headers.deadline = absl::FromChrono(deadline);
  }
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

}  // namespace

// One bidirectional stream: reads a message, runs it as a call, writes its answer, reads on. So
// answers are in order, and a client that does not take them is not read from.
class StreamReactor final : public grpc::ServerBidiReactor<ByteBuffer, ByteBuffer> {
 public:
  StreamReactor(Pipeline& pipeline, OpenStreams& streams, const Method& method,
                CallbackServerContext* context)
      : pipeline_(pipeline), streams_(streams), method_(method), headers_(ReadHeaders(context)) {
    streams_.Add(this);
    StartRead(&request_);
    // Opened while the others were being ended.
    if (pipeline_.draining()) Drain();
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      End(absl::OkStatus());
      return;
    }
    {
      MutexLock lock(&mutex_);
      if (ended_) return;
      answering_ = true;
    }
    auto call = pipeline_.Begin(method_, headers_, request_.Length());
    if (!call.ok()) {
      Answered(call.status());
      return;
    }
    absl::Status parsed = Parse(request_, (*call)->request());
    pipeline_.Run(*std::move(call), std::move(parsed),
                  [this](std::unique_ptr<Call> ended, const absl::Status& status) {
                    if (status.ok()) response_ = Serialize(*ended->response());
                    Answered(status);
                  });
  }

  void OnWriteDone(bool ok) override {
    if (!ok) {
      End(absl::CancelledError(""));
      return;
    }
    {
      MutexLock lock(&mutex_);
      answering_ = false;
      if (ended_) return;
      if (!draining_) {
        StartRead(&request_);
        return;
      }
    }
    End(ShuttingDown());
  }

  // Nothing more can be written. A message under way ends by itself and then finishes the stream.
  void OnCancel() override {
    {
      MutexLock lock(&mutex_);
      draining_ = true;
      if (answering_) return;
    }
    End(absl::CancelledError(""));
  }

  void OnDone() override {
    streams_.Remove(this);
    delete this;
  }

  void Drain() {
    {
      MutexLock lock(&mutex_);
      draining_ = true;
      if (answering_) return;
    }
    End(ShuttingDown());
  }

 private:
  static absl::Status ShuttingDown() {
    return ReasonedError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN",
                         "the server is shutting down; call again");
  }

  void Answered(const absl::Status& status) {
    if (status.ok()) {
      StartWrite(&response_);
    } else {
      End(status);
    }
  }

  void End(const absl::Status& status) {
    {
      MutexLock lock(&mutex_);
      if (ended_) return;
      ended_ = true;
    }
    Finish(ToGrpcStatus(status));
  }

  Pipeline& pipeline_;
  OpenStreams& streams_;
  const Method& method_;
  const CallHeaders headers_;
  ByteBuffer request_;
  ByteBuffer response_;
  Mutex mutex_;
  bool answering_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

void OpenStreams::Add(StreamReactor* stream) {
  MutexLock lock(&mutex_);
  streams_.insert(stream);
}

void OpenStreams::Remove(StreamReactor* stream) {
  MutexLock lock(&mutex_);
  streams_.erase(stream);
}

void OpenStreams::EndAll() {
  // A stream that ends is removed on another thread, after this lock is free.
  MutexLock lock(&mutex_);
  for (StreamReactor* stream : streams_) stream->Drain();
}

CallService::CallService(const ServiceDescriptor& service, Pipeline& pipeline,
                         OpenStreams& streams) {
  using grpc::internal::CallbackBidiHandler;
  using grpc::internal::CallbackUnaryHandler;
  using grpc::internal::RpcMethod;
  using grpc::internal::RpcServiceMethod;
  int index = 0;
  for (int i = 0; i < service.method_count(); ++i) {
    const MethodDescriptor& descriptor = *service.method(i);
    const Method* method =
        pipeline.methods().Find(absl::StrCat(service.full_name(), "/", descriptor.name()));
    if (method == nullptr) continue;
    names_.push_back(std::make_unique<std::string>(absl::StrCat("/", method->name)));
    const bool stream = descriptor.client_streaming() && descriptor.server_streaming();
    AddMethod(new RpcServiceMethod(names_.back()->c_str(),
                                   stream ? RpcMethod::BIDI_STREAMING : RpcMethod::NORMAL_RPC,
                                   nullptr));
    if (stream) {
      MarkMethodRawCallback(index,
                            new CallbackBidiHandler<ByteBuffer, ByteBuffer>(
                                [&pipeline, &streams, method](CallbackServerContext* context) {
                                  return new StreamReactor(pipeline, streams, *method, context);
                                }));
    } else {
      MarkMethodRawCallback(
          index, new CallbackUnaryHandler<ByteBuffer, ByteBuffer>(
                     [&pipeline, method](CallbackServerContext* context, const ByteBuffer* request,
                                         ByteBuffer* response) {
                       return ServeUnary(pipeline, *method, context, request, response);
                     }));
    }
    ++index;
  }
}

}  // namespace tiermark
