// The server's end of the control socket.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/control_socket.h"

namespace tiermark {

// Serves one command at a time, on a thread of its own. Stop it before the store is closed.
class ControlServer {
 public:
  // Of the store at that path, as SqliteStore::BackUp.
  using BackUp = std::function<absl::StatusOr<std::string>(
      const std::function<bool(int64_t done, int64_t total)>& progress)>;

  // FAILED_PRECONDITION: the socket cannot be made.
  static absl::StatusOr<std::unique_ptr<ControlServer>> Start(const std::string& store_path,
                                                              BackUp back_up);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  // Gives up what is under way, within a few seconds whatever the command does. May be called
  // again.
  void Stop();

 private:
  ControlServer(std::string path, Descriptor listener, BackUp back_up);

  void Run();
  void Serve(const Descriptor& command);
  void MakeCopy(const Descriptor& command, LineReader* lines);

  // DEADLINE_EXCEEDED, too, when it stops.
  absl::StatusOr<std::string> Hear(LineReader* lines, absl::Duration timeout) const;

  const std::string path_;
  const Descriptor listener_;
  const BackUp back_up_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace tiermark
