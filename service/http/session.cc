#include "service/http/session.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/http/connect.h"
#include "service/http/gzip.h"
#include "service/http/head.h"
#include "service/http/limits.h"
#include "service/http/rpc_bytes.h"
#include "service/http/stream_over_http.h"
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

namespace tiermark {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using boost::system::error_code;

// A closed connection is read from for so long, and so much, that the client sees the answer
// before it sees the end.
constexpr absl::Duration kLingerMax = absl::Seconds(2);
constexpr size_t kLingerBytesMax = 4 << 20;

// The head of a request, and what its handler adds to the answer.
class HttpMetadata final : public CallMetadata {
 public:
  explicit HttpMetadata(const HttpHead& head) : head_(head) {}

  const HttpHeaders& RequestHeaders() const override { return head_.headers; }
  void AddHeader(absl::string_view name, absl::string_view value) override {
    headers_.emplace_back(name, value);
  }
  void AddTrailer(absl::string_view name, absl::string_view value) override {
    trailers_.emplace_back(name, value);
  }

  const HttpHeaders& headers() const { return headers_; }
  const HttpHeaders& trailers() const { return trailers_; }

 private:
  const HttpHead& head_;
  HttpHeaders headers_;
  HttpHeaders trailers_;
};

template <typename Stream>
class Session final : public HttpSession, public std::enable_shared_from_this<Session<Stream>> {
 public:
  static constexpr bool kTls = !std::is_same_v<Stream, beast::tcp_stream>;

  template <typename... Arguments>
  explicit Session(HttpSessions& sessions, std::shared_ptr<asio::ssl::context> context,
                   Arguments&&... arguments)
      : sessions_(sessions),
        context_(std::move(context)),
        stream_(std::forward<Arguments>(arguments)...),
        place_(sessions_.roster.Enter(this)) {}

  ~Session() override { sessions_.roster.Leave(place_); }

  void Start() {
    asio::co_spawn(
        stream_.get_executor(), [self = this->shared_from_this()] { return self->Serve(); },
        asio::detached);
  }

  void Drain() override {
    const std::weak_ptr<Session> weak = this->weak_from_this();
    asio::post(stream_.get_executor(), [weak] {
      const std::shared_ptr<Session> self = weak.lock();
      if (self == nullptr) return;
      if (self->idle_) {
        error_code ignored;
        beast::get_lowest_layer(self->stream_).socket().close(ignored);
      }
      if (self->front_ != nullptr) self->front_->Stop(ShuttingDown());
    });
  }

  void GiveWay() override {
    const std::weak_ptr<Session> weak = this->weak_from_this();
    asio::post(stream_.get_executor(), [weak] {
      const std::shared_ptr<Session> self = weak.lock();
      if (self == nullptr || self->asking_) return;
      error_code ignored;
      beast::get_lowest_layer(self->stream_).socket().close(ignored);
    });
  }

 private:
  void ExpiresAfter(absl::Duration duration) {
    beast::get_lowest_layer(stream_).expires_after(absl::ToChronoNanoseconds(duration));
  }

  asio::awaitable<void> Serve() {
    // Before the first suspension nothing keeps it but its coroutine.
    const std::shared_ptr<Session> self = this->shared_from_this();
    if constexpr (kTls) {
      ExpiresAfter(sessions_.options.handshake_max);
      const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kAwait);
      if (error) co_return;
      if (X509* certificate = SSL_get_peer_certificate(stream_.native_handle())) {
        certificate_names_ = CertificateNames(certificate);
        X509_free(certificate);
      }
    }
    error_code ignored;
    const auto peer = beast::get_lowest_layer(stream_).socket().remote_endpoint(ignored);
    from_loopback_ = !ignored && peer.address().is_loopback();
    beast::get_lowest_layer(stream_).socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    bool first = true;
    while (co_await ServeRequest(first)) {
      first = false;
      asking_ = false;
      sessions_.roster.Rests(place_);
    }
    co_await Close();
  }

