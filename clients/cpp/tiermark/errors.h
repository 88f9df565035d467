// What errors of the server say beyond code and message.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace tiermark {

struct ErrorDetails {
  std::string reason;  // Such as "FACTS_MISSING"; may be empty.
  std::vector<std::pair<std::string, std::string>> field_violations;  // Path and description.
};
ErrorDetails DetailsOf(const absl::Status& error);

// How long to wait before the same call may succeed, `attempt` being 0 for the first: what the
// server says, or else up to 5 seconds. Nothing when it cannot succeed. Whether an error that hides
// what became of a write (UNAVAILABLE without a reason, COMMIT_UNKNOWN) may be repeated is the
// caller's to know; a request id makes sure.
std::optional<std::chrono::milliseconds> PauseAfter(const absl::Status& error, int attempt);

}  // namespace tiermark
