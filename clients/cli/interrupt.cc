#include "clients/cli/interrupt.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace tiermark::cli {
namespace {

constexpr char kInterrupted = 'i';
constexpr char kOver = 'o';

// A signal handler may write to a pipe, and do little else.
int pipe_ends[2] = {-1, -1};

void Tell(char what) {
  const int before = errno;
  // The pipe has room: at most three bytes are ever written to it.
  [[maybe_unused]] const ssize_t written = write(pipe_ends[1], &what, 1);
  errno = before;
}

void OnSignal(int) { Tell(kInterrupted); }

void Handle(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  // The second signal finds the default again.
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

Interrupt::Interrupt(std::function<void()> on_interrupt) {
  if (pipe(pipe_ends) != 0) return;
  thread_ = std::thread([this, on_interrupt = std::move(on_interrupt)] {
    char what = 0;
    while (true) {
      const ssize_t got = read(pipe_ends[0], &what, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got != 1 || what == kOver) return;
      interrupted_ = true;
      on_interrupt();
    }
  });
  Handle(OnSignal);
}

Interrupt::~Interrupt() {
  if (!thread_.joinable()) return;
  Handle(SIG_DFL);
  Tell(kOver);
  thread_.join();
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

}  // namespace tiermark::cli
