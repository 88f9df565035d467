// What the handler of a server stream gives: its messages, one after another.
#pragma once

#include <functional>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "service/call.h"

namespace tiermark {

// Makes the messages of one stream. It is asked for the next one when the one before was taken, so
// that a reader who is slow costs one message. Its methods are called one after another, on
// workers; it may be destroyed on any thread. The call's info and request outlive it.
class MessageSource {
 public:
  enum class Turn {
    kMessage,  // The message is filled in.
    kNothing,  // There is none yet; Await says when to ask again.
    kEnd,      // There are no more.
  };

  virtual ~MessageSource() = default;

  // Fills the next message, which is empty before. An error ends the stream. May read the store, a
  // page at most, and must not wait for what is to come.
  virtual absl::StatusOr<Turn> Next(google::protobuf::Message* message) = 0;

  // Called after kNothing. Calls `wake` once when Next should be asked again, on any thread,
  // perhaps before this returns; or never when the source is destroyed before.
  virtual void Await(absl::AnyInvocable<void()> wake) = 0;
};

// A source of messages of one type.
template <typename Response>
class SourceOf : public MessageSource {
 public:
  absl::StatusOr<Turn> Next(google::protobuf::Message* message) final {
    return Fill(static_cast<Response*>(message));
  }
  // For sources that always have a message or are at their end.
  void Await(absl::AnyInvocable<void()> wake) override { wake(); }

 protected:
  // As Next.
  virtual absl::StatusOr<Turn> Fill(Response* message) = 0;
};

// Begins a stream, on a worker: checks the request and makes the source of its messages.
using StreamOpener = std::function<absl::StatusOr<std::unique_ptr<MessageSource>>(
    const CallInfo& info, const google::protobuf::Message& request)>;

}  // namespace tiermark
