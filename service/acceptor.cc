#include "service/acceptor.h"

#include <dirent.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/descriptors.h"
#include "service/log.h"

namespace tiermark {
namespace {

// The system holds it to net.core.somaxconn.
constexpr int kBacklog = 4'096;
// Accepted in a row before the other listeners, and a wish to stop, are looked at.
constexpr int kRowMax = 64;
constexpr int kPauseMs = 20;
constexpr absl::Duration kLogInterval = absl::Seconds(10);

absl::Status CannotListen(const std::string& listen, absl::string_view why) {
  return absl::UnavailableError(absl::StrCat("cannot listen on ", listen, ": ", why));
}

std::string ErrnoText() { return std::strerror(errno); }

// How many are open. The walk opens one itself.
int CountDescriptors() {
  DIR* const directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  int count = -1;
  while (const struct dirent* entry = ::readdir(directory)) {
    if (entry->d_name[0] != '.') ++count;
  }
  ::closedir(directory);
  return std::max(count, 0);
}

int PortOf(int socket) {
  struct sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  if (::getsockname(socket, reinterpret_cast<struct sockaddr*>(&address), &size) != 0) return 0;
  return address.ss_family == AF_INET6
             ? ntohs(reinterpret_cast<const struct sockaddr_in6*>(&address)->sin6_port)
             : ntohs(reinterpret_cast<const struct sockaddr_in*>(&address)->sin_port);
}

void SetOption(int socket, int level, int name, int value) {
  ::setsockopt(socket, level, name, &value, sizeof(value));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Listen(const AcceptorOptions& options) {
  std::unique_ptr<Acceptor> acceptor(new Acceptor(options));
  if (absl::Status listening = acceptor->ListenOnAll(); !listening.ok()) return listening;
  acceptor->wake_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (acceptor->wake_.get() < 0 || !acceptor->OpenReserve()) {
    return CannotListen(options.listen, ErrnoText());
  }
  return acceptor;
}

absl::Status Acceptor::ListenOnAll() {
  const size_t colon = options_.listen.rfind(':');
  if (colon == std::string::npos) return CannotListen(options_.listen, "it is not HOST:PORT");
  std::string host = options_.listen.substr(0, colon);
  const std::string port = options_.listen.substr(colon + 1);
  uint16_t number = 0;
  if (int wide = 0; absl::SimpleAtoi(port, &wide) && wide >= 0 && wide <= UINT16_MAX) {
    number = static_cast<uint16_t>(wide);
  } else {
    return CannotListen(options_.listen, "its port is not a number of 0 to 65535");
  }
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return CannotListen(options_.listen, "addresses of IPv6 go in brackets, as in [::1]:50051");
  }

  struct addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  struct addrinfo* found = nullptr;
  const int outcome =
      ::getaddrinfo(host.empty() ? "::" : host.c_str(), port.c_str(), &hints, &found);
  if (outcome != 0) return CannotListen(options_.listen, ::gai_strerror(outcome));
  const std::unique_ptr<struct addrinfo, decltype(&::freeaddrinfo)> addresses(found,
                                                                              &::freeaddrinfo);
  absl::Status fault;
  port_ = number;
  for (const struct addrinfo* address = found; address != nullptr; address = address->ai_next) {
    // All addresses of a name get the port that the first was given.
    auto listener = ListenOn(*address, port_);
    if (!listener.ok()) {
      // A name may have addresses that this machine has not. One that is taken is a fault, unless
      // the port is nobody's choice.
      if (number != 0 && absl::IsAlreadyExists(listener.status())) {
        return CannotListen(options_.listen, listener.status().message());
      }
      fault = listener.status();
      continue;
    }
    port_ = PortOf(listener->get());
    listeners_.push_back(*std::move(listener));
  }
  if (listeners_.empty()) return CannotListen(options_.listen, fault.message());
  return absl::OkStatus();
}

// ALREADY_EXISTS: the address is taken. UNAVAILABLE: it cannot be listened on otherwise.
absl::StatusOr<Descriptor> Acceptor::ListenOn(const struct addrinfo& address, int port) {
  struct sockaddr_storage named = {};
  std::memcpy(&named, address.ai_addr, address.ai_addrlen);
  if (named.ss_family == AF_INET6) {
    reinterpret_cast<struct sockaddr_in6*>(&named)->sin6_port = htons(static_cast<uint16_t>(port));
  } else {
    reinterpret_cast<struct sockaddr_in*>(&named)->sin_port = htons(static_cast<uint16_t>(port));
  }
  Descriptor listener(
      ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (listener.get() < 0) return absl::UnavailableError(ErrnoText());
  // A server that starts again need not wait for connections of the one before to time out. Two
  // servers cannot share a port: that would take SO_REUSEPORT.
  SetOption(listener.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.ai_family == AF_INET6) SetOption(listener.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  // Connections inherit it.
  SetOption(listener.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  if (::bind(listener.get(), reinterpret_cast<const struct sockaddr*>(&named),
             address.ai_addrlen) != 0 ||
      ::listen(listener.get(), kBacklog) != 0) {
    if (errno == EADDRINUSE) return absl::AlreadyExistsError("the address is taken");
    return absl::UnavailableError(ErrnoText());
  }
  return listener;
}

Acceptor::~Acceptor() { Stop(); }

std::string Acceptor::address() const {
  return absl::StrCat(options_.listen.substr(0, options_.listen.rfind(':')), ":", port_);
}

void Acceptor::Start(Take take) {
  take_ = std::move(take);
  number_max_ = CountDescriptors() + options_.connections_max;
  thread_ = std::thread(&Acceptor::Run, this);
}

void Acceptor::Stop() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    // It cannot fail: the counter is far from full.
    (void)!::write(wake_.get(), &one, sizeof(one));
    thread_.join();
    LogRefusals();
  }
  listeners_.clear();
}

void Acceptor::Run() {
  std::vector<struct pollfd> watched = {{wake_.get(), POLLIN, 0}};
  for (const Descriptor& listener : listeners_) watched.push_back({listener.get(), POLLIN, 0});
  bool pause = false;
  for (;;) {
    // While it pauses nothing but a wish to stop is waited for.
    const nfds_t count = pause ? 1 : watched.size();
    int timeout_ms = -1;
    if (pause) {
      timeout_ms = kPauseMs;
    } else if (refusals_ > 0) {
      timeout_ms = static_cast<int>(absl::ToInt64Milliseconds(kLogInterval));
    }
    const int ready = ::poll(watched.data(), count, timeout_ms);
    pause = false;
    if (refusals_ > 0 && absl::Now() >= log_next_) LogRefusals();
    if (ready <= 0) continue;
    if (watched[0].revents != 0) return;
    for (size_t i = 1; i < count; ++i) {
      if (watched[i].revents != 0) pause |= AcceptWaiting(watched[i].fd);
    }
  }
}

bool Acceptor::AcceptWaiting(int listener) {
  for (int i = 0; i < kRowMax; ++i) {
    const Outcome outcome = AcceptOne(listener);
    if (outcome != Outcome::kAccepted) return outcome == Outcome::kPause;
  }
  return false;
}

Acceptor::Outcome Acceptor::AcceptOne(int listener) {
  const int connection = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (connection >= 0) {
    if (connection < number_max_ && LeavesRoom(connection)) {
      take_(listener, connection);
    } else {
      ::close(connection);
      Refused();
    }
    return Outcome::kAccepted;
  }
  switch (errno) {
    case EAGAIN:
      return Outcome::kNoneWaits;
    case EINTR:
    case ECONNABORTED:  // The newcomer is gone already.
      return Outcome::kAccepted;
    case EMFILE:
    case ENFILE:
      return RefuseOne(listener);
    default:
      // The system's memory, or the newcomer's network: either passes.
      return Outcome::kPause;
  }
}

// Left waiting, the newcomer would keep the listener ready and this thread busy.
Acceptor::Outcome Acceptor::RefuseOne(int listener) {
  reserve_ = Descriptor();
  const int connection = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (connection >= 0) {
    ::close(connection);
    Refused();
  }
  // Somebody else may have been quicker than this thread, either time.
  return OpenReserve() && connection >= 0 ? Outcome::kAccepted : Outcome::kPause;
}

bool Acceptor::OpenReserve() {
  reserve_ = Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  return reserve_.get() >= 0;
}

void Acceptor::Refused() {
  ++refusals_;
  if (absl::Now() >= log_next_) LogRefusals();
}

void Acceptor::LogRefusals() {
  if (refusals_ == 0) return;
  Log(LogLevel::kWarning, "connections are refused, there are as many as may be",
      {{"refused", refusals_}, {"descriptors_max", DescriptorLimit()}});
  refusals_ = 0;
  log_next_ = absl::Now() + kLogInterval;
}

}  // namespace tiermark
