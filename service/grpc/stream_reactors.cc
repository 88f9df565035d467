#include "service/grpc/stream_reactors.h"

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "service/grpc/bytes.h"
#include "storage/mutex.h"

namespace tiermark {
namespace {

using google::protobuf::Message;
using grpc::ByteBuffer;
using grpc::CallbackServerContext;

// Reads a message, runs it as a call, writes its answer, reads on.
class MessagesReactor final : public grpc::ServerBidiReactor<ByteBuffer, ByteBuffer>,
                              public OpenStream {
 public:
  MessagesReactor(Pipeline& pipeline, OpenStreams& streams, const Method& method,
                  CallbackServerContext* context)
      : pipeline_(pipeline), streams_(streams), method_(method), headers_(ReadHeaders(context)) {
    headers_.stream = &state_;
    streams_.Add(this);
    // Each message is looked at too; but one who may send none is not to hold a stream open.
    if (absl::Status admitted = pipeline_.CheckCaller(method_, headers_); !admitted.ok()) {
      End(admitted);
      return;
    }
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

  void Drain() override {
    {
      MutexLock lock(&mutex_);
      draining_ = true;
      if (answering_) return;
    }
    End(ShuttingDown());
  }

 private:
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
  CallHeaders headers_;
  StreamState state_;
  ByteBuffer request_;
  ByteBuffer response_;
  Mutex mutex_;
  bool answering_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

// Writes what the stream's source makes.
class StreamReactor final : public grpc::ServerWriteReactor<ByteBuffer>,
                            public StreamFront,
                            public OpenStream {
 public:
  StreamReactor(Pipeline& pipeline, OpenStreams& streams, const Method& method,
                CallbackServerContext* context, const ByteBuffer& request)
      : streams_(streams) {
    auto call = pipeline.Begin(method, ReadHeaders(context), request.Length());
    if (call.ok()) {
      absl::Status parsed = Parse(request, (*call)->request());
      // What it writes waits until gRPC has this reactor, as do the reactions to it.
      stream_ = pipeline.RunStream(*std::move(call), std::move(parsed), this);
    }
    streams_.Add(this);
    if (!call.ok()) {
      Finish(call.status());
    } else if (pipeline.draining()) {
      // Opened while the others were being ended.
      Drain();
    }
  }

  void Write(const Message& message) override {
    message_ = Serialize(message);
    StartWrite(&message_);
  }

  void Finish(const absl::Status& status) override {
    ServerWriteReactor::Finish(ToGrpcStatus(status));
  }

  void OnWriteDone(bool ok) override {
    message_.Clear();
    if (ok) {
      stream_->Written();
    } else {
      stream_->Stop(absl::CancelledError(""));
    }
  }

  void OnCancel() override {
    if (stream_ != nullptr) stream_->Stop(absl::CancelledError(""));
  }

  void OnDone() override {
    streams_.Remove(this);
    delete this;
  }

  void Drain() override {
    if (stream_ != nullptr) stream_->Stop(ShuttingDown());
  }

 private:
  OpenStreams& streams_;
  // Null when the call was refused.
  std::shared_ptr<ServerStream> stream_;
  ByteBuffer message_;
};

}  // namespace

grpc::ServerBidiReactor<ByteBuffer, ByteBuffer>* ServeMessages(Pipeline& pipeline,
                                                               OpenStreams& streams,
                                                               const Method& method,
                                                               CallbackServerContext* context) {
  return new MessagesReactor(pipeline, streams, method, context);
}

grpc::ServerWriteReactor<ByteBuffer>* ServeStream(Pipeline& pipeline, OpenStreams& streams,
                                                  const Method& method,
                                                  CallbackServerContext* context,
                                                  const ByteBuffer* request) {
  return new StreamReactor(pipeline, streams, method, context, *request);
}

}  // namespace tiermark
