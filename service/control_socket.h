// The socket beside a store's file by which commands on the machine ask its server for a copy. Only
// the server's own user and root get through to it.
//
// A line from the command: "backup". Lines from the server: "pages DONE TOTAL" now and then, and at
// the end "copy", "error damaged MESSAGE" of a store that is, or "error MESSAGE". The copy has the
// one name that CopyPathOf gives: a command of root's takes no other file for it. It is the
// command's, which takes it away; the server does when the connection ends and it is still there.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/descriptor.h"

namespace tiermark {

inline constexpr char kBackupRequest[] = "backup";
inline constexpr char kCopyAnswer[] = "copy";
inline constexpr char kDamagedAnswer[] = "error damaged ";
inline constexpr char kErrorAnswer[] = "error ";

std::string ControlPath(const std::string& store_path);

// FAILED_PRECONDITION: the socket cannot be made there.
absl::StatusOr<Descriptor> ListenAt(const std::string& path);

// NOT_FOUND: nobody listens there. FAILED_PRECONDITION: whoever does lets nobody through.
absl::StatusOr<Descriptor> ConnectAt(const std::string& path);

// False: the other side is gone, or takes nothing for as long as the socket waits. Never a signal.
bool SendLine(const Descriptor& socket, absl::string_view line);

// The lines that come, one at a time.
class LineReader {
 public:
  explicit LineReader(const Descriptor& socket) : socket_(socket) {}

  // Without its end. NOT_FOUND: the other side is gone. DEADLINE_EXCEEDED: none came in that time.
  // INVALID_ARGUMENT: it is too long.
  absl::StatusOr<std::string> Next(absl::Duration timeout);

 private:
  const Descriptor& socket_;
  std::string pending_;
};

}  // namespace tiermark
