#include "service/http/server.h"

#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "service/acceptor.h"
#include "service/http/session.h"
#include "service/log.h"
#include "storage/thread_name.h"
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

namespace tiermark {
namespace {

namespace asio = boost::asio;

// What the context of TLS is made of, once for each version of the files.
class TlsContexts {
 public:
  explicit TlsContexts(const TlsFiles* files) : files_(files) {}

  // Null of plaintext. Called on one thread.
  std::shared_ptr<asio::ssl::context> Current() {
    if (files_ == nullptr) return nullptr;
    const auto material = files_->current();
    if (context_ != nullptr && material->version == version_) return context_;
    auto made = MakeTlsContext(*material, {"http/1.1"});
    if (!made.ok()) {
      Log(LogLevel::kWarning, "the TLS files cannot be used",
          {{"cause", std::string(made.status().message())}});
      return context_;
    }
    SSL_CTX_up_ref(made->get());
    context_ = std::make_shared<asio::ssl::context>(made->get());
    version_ = material->version;
    return context_;
  }

 private:
  const TlsFiles* const files_;
  std::shared_ptr<asio::ssl::context> context_;
  int64_t version_ = 0;
};

}  // namespace

struct HttpServer::Parts {
  Parts(HttpServerOptions server_options, Pipeline& pipeline, const Clock& clock)
      : options(std::move(server_options)),
        router(options.router, pipeline, clock),
        sessions(options, router, pipeline, clock),
        contexts(options.tls) {}

  const HttpServerOptions options;
  const Router router;
  HttpSessions sessions;
  TlsContexts contexts;
  std::string address;
  // The sessions are in it.
  asio::io_context io;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::vector<std::thread> threads;
  std::unique_ptr<Acceptor> acceptor;
};

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(HttpServerOptions options,
                                                              Pipeline& pipeline,
                                                              const Clock& clock) {
  AcceptorOptions listen;
  listen.listen = options.listen;
  listen.connections_max = options.connections_max;
  auto acceptor = Acceptor::Listen(listen);
  if (!acceptor.ok()) return acceptor.status();
  auto parts = std::make_unique<Parts>(std::move(options), pipeline, clock);
  if (parts->options.tls != nullptr && parts->contexts.Current() == nullptr) {
    return absl::FailedPreconditionError("the TLS files cannot be used; the log says why");
  }
  parts->acceptor = *std::move(acceptor);
  parts->address = parts->acceptor->address();
  parts->work.emplace(parts->io.get_executor());
  for (int i = 0; i < parts->options.threads; ++i) {
    parts->threads.emplace_back([&io = parts->io] {
      NameThisThread("http");
      io.run();
    });
  }
  parts->acceptor->Start([parts = parts.get()](int, int connection) {
    sockaddr_storage local = {};
    socklen_t size = sizeof(local);
    getsockname(connection, reinterpret_cast<sockaddr*>(&local), &size);
    const auto protocol = local.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
    asio::ip::tcp::socket socket(asio::make_strand(parts->io));
    boost::system::error_code error;
    socket.assign(protocol, connection, error);
    if (error) {
      close(connection);
      return;
    }
    parts->sessions.roster.MakeRoom();
    ServeConnection(parts->sessions, std::move(socket), parts->contexts.Current());
  });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(parts)));
}

HttpServer::HttpServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

const std::string& HttpServer::address() const { return parts_->address; }

void HttpServer::Drain() {
  parts_->acceptor->Stop();
  parts_->sessions.draining = true;
  parts_->sessions.roster.DrainAll();
}

HttpServer::~HttpServer() {
  Drain();
  // Their ends are told to sessions, which must be there.
  while (parts_->sessions.calls > 0) absl::SleepFor(absl::Milliseconds(2));
  parts_->work.reset();
  parts_->io.stop();
  for (std::thread& thread : parts_->threads) thread.join();
}

}  // namespace tiermark
