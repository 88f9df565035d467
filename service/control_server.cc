#include "service/control_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "service/log.h"
#include "storage/thread_name.h"

namespace tiermark {
namespace {

// How long stopping may wait for the thread to see it.
constexpr int kLookEveryMs = 100;

// Beside the mode of the socket's file, which a restored or copied directory may have lost.
bool MayAsk(const Descriptor& command) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  return getsockopt(command.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == geteuid() || peer.uid == 0);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlServer>> ControlServer::Start(const std::string& store_path,
                                                                    SqliteStore& store) {
  std::string path = ControlPath(store_path);
  absl::StatusOr<Descriptor> listener = ListenAt(path);
  if (!listener.ok()) return listener.status();
  return absl::WrapUnique(new ControlServer(std::move(path), *std::move(listener), store));
}

ControlServer::ControlServer(std::string path, Descriptor listener, SqliteStore& store)
    : path_(std::move(path)),
      listener_(std::move(listener)),
      store_(store),
      thread_([this] { Run(); }) {}

ControlServer::~ControlServer() { Stop(); }

void ControlServer::Stop() {
  stopping_ = true;
  if (!thread_.joinable()) return;
  thread_.join();
  unlink(path_.c_str());
}

void ControlServer::Run() {
  NameThisThread("control");
  while (!stopping_) {
    pollfd waited{listener_.get(), POLLIN, 0};
    if (poll(&waited, 1, kLookEveryMs) <= 0) continue;
    const Descriptor command(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (command.get() < 0) {
      // Such as no descriptors; the next one may have better luck.
      usleep(kLookEveryMs * 1'000);
    } else if (MayAsk(command)) {
      Serve(command);
    }
  }
}

void ControlServer::Serve(const Descriptor& command) {
  LineReader lines(command);
  constexpr int kAskWithinMs = 5'000;
  const absl::StatusOr<std::string> asked = lines.Next(kAskWithinMs);
  if (!asked.ok()) return;
  if (*asked == kBackupRequest) return BackUp(command, &lines);
  SendLine(command, "error this server knows no such command; use the same version as it is");
}

void ControlServer::BackUp(const Descriptor& command, LineReader* lines) {
  Log(LogLevel::kInfo, "backup begins");
  const absl::StatusOr<std::string> copy = store_.BackUp([&](int64_t done, int64_t total) {
    return !stopping_ && SendLine(command, absl::StrCat("pages ", done, " ", total));
  });
  if (!copy.ok()) {
    Log(LogLevel::kWarning, "backup failed", {{"cause", std::string(copy.status().message())}});
    SendLine(command, absl::StrCat("error ", copy.status().message()));
    return;
  }
  Log(LogLevel::kInfo, "backup is copied");
  SendLine(command, absl::StrCat("copy ", *copy));
  // The command checks it and takes it away. A server that stops leaves it that time.
  while (!stopping_ && absl::IsDeadlineExceeded(lines->Next(kLookEveryMs).status())) {
  }
  if (!stopping_) unlink(copy->c_str());
}

}  // namespace tiermark
