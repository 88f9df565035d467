// Listens and accepts in gRPC's place: gRPC 1.51 stops listening for good when a connection finds
// no descriptor free. docs/adr/0016-own-acceptor.md has the story.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/descriptor.h"

struct addrinfo;

namespace tiermark {

struct AcceptorOptions {
  // HOST:PORT; IPv6 in brackets. Port 0 picks a free one. A name listens on each of its addresses,
  // an empty host and [::] on all addresses of this machine, 0.0.0.0 on those of IPv4.
  std::string listen;
  // Connections at a time, about; further ones are closed at once. Descriptors that the process
  // opens for anything else after Start count too, and the limit of descriptors may allow for less.
  int connections_max = 16'000;
};

// One thread that accepts connections. It goes on when descriptors run out: newcomers are then
// closed at once. Not thread-safe: made, started, stopped and destroyed by one thread.
class Acceptor {
 public:
  // Called on the acceptor's thread with a connection that nobody else owns: non-blocking, closed
  // on exec, without Nagle's delay.
  using Take = std::function<void(int listener, int connection)>;

  // Listens; connections wait until Start.
  // UNAVAILABLE: the address cannot be listened on; says why.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(const AcceptorOptions& options);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  int port() const { return port_; }
  // HOST:PORT as it is served: the host as it was given.
  std::string address() const;

  // Called once.
  void Start(Take take);

  // Listens no more and waits for the thread; connections that were taken stay. May be called
  // again.
  void Stop();

 private:
  // Why accepting pauses, or does not.
  enum class Outcome { kAccepted, kNoneWaits, kPause };

  explicit Acceptor(const AcceptorOptions& options) : options_(options) {}
  static absl::StatusOr<Descriptor> ListenOn(const struct addrinfo& address, int port);
  absl::Status ListenOnAll();
  void Run();
  // Accepts what waits at one listener, up to a number. Whether to pause.
  bool AcceptWaiting(int listener);
  Outcome AcceptOne(int listener);
  // Closes one newcomer although there is no descriptor left.
  Outcome RefuseOne(int listener);
  bool OpenReserve();
  // Notes a refusal; they are logged together, once in a while.
  void Refused();
  void LogRefusals();

  const AcceptorOptions options_;
  int port_ = 0;
  std::vector<Descriptor> listeners_;
  Descriptor wake_;
  Take take_;
  std::thread thread_;

  // The thread's own.
  Descriptor reserve_;
  int number_max_ = 0;
  int64_t refusals_ = 0;
  absl::Time log_next_ = absl::InfinitePast();
};

}  // namespace tiermark
