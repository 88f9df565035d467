// The gRPC server: listens, serves the pipeline, health and reflection, and drains.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/pipeline.h"
#include "service/tls.h"

namespace tiermark {

struct GrpcServerOptions {
  // HOST:PORT; port 0 picks a free one.
  std::string listen = "127.0.0.1:50051";
  bool reflection = true;
  // Closes connections on which nothing happens for so long.
  absl::Duration idle_max = absl::Minutes(30);
  // Connections at a time, about; further ones are closed at once. The process's limit of
  // descriptors may allow for less.
  int connections_max = 16'000;
  // Where certificates come from; must outlive the server. Null: plaintext.
  const TlsFiles* tls = nullptr;
};

// Starts serving when it is made. Thread-safe.
class GrpcServer {
 public:
  // UNAVAILABLE: the address cannot be listened on; says which.
  // `pipeline` must outlive the server.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(const GrpcServerOptions& options,
                                                           Pipeline& pipeline);
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // HOST:PORT as it is served.
  const std::string& address() const;

  // Says NOT_SERVING, ends streams with UNAVAILABLE, takes no new calls and waits until those under
  // way are answered, `patience` at most; then cancels the rest. Called once.
  void Drain(absl::Duration patience);

 private:
  struct Parts;
  explicit GrpcServer(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace tiermark
