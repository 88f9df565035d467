// A server stream under way: asks its source for messages as the front end takes them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "service/call_observer.h"
#include "service/message_source.h"
#include "service/worker_pool.h"
#include "storage/clock.h"
#include "storage/mutex.h"

namespace tiermark {

class Call;

// Where the messages of a stream go. Lives until Finish has been called.
class StreamFront {
 public:
  virtual ~StreamFront() = default;

  // Sends a message, whose size is cached (GetCachedSize) and which goes when this returns. The
  // front end calls ServerStream::Written when it can take the next one.
  virtual void Write(const google::protobuf::Message& message) = 0;

  // Ends the stream with a status fit for the caller. Called once, and nothing after it. A message
  // may still be on its way.
  virtual void Finish(const absl::Status& status) = 0;
};

// Made by Pipeline::RunStream. Holds no thread while it waits: for the reader of a message, or for
// something to tell. Thread-safe.
class ServerStream : public std::enable_shared_from_this<ServerStream> {
 public:
  // How the pipeline ends it: once, with the messages that were sent.
  using Ended = absl::AnyInvocable<void(std::unique_ptr<Call>, absl::Status, int64_t messages)>;

  // Asked before each message whether the caller may still have it.
  using Admits = std::function<absl::Status()>;

  // `front` must live until `ended`, `workers`, `clock` and `observer` as long as the call.
  ServerStream(std::unique_ptr<Call> call, StreamFront* front, WorkerPool* workers,
               const Clock* clock, CallObserver* observer, Admits admits, Ended ended);
  ~ServerStream();

  void Start() { Queue(); }

  // The last message was taken.
  void Written() { GoOn(); }

  // Ends the stream with this status, because the caller has gone or the server stops: at once, or
  // when the turn that is under way has ended. The first call counts.
  void Stop(const absl::Status& status);

 private:
  // A turn opens the source, or asks it for a message and writes it.
  void Queue();
  void Turn();
  absl::Status TakeTurn();
  // What the stream waited for has come.
  void GoOn();
  void End(absl::Status status);

  std::unique_ptr<Call> call_;
  const TenantId tenant_;
  StreamFront* const front_;
  WorkerPool* const workers_;
  const Clock& clock_;
  CallObserver* const observer_;
  const Admits admits_;
  Ended ended_callback_;

  // Of the turn under way, or of who ends the stream.
  std::unique_ptr<MessageSource> source_;
  bool at_end_ = false;
  int64_t messages_ = 0;

  Mutex mutex_;
  // A turn is queued or runs.
  bool in_turn_ ABSL_GUARDED_BY(mutex_) = true;
  // What comes after the turn has come during it.
  bool go_on_ ABSL_GUARDED_BY(mutex_) = false;
  // Why it is to end; OK while it is not.
  absl::Status stop_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace tiermark
