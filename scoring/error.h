// Errors that say what is wrong in a form that both people and programs can act on.
//
// An absl::Status carries google.rpc details as payloads under their type URLs; the front ends
// hand them out as they are. No function here throws.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tiermark {

// Payload keys, which are also the type URLs of the details.
inline constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
inline constexpr char kBadRequestUrl[] = "type.googleapis.com/google.rpc.BadRequest";
inline constexpr char kRetryInfoUrl[] = "type.googleapis.com/google.rpc.RetryInfo";

// A status with an ErrorInfo of domain "tiermark". `reason` is UPPER_SNAKE_CASE.
absl::Status ReasonedError(absl::StatusCode code, absl::string_view reason,
                           absl::string_view message,
                           const std::vector<std::pair<std::string, std::string>>& metadata = {});

// RESOURCE_EXHAUSTED with a RetryInfo: the caller may try again after `retry_delay`.
absl::Status OverloadError(absl::string_view reason, absl::string_view message,
                           absl::Duration retry_delay);

// The reason of a status made here; empty for others.
std::string ReasonOf(const absl::Status& status);

// Collects every field of a request that is at fault. Not thread-safe.
class Violations {
 public:
  // `field` is a path such as "facts.potential_mrr[1].amount"; `description` says what is wrong
  // and what would be right, and never repeats the value.
  void Add(absl::string_view field, absl::string_view description);

  bool empty() const { return faults_.empty(); }

  // Fields and descriptions, in the order they were added in.
  const std::vector<std::pair<std::string, std::string>>& faults() const { return faults_; }

  // OK when there are none. Else a status with an ErrorInfo and a BadRequest that lists them all;
  // the message names the first and counts the rest.
  absl::Status ToStatus(absl::StatusCode code = absl::StatusCode::kInvalidArgument,
                        absl::string_view reason = "INVALID_FIELDS") const;

 private:
  std::vector<std::pair<std::string, std::string>> faults_;
};

}  // namespace tiermark
