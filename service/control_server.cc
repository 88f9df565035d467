#include "service/control_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/log.h"
#include "storage/thread_name.h"

namespace tiermark {
namespace {

// How long stopping may wait for the thread to see it, if that sends nothing.
constexpr absl::Duration kLookEvery = absl::Milliseconds(100);

// How long a command may leave unread what is sent to it.
constexpr timeval kSendWithin{2, 0};

// Beside the mode of the socket's file, which a restored or copied directory may have lost.
bool MayAsk(const Descriptor& command) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  return getsockopt(command.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == geteuid() || peer.uid == 0);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlServer>> ControlServer::Start(const std::string& store_path,
                                                                    BackUp back_up) {
  std::string path = ControlPath(store_path);
  absl::StatusOr<Descriptor> listener = ListenAt(path);
  if (!listener.ok()) return listener.status();
  return absl::WrapUnique(
      new ControlServer(std::move(path), *std::move(listener), std::move(back_up)));
}

ControlServer::ControlServer(std::string path, Descriptor listener, BackUp back_up)
    : path_(std::move(path)),
      listener_(std::move(listener)),
      back_up_(std::move(back_up)),
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
    if (poll(&waited, 1, static_cast<int>(absl::ToInt64Milliseconds(kLookEvery))) <= 0) continue;
    const Descriptor command(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (command.get() < 0) {
      // Such as no descriptors; the next one may have better luck.
      absl::SleepFor(kLookEvery);
    } else if (MayAsk(command) && setsockopt(command.get(), SOL_SOCKET, SO_SNDTIMEO, &kSendWithin,
                                             sizeof(kSendWithin)) == 0) {
      Serve(command);
    }
  }
}

void ControlServer::Serve(const Descriptor& command) {
  LineReader lines(command);
  constexpr absl::Duration kAskWithin = absl::Seconds(5);
  const absl::StatusOr<std::string> asked = Hear(&lines, kAskWithin);
  if (!asked.ok()) return;
  if (*asked == kBackupRequest) return MakeCopy(command, &lines);
  SendLine(command, absl::StrCat(kErrorAnswer,
                                 "this server knows no such command; use the same "
                                 "version as it is"));
}

absl::StatusOr<std::string> ControlServer::Hear(LineReader* lines, absl::Duration timeout) const {
  const absl::Time end_time = absl::Now() + timeout;
  while (true) {
    absl::StatusOr<std::string> line = lines->Next(kLookEvery);
    if (!absl::IsDeadlineExceeded(line.status())) return line;
    if (stopping_ || absl::Now() >= end_time) return line;
  }
}

void ControlServer::MakeCopy(const Descriptor& command, LineReader* lines) {
  Log(LogLevel::kInfo, "backup begins");
  const absl::StatusOr<std::string> copy = back_up_([&](int64_t done, int64_t total) {
    return !stopping_ && SendLine(command, absl::StrCat("pages ", done, " ", total));
  });
  if (!copy.ok()) {
    Log(LogLevel::kWarning, "backup failed", {{"cause", std::string(copy.status().message())}});
    SendLine(command, absl::StrCat(absl::IsDataLoss(copy.status()) ? kDamagedAnswer : kErrorAnswer,
                                   copy.status().message()));
    return;
  }
  Log(LogLevel::kInfo, "backup is copied");
  SendLine(command, kCopyAnswer);
  // The command checks it and takes it away. A server that stops leaves it that time.
  const absl::Status heard = Hear(lines, absl::InfiniteDuration()).status();
  if (!absl::IsDeadlineExceeded(heard)) unlink(copy->c_str());
}

}  // namespace tiermark
