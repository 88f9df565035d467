// Reading a stream of answers without waiting for ever.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <future>

namespace tiermark::cli {

// Reads a message. When none comes within `wait_max`, as of a server that the network no longer
// leads to, the call is cancelled and `late` is set. False: the stream is over.
template <class Message>
bool ReadWithin(std::chrono::milliseconds wait_max, grpc::ClientReader<Message>* stream,
                grpc::ClientContext* context, Message* message, bool* late) {
  auto read = std::async(std::launch::async, [&] { return stream->Read(message); });
  if (read.wait_for(wait_max) == std::future_status::timeout) {
    *late = true;
    context->TryCancel();
  }
  return read.get();
}

}  // namespace tiermark::cli
