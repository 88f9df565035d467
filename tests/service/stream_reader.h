// A front end for server streams in this process.
#pragma once

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "service/pipeline.h"
#include "storage/mutex.h"
#include "tests/service/support.h"

namespace tiermark {

// Calls the RPC whose request it is given, and takes its messages one by one. Nothing is taken, and
// so nothing more is sent, but by Read.
template <typename Response>
class StreamReader final : public StreamFront {
 public:
  template <typename Request>
  StreamReader(Pipeline& pipeline, const Request& request, const CallHeaders& headers = {}) {
    for (const auto& [name, method] : pipeline.methods().methods()) {
      if (method.descriptor->input_type() != Request::descriptor()) continue;
      auto call = pipeline.Begin(method, headers, request.ByteSizeLong());
      if (!call.ok()) {
        Finish(call.status());
        return;
      }
      (*call)->request()->CopyFrom(request);
      stream_ = pipeline.RunStream(*std::move(call), absl::OkStatus(), this);
    }
  }
  ~StreamReader() override {
    Stop(absl::CancelledError(""));
    AwaitEnd().IgnoreError();
  }

  void Write(const google::protobuf::Message& message) override {
    MutexLock lock(&mutex_);
    EXPECT_FALSE(waiting_) << "written before the message before was taken";
    EXPECT_EQ(message.GetCachedSize(), static_cast<int>(message.ByteSizeLong()));
    message_.CopyFrom(message);
    waiting_ = true;
    changed_.SignalAll();
  }
  void Finish(const absl::Status& status) override {
    MutexLock lock(&mutex_);
    EXPECT_FALSE(finished_) << "finished twice";
    finished_ = true;
    status_ = status;
    changed_.SignalAll();
  }

  // The next message; false when the stream has ended.
  bool Read(Response* message) {
    {
      MutexLock lock(&mutex_);
      while (!waiting_ && !finished_) changed_.Wait(&mutex_);
      if (!waiting_) return false;
      *message = std::move(message_);
      message_.Clear();
      waiting_ = false;
    }
    stream_->Written();
    return true;
  }

  bool has_message() {
    MutexLock lock(&mutex_);
    return waiting_;
  }

  void Stop(const absl::Status& status) {
    if (stream_ != nullptr) stream_->Stop(status);
  }

  // How it ended, which it must, without what was not read.
  absl::Status AwaitEnd() {
    MutexLock lock(&mutex_);
    while (!finished_) changed_.Wait(&mutex_);
    return status_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  Response message_ ABSL_GUARDED_BY(mutex_);
  bool waiting_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<ServerStream> stream_;
};

}  // namespace tiermark
