// The HTTP server: listens, serves the pipeline by the Connect protocol, and drains.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/http/router.h"
#include "service/pipeline.h"
#include "service/tls.h"
#include "storage/clock.h"

namespace tiermark {

struct HttpServerOptions {
  // HOST:PORT; port 0 picks a free one.
  std::string listen = "127.0.0.1:8080";
  // Null: plaintext. Must outlive the server.
  const TlsFiles* tls = nullptr;
  RouterOptions router;
  int threads = 2;
  // Connections at most; beyond them newcomers are closed at once. From nine tenths on, those that
  // ask for nothing give way to newcomers.
  int connections_max = 10'000;
  // For a TLS handshake, for a request's head, for the rest of the request once its head is there,
  // for a client to take a piece of an answer, and between two requests of a connection.
  absl::Duration handshake_max = absl::Seconds(5);
  absl::Duration head_max = absl::Seconds(10);
  absl::Duration body_max = absl::Seconds(30);
  absl::Duration write_max = absl::Seconds(30);
  absl::Duration idle_max = absl::Minutes(2);
};

// Starts serving when it is made. Thread-safe.
class HttpServer {
 public:
  // UNAVAILABLE: the address cannot be listened on; says which.
  // `pipeline` and `clock` must outlive the server.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(HttpServerOptions options,
                                                           Pipeline& pipeline, const Clock& clock);
  // Waits until its calls have ended, and cuts what connections there are.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // HOST:PORT as it is served.
  const std::string& address() const;

  // Takes no new connections, ends streams with UNAVAILABLE and closes connections as soon as
  // nothing happens on them. To be called when the pipeline drains.
  void Drain();

 private:
  struct Parts;
  explicit HttpServer(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace tiermark
