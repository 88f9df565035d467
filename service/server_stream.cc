#include "service/server_stream.h"

#include <utility>

#include "service/pipeline.h"

namespace tiermark {

ServerStream::ServerStream(std::unique_ptr<Call> call, StreamFront* front, WorkerPool* workers,
                           const Clock* clock, CallObserver* observer, Admits admits, Ended ended)
    : call_(std::move(call)),
      tenant_(call_->info().caller.tenant),
      front_(front),
      workers_(workers),
      clock_(*clock),
      observer_(observer),
      admits_(std::move(admits)),
      ended_callback_(std::move(ended)) {}

ServerStream::~ServerStream() = default;

void ServerStream::Queue() {
  if (workers_->Submit(tenant_, [self = shared_from_this()] { self->Turn(); })) return;
  {
    MutexLock lock(&mutex_);
    in_turn_ = false;
  }
  End(absl::UnavailableError("no worker takes the stream's turn"));
}

void ServerStream::Turn() {
  absl::Status status;
  {
    MutexLock lock(&mutex_);
    status = stop_;
  }
  if (status.ok()) status = TakeTurn();
  bool end = false;
  {
    MutexLock lock(&mutex_);
    if (status.ok() && !at_end_) status = stop_;
    end = !status.ok() || at_end_;
    if (!end && go_on_) {
      go_on_ = false;
    } else {
      in_turn_ = false;
      if (!end) return;
    }
  }
  if (end) {
    End(std::move(status));
  } else {
    Queue();
  }
}

absl::Status ServerStream::TakeTurn() {
  if (call_->info().deadline <= clock_.Now()) return absl::DeadlineExceededError("");
  if (absl::Status admitted = admits_(); !admitted.ok()) return admitted;
  if (source_ == nullptr) {
    auto opened = call_->method().open(call_->info(), *call_->request());
    if (!opened.ok()) return opened.status();
    source_ = *std::move(opened);
  }
  // Not on the call's arena, which would grow as long as the stream goes on.
  const std::unique_ptr<google::protobuf::Message> message(
      call_->method().response_prototype->New());
  const auto turn = source_->Next(message.get());
  if (!turn.ok()) return turn.status();
  switch (*turn) {
    case MessageSource::Turn::kMessage:
      if (absl::Status small = CheckAnswerSize(*message); !small.ok()) return small;
      ++messages_;
      observer_->Sent(call_->method());
      front_->Write(*message);
      break;
    case MessageSource::Turn::kNothing:
      source_->Await([self = shared_from_this()] { self->GoOn(); });
      break;
    case MessageSource::Turn::kEnd:
      at_end_ = true;
      break;
  }
  return absl::OkStatus();
}

void ServerStream::GoOn() {
  {
    MutexLock lock(&mutex_);
    if (ended_) return;
    if (in_turn_) {
      go_on_ = true;
      return;
    }
    in_turn_ = true;
  }
  Queue();
}

void ServerStream::Stop(const absl::Status& status) {
  {
    MutexLock lock(&mutex_);
    if (stop_.ok()) stop_ = status;
    if (in_turn_ || ended_) return;
  }
  End(status);
}

void ServerStream::End(absl::Status status) {
  // The front end may let go of it when it is finished.
  const std::shared_ptr<ServerStream> self = shared_from_this();
  {
    MutexLock lock(&mutex_);
    if (ended_) return;
    ended_ = true;
  }
  source_.reset();
  ended_callback_(std::move(call_), std::move(status), messages_);
}

}  // namespace tiermark
