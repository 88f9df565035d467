// Who calls: what a front end knows of it, and who may find it out.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/call.h"

namespace tiermark {

// What a caller shows. A value that lives as long as the headers it was read from.
struct Credentials {
  // The `authorization` header as it came; empty without.
  absl::string_view authorization;
  // Names in the client's certificate, which is verified; empty without one.
  std::vector<std::string> certificate_names;
};

// Thread-safe.
class Authenticator {
 public:
  virtual ~Authenticator() = default;

  // UNAUTHENTICATED: one message, whatever is wrong.
  virtual absl::StatusOr<Caller> Authenticate(const Credentials& credentials) = 0;

  // Whether what was shown for this caller still holds, for calls that go on for long.
  // UNAUTHENTICATED: the same message.
  virtual absl::Status CheckStillHolds(const Caller& caller) = 0;
};

}  // namespace tiermark
