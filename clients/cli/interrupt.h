// Ctrl-C, and SIGTERM, as something that a command ends by in good order.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace tiermark::cli {

// While it lives, the first SIGINT or SIGTERM calls `on_interrupt`, on a thread of its own; the
// second one ends the program as if there were none of this. One at a time.
class Interrupt {
 public:
  explicit Interrupt(std::function<void()> on_interrupt);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool interrupted() const { return interrupted_; }

 private:
  std::atomic<bool> interrupted_ = false;
  std::thread thread_;
};

}  // namespace tiermark::cli
