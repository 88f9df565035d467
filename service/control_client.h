// A command's end of the control socket.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "service/control_socket.h"
#include "storage/sqlite/check.h"

namespace tiermark {

// A copy of a store that its server made for this command. Goes with this, unless it was taken
// away.
class ServedCopy {
 public:
  // Nothing when no server has the store.
  //   FAILED_PRECONDITION: it cannot be made; DATA_LOSS: the store is damaged; the server's own
  //     words.
  //   UNAVAILABLE: the server went away meanwhile.
  static absl::StatusOr<std::unique_ptr<ServedCopy>> Ask(const std::string& store_path,
                                                         const StoreProgress& progress);
  ~ServedCopy();
  ServedCopy(const ServedCopy&) = delete;
  ServedCopy& operator=(const ServedCopy&) = delete;

  const std::string& path() const { return path_; }

 private:
  ServedCopy(Descriptor socket, std::string path)
      : socket_(std::move(socket)), path_(std::move(path)) {}

  // Open for as long as the copy is used.
  const Descriptor socket_;
  const std::string path_;
};

}  // namespace tiermark