  // Serves the next request. Whether another may follow.
  asio::awaitable<bool> ServeRequest(bool first) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(kHeaderBytesMax);
    // What the head says of the body is looked at below.
    parser.body_limit(boost::none);
    if (buffer_.size() == 0) {
      if (sessions_.draining) co_return false;
      idle_ = true;
      ExpiresAfter(first ? sessions_.options.head_max : sessions_.options.idle_max);
      const auto [error, size] =
          co_await stream_.async_read_some(buffer_.prepare(kReadBytes), kAwait);
      idle_ = false;
      if (error) co_return Quietly();
      buffer_.commit(size);
    }
    ExpiresAfter(sessions_.options.head_max);
    const auto [error, size] = co_await http::async_read_header(stream_, buffer_, parser, kAwait);
    if (error) {
      if (IsFaultOfRequest(error)) {
        co_await Write(HttpHead(), MalformedAnswer(error), false);
        co_return false;
      }
      co_return Quietly();
    }
    asking_ = true;
    sessions_.roster.Asks(place_);
    HttpHead head = HeadOf(parser.get());
    head.from_loopback = from_loopback_;
    head.certificate_names = certificate_names_;
    const bool keep_alive = parser.get().keep_alive() && !sessions_.draining;
    auto routed = sessions_.router.Route(head);
    if (auto* answer = std::get_if<HttpAnswer>(&routed)) {
      // A body that nobody wants is not read.
      const bool reusable = keep_alive && HasNoBody(parser);
      co_return co_await Write(head, std::move(*answer), reusable) && reusable;
    }
    const auto& route = std::get<RpcRoute>(routed);
    absl::Status read = co_await ReadBody(head, route, &parser);
    if (!read.ok()) {
      if (read.message().empty()) co_return Quietly();
      co_await Write(head, sessions_.router.Failure(route, read), false);
      co_return false;
    }
    if (route.stream()) {
      co_await ServeStream(head, route, parser.get().body());
      co_return false;
    }
    HttpAnswer answer = co_await AnswerCall(head, route, parser.get().body());
    const bool reusable = keep_alive && !sessions_.draining;
    co_return co_await Write(head, std::move(answer), reusable) && reusable;
  }

  // Nothing is to be said any more: the other side has gone, or was too slow.
  bool Quietly() {
    quiet_ = true;
    return false;
  }

  static bool IsFaultOfRequest(const error_code& error) {
    return error.category() == http::make_error_code(http::error::bad_method).category() &&
           error != http::error::end_of_stream && error != http::error::partial_message;
  }

  static HttpAnswer MalformedAnswer(const error_code& error) {
    constexpr int kHeaderTooLarge = 431;
    constexpr int kBadRequest = 400;
    if (error == http::error::header_limit) {
      return PlainAnswer(kHeaderTooLarge,
                         absl::StrCat("line and headers have at most ", kHeaderBytesMax, " bytes"));
    }
    return PlainAnswer(kBadRequest, "this is no HTTP request");
  }

  template <typename Parser>
  static bool HasNoBody(const Parser& parser) {
    return !parser.chunked() && parser.content_length().value_or(0) == 0;
  }

  // An error without a message: the client has gone.
  asio::awaitable<absl::Status> ReadBody(const HttpHead& head, const RpcRoute& route,
                                         http::request_parser<http::string_body>* parser) {
    const size_t bytes_max = route.body_bytes_max();
    if (parser->content_length().value_or(0) > bytes_max) co_return RequestTooLarge(bytes_max);
    parser->body_limit(bytes_max);
    ExpiresAfter(sessions_.options.body_max);
    if (const absl::string_view expected = head.Header("expect"); !expected.empty()) {
      if (!absl::EqualsIgnoreCase(expected, "100-continue")) {
        co_return ReasonedError(absl::StatusCode::kInvalidArgument, "EXPECTATION_UNKNOWN",
                                "expect may be 100-continue and nothing else");
      }
      if (!parser->is_done() && buffer_.size() == 0) {
        constexpr absl::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
        const auto [error, size] = co_await asio::async_write(
            stream_, asio::buffer(kContinue.data(), kContinue.size()), kAwait);
        if (error) co_return absl::CancelledError("");
      }
    }
    if (!parser->is_done()) {
      const auto [error, size] = co_await http::async_read(stream_, buffer_, *parser, kAwait);
      if (error == http::error::body_limit) co_return RequestTooLarge(bytes_max);
      if (IsFaultOfRequest(error)) {
        co_return ReasonedError(absl::StatusCode::kInvalidArgument, "MALFORMED_BODY",
                                "the body is not as its headers say");
      }
      if (error) co_return absl::CancelledError("");
    }
    co_return absl::OkStatus();
  }

  CallHeaders HeadersOf(const HttpHead& head, const RpcRoute& route, CallMetadata* metadata) const {
    CallHeaders headers;
    headers.metadata = metadata;
    headers.deadline = route.deadline;
    headers.credentials.authorization = head.Header("authorization");
    headers.credentials.certificate_names = head.certificate_names;
    headers.correlation_id = head.Header("x-request-id");
    headers.traceparent = head.Header("traceparent");
    return headers;
  }

  // Admits the call and parses its request into it. `parsed` is how that ended.
  absl::StatusOr<std::unique_ptr<Call>> BeginCall(const HttpHead& head, const RpcRoute& route,
                                                  absl::string_view body, CallMetadata* metadata,
                                                  absl::Status* parsed) {
    std::string unzipped;
    const auto bytes = OpenRequest(route, body, &unzipped);
    auto call = sessions_.pipeline.Begin(*route.method, HeadersOf(head, route, metadata),
                                         bytes.ok() ? bytes->size() : body.size());
    if (!call.ok()) return call.status();
    *parsed = bytes.ok() ? ParseRpcMessage(route.json, *bytes, (*call)->request()) : bytes.status();
    return call;
  }

  asio::awaitable<HttpAnswer> AnswerCall(const HttpHead& head, const RpcRoute& route,
                                         absl::string_view body) {
    HttpMetadata metadata(head);
    absl::Status parsed;
    auto call = BeginCall(head, route, body, &metadata, &parsed);
    if (!call.ok()) co_return sessions_.router.Failure(route, call.status());
    std::unique_ptr<Call> ended;
    absl::Status status;
    co_await RunCall(*std::move(call), std::move(parsed), &ended, &status);
    HttpAnswer answer;
    if (status.ok()) status = WriteRpcMessage(route.json, *ended->response(), &answer.body);
    if (status.ok()) {
      answer.headers.emplace_back("content-type", route.content_type());
      if (route.gzip_answer && answer.body.size() >= kGzipBytesMin) {
        answer.body = Gzip(answer.body);
        answer.headers.emplace_back("content-encoding", "gzip");
      }
    } else {
      answer = sessions_.router.Failure(route, status);
    }
    for (const auto& header : metadata.headers()) answer.headers.push_back(header);
    for (const auto& [name, value] : metadata.trailers()) {
      answer.headers.emplace_back(absl::StrCat("trailer-", name), value);
    }
    co_return answer;
  }

  // Runs a call, and goes on here when it has ended, whichever thread ended it.
  asio::awaitable<void> RunCall(std::unique_ptr<Call> call, absl::Status parsed,
                                std::unique_ptr<Call>* ended, absl::Status* status) {
    const auto initiate = [&](auto handler) {
      auto shared = std::make_shared<decltype(handler)>(std::move(handler));
      sessions_.calls.fetch_add(1);
      sessions_.pipeline.Run(
          std::move(call), std::move(parsed),
          [shared, ended, status, sessions = &sessions_, executor = stream_.get_executor()](
              std::unique_ptr<Call> done, absl::Status outcome) mutable {
            *ended = std::move(done);
            *status = std::move(outcome);
            {
              const asio::any_io_executor strand = std::move(executor);
              asio::post(strand, [shared = std::move(shared)] { std::move (*shared)(); });
            }
            // The strands may go now, so nothing may hold one any more.
            sessions->calls.fetch_sub(1);
          });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate,
                                                                         asio::use_awaitable);
  }

  asio::awaitable<void> ServeStream(const HttpHead& head, const RpcRoute& route,
                                    absl::string_view body) {
    HttpMetadata metadata(head);
    absl::Status parsed;
    auto call = BeginCall(head, route, body, &metadata, &parsed);
    if (!call.ok()) {
      co_await Write(head, sessions_.router.Failure(route, call.status()), false);
      co_return;
    }
    front_ =
        std::make_shared<StreamOverHttp>(route, (*call)->info().deadline - sessions_.clock.Now(),
                                         stream_.get_executor(), &sessions_.calls);
    front_->SetStream(
        sessions_.pipeline.RunStream(*std::move(call), std::move(parsed), front_.get()));
    if (sessions_.draining) front_->Stop(ShuttingDown());
    beast::get_lowest_layer(stream_).expires_never();
    WatchForEnd();
    if (route.method->options.adds_headers) co_await front_->AwaitEvent();
    const bool begun = co_await WriteStreamHead(head, route, metadata);
    const absl::Status status = co_await SendMessages(begun);
    front_.reset();
    const std::string end =
        Envelope(kEnvelopeEndOfStream, ConnectEndOfStream(status, metadata.trailers()));
    if (begun && co_await WriteChunk(end)) {
      co_await asio::async_write(stream_, http::make_chunk_last(), kAwait);
    }
  }

  // Until the stream has ended. Those that the client does not take are dropped, all of them when
  // it has not even taken the head.
  asio::awaitable<absl::Status> SendMessages(bool taken) {
    if (!taken) front_->Stop(absl::CancelledError(""));
    while (true) {
      co_await front_->AwaitEvent();
      if (const auto envelope = front_->TakeEnvelope(); envelope.has_value() && taken) {
        taken = co_await WriteChunk(*envelope);
        if (taken) {
          front_->Written();
        } else {
          front_->Stop(absl::CancelledError(""));
        }
      }
      if (front_->finished().has_value()) co_return *front_->finished();
    }
  }

  // Stops the stream when the client goes. What it sends meanwhile belongs to no request.
  void WatchForEnd() {
    watching_ = true;
    stream_.async_read_some(asio::buffer(watched_),
                            [self = this->shared_from_this()](const error_code&, size_t) {
                              if (self->front_ != nullptr)
                                self->front_->Stop(absl::CancelledError(""));
                            });
  }

  asio::awaitable<bool> WriteStreamHead(const HttpHead& head, const RpcRoute& route,
                                        const HttpMetadata& metadata) {
    HttpAnswer answer;
    answer.headers.emplace_back("content-type", route.content_type());
    if (route.gzip_answer) answer.headers.emplace_back("connect-content-encoding", "gzip");
    if (route.method->options.adds_headers) {
      for (const auto& header : metadata.headers()) answer.headers.push_back(header);
    }
    sessions_.router.AddCommonHeaders(head, &answer);
    http::response<http::empty_body> response(http::status::ok, kHttpVersion);
    for (const auto& [name, value] : answer.headers) response.insert(name, value);
    response.chunked(true);
    response.keep_alive(false);
    http::response_serializer<http::empty_body> serializer(response);
    ExpiresAfter(sessions_.options.write_max);
    const auto [error, size] = co_await http::async_write_header(stream_, serializer, kAwait);
    // Until the first message there may be nothing to say for long.
    beast::get_lowest_layer(stream_).expires_never();
    co_return !error;
  }

  asio::awaitable<bool> WriteChunk(const std::string& bytes) {
    ExpiresAfter(sessions_.options.write_max);
    const auto [error, size] =
        co_await asio::async_write(stream_, http::make_chunk(asio::buffer(bytes)), kAwait);
    // Until the next one there may be nothing to say for long.
    beast::get_lowest_layer(stream_).expires_never();
    co_return !error;
  }

  // Whether it was taken.
  asio::awaitable<bool> Write(const HttpHead& head, HttpAnswer answer, bool keep_alive) {
    sessions_.router.AddCommonHeaders(head, &answer);
    http::response<http::string_body> response;
    response.version(kHttpVersion);
    response.result(static_cast<unsigned>(answer.status));
    for (const auto& [name, value] : answer.headers) response.insert(name, value);
    response.keep_alive(keep_alive);
    response.body() = std::move(answer.body);
    response.prepare_payload();
    if (head.method == "HEAD") response.body().clear();
    ExpiresAfter(sessions_.options.write_max);
    const auto [error, size] = co_await http::async_write(stream_, response, kAwait);
    if (error) quiet_ = true;
    co_return !error;
  }

  // Says that no more is to come, and takes what is on its way: closing before would destroy the
  // answer.
  asio::awaitable<void> Close() {
    if (watching_) {
      // Someone reads already. The client knows the end by what the answer says.
      beast::get_lowest_layer(stream_).close();
      co_return;
    }
    if (quiet_) co_return;
    ExpiresAfter(kLingerMax);
    // Fails where the client goes on sending, which the rest waits for.
    if constexpr (kTls) co_await stream_.async_shutdown(kAwait);
    auto& transport = beast::get_lowest_layer(stream_);
    error_code ignored;
    transport.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    for (size_t taken = 0; taken < kLingerBytesMax;) {
      buffer_.clear();
      const auto [error, size] =
          co_await transport.async_read_some(buffer_.prepare(kReadBytes), kAwait);
      if (error) break;
      taken += size;
    }
  }

  static constexpr size_t kReadBytes = 8 << 10;
  static constexpr unsigned kHttpVersion = 11;

  HttpSessions& sessions_;
  const std::shared_ptr<asio::ssl::context> context_;
  Stream stream_;
  const Roster::Place place_;
  beast::flat_buffer buffer_{kHeaderBytesMax + kReadBytes};
  std::array<char, 1> watched_ = {};
  std::vector<std::string> certificate_names_;
  bool from_loopback_ = false;
  // Waits for a request that has not begun.
  bool idle_ = false;
  // From a request's whole head to the end of its answer.
  bool asking_ = false;
  bool quiet_ = false;
  bool watching_ = false;
  // Of the stream under way.
  std::shared_ptr<StreamOverHttp> front_;
};

}  // namespace

void ServeConnection(HttpSessions& sessions, asio::ip::tcp::socket socket,
                     std::shared_ptr<asio::ssl::context> context) {
  if (context == nullptr) {
    std::make_shared<Session<beast::tcp_stream>>(sessions, nullptr, std::move(socket))->Start();
    return;
  }
  asio::ssl::context& tls = *context;
  std::make_shared<Session<beast::ssl_stream<beast::tcp_stream>>>(
      sessions, std::move(context), beast::tcp_stream(std::move(socket)), tls)
      ->Start();
}

}  // namespace tiermark
