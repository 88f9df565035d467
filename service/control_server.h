// The server's end of the control socket.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "service/control_socket.h"
#include "storage/sqlite/sqlite_store.h"

namespace tiermark {

// Serves one command at a time, on a thread of its own. Stop it before the store is closed.
class ControlServer {
 public:
  // `store` must outlive it and be open at `store_path`.
  // FAILED_PRECONDITION: the socket cannot be made.
  static absl::StatusOr<std::unique_ptr<ControlServer>> Start(const std::string& store_path,
                                                              SqliteStore& store);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  // Gives up what is under way. May be called again.
  void Stop();

 private:
  ControlServer(std::string path, Descriptor listener, SqliteStore& store);

  void Run();
  void Serve(const Descriptor& command);
  void BackUp(const Descriptor& command, LineReader* lines);

  const std::string path_;
  const Descriptor listener_;
  SqliteStore& store_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace tiermark
