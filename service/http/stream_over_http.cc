#include "service/http/stream_over_http.h"

#include <utility>

#include "service/http/connect.h"
#include "service/http/gzip.h"
#include "service/http/rpc_bytes.h"
#include <boost/asio/post.hpp>

namespace tiermark {

namespace asio = boost::asio;

StreamOverHttp::StreamOverHttp(const RpcRoute& route, absl::Duration patience,
                               const asio::any_io_executor& executor, std::atomic<int>* calls)
    : json_(route.json),
      gzip_(route.gzip_answer),
      executor_(executor),
      calls_(*calls),
      event_(executor) {
  calls_.fetch_add(1);
  if (patience == absl::InfiniteDuration()) {
    event_.expires_at(asio::steady_timer::time_point::max());
  } else {
    event_.expires_after(absl::ToChronoNanoseconds(patience));
  }
}

void StreamOverHttp::Write(const google::protobuf::Message& message) {
  std::string bytes;
  absl::Status written = WriteRpcMessage(json_, message, &bytes);
  const bool compressed = gzip_ && bytes.size() >= kGzipBytesMin;
  if (compressed) bytes = Gzip(bytes);
  asio::post(executor_,
             [this, written = std::move(written),
              envelope = Envelope(compressed ? kEnvelopeCompressed : 0, bytes)]() mutable {
               if (written.ok()) {
                 envelope_ = std::move(envelope);
               } else {
                 stream_->Stop(written);
               }
               event_.cancel();
             });
}

void StreamOverHttp::Finish(const absl::Status& status) {
  // The session may be through with it, and so with this, before post() returns.
  std::atomic<int>& calls = calls_;
  asio::post(executor_, [this, status] {
    finished_ = status;
    event_.cancel();
  });
  calls.fetch_sub(1);
}

void StreamOverHttp::Stop(const absl::Status& status) {
  if (stream_ != nullptr) stream_->Stop(status);
}

asio::awaitable<void> StreamOverHttp::AwaitEvent() {
  while (!envelope_.has_value() && !finished_.has_value()) {
    const auto [woken] = co_await event_.async_wait(kAwait);
    if (woken) continue;
    event_.expires_at(asio::steady_timer::time_point::max());
    Stop(absl::DeadlineExceededError(""));
  }
}

}  // namespace tiermark
