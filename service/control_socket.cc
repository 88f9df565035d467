#include "service/control_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace tiermark {
namespace {

constexpr size_t kLineBytesMax = 8'192;

absl::Status CannotUse(const std::string& path) {
  return absl::FailedPreconditionError(absl::StrCat(path, ": ", std::strerror(errno)));
}

// An address has room for some hundred bytes. A longer path is named through its directory, which
// stays open in `directory` for as long as the address is used.
absl::StatusOr<sockaddr_un> AddressOf(const std::string& path, Descriptor* directory) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string name = path;
  if (name.size() >= sizeof(address.sun_path)) {
    const size_t slash = path.rfind('/');
    if (slash != std::string::npos) {
      *directory =
          Descriptor(open(path.substr(0, slash + 1).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
      if (directory->get() < 0) return CannotUse(path);
      name = absl::StrCat("/proc/self/fd/", directory->get(), path.substr(slash));
    }
  }
  if (name.size() >= sizeof(address.sun_path)) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": is too long for a socket"));
  }
  std::memcpy(address.sun_path, name.data(), name.size());
  return address;
}

}  // namespace

std::string ControlPath(const std::string& store_path) {
  return absl::StrCat(store_path, ".control");
}

absl::StatusOr<Descriptor> ListenAt(const std::string& path) {
  Descriptor directory;
  const auto address = AddressOf(path, &directory);
  if (!address.ok()) return address.status();
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return CannotUse(path);
  // Left by a server that was killed: whoever calls holds the store.
  unlink(path.c_str());
  constexpr int kWaiting = 4;
  // Nobody gets through before it listens, and then only its owner.
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) != 0 ||
      chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0 || listen(socket.get(), kWaiting) != 0) {
    return CannotUse(path);
  }
  return socket;
}

absl::StatusOr<Descriptor> ConnectAt(const std::string& path) {
  Descriptor directory;
  const auto address = AddressOf(path, &directory);
  if (!address.ok()) return absl::NotFoundError(address.status().message());
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return CannotUse(path);
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) == 0) {
    return socket;
  }
  if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR) {
    return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  }
  return CannotUse(path);
}

bool SendLine(const Descriptor& socket, absl::string_view line) {
  const std::string bytes = absl::StrCat(line, "\n");
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t now = send(socket.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (now < 0 && errno == EINTR) continue;
    if (now <= 0) return false;
    sent += static_cast<size_t>(now);
  }
  return true;
}

absl::StatusOr<std::string> LineReader::Next(absl::Duration timeout) {
  const absl::Time end_time = absl::Now() + timeout;
  while (true) {
    if (const size_t end = pending_.find('\n'); end != std::string::npos) {
      std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return line;
    }
    if (pending_.size() > kLineBytesMax) return absl::InvalidArgumentError("a line is too long");
    pollfd waited{socket_.get(), POLLIN, 0};
    const int64_t left_ms = absl::ToInt64Milliseconds(end_time - absl::Now());
    const int ready = poll(&waited, 1, static_cast<int>(std::max<int64_t>(left_ms, 0)));
    if (ready == 0) return absl::DeadlineExceededError("nothing came");
    if (ready < 0 && errno == EINTR) continue;
    char bytes[1'024];
    const ssize_t got = ready < 0 ? -1 : recv(socket_.get(), bytes, sizeof(bytes), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return absl::NotFoundError("the other side is gone");
    pending_.append(bytes, static_cast<size_t>(got));
  }
}

}  // namespace tiermark
