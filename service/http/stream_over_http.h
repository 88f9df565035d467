// A server stream on its way over HTTP.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "service/http/router.h"
#include "service/server_stream.h"
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tiermark {

// Errors come back beside the result and are not thrown.
inline constexpr auto kAwait = boost::asio::as_tuple(boost::asio::use_awaitable);

// Hands a stream's messages to the session that sends them, one at a time. Lives until it is
// finished, and the session with it.
class StreamOverHttp final : public StreamFront {
 public:
  // Its caller waits for `patience`. What is told it on other threads happens on `executor`, a
  // strand. It counts among `calls` until it is finished and no other thread holds the strand.
  StreamOverHttp(const RpcRoute& route, absl::Duration patience,
                 const boost::asio::any_io_executor& executor, std::atomic<int>* calls);

  // On a worker.
  void Write(const google::protobuf::Message& message) override;
  void Finish(const absl::Status& status) override;

  // The rest is for the session, on its strand.
  void SetStream(std::shared_ptr<ServerStream> stream) { stream_ = std::move(stream); }
  void Stop(const absl::Status& status);
  void Written() { stream_->Written(); }

  // Until there is a message or the end, which comes when the caller's patience is over.
  boost::asio::awaitable<void> AwaitEvent();
  std::optional<std::string> TakeEnvelope() { return std::exchange(envelope_, std::nullopt); }
  const std::optional<absl::Status>& finished() const { return finished_; }

 private:
  const bool json_;
  const bool gzip_;
  const boost::asio::any_io_executor executor_;
  std::atomic<int>& calls_;
  boost::asio::steady_timer event_;
  std::shared_ptr<ServerStream> stream_;
  std::optional<std::string> envelope_;
  std::optional<absl::Status> finished_;
};

}  // namespace tiermark
