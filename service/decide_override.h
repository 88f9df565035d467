// Decisions about a person's override of an account's segment, and about its end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "service/catalog.h"
#include "storage/store.h"
#include "tiermark/v1/segment.pb.h"

namespace tiermark {

struct GivenOverride {
  v1::Segment segment = v1::SEGMENT_UNSPECIFIED;
  std::string reason;
  std::string author;
  // Absent: until it is cleared.
  std::optional<int64_t> expire_us;
};

// Sets the override in the place of one that there is. The entry is an OverrideEntry.
// NOT_FOUND, ACCOUNT_NOT_FOUND.
// INVALID_ARGUMENT: it would run out at once.
absl::StatusOr<ChangeSet> DecideOverride(const GivenOverride& given,
                                         const PlaybookVersions& playbooks,
                                         const DecideInput& input);

// Ends the override that holds; an empty change set when none does.
// NOT_FOUND, ACCOUNT_NOT_FOUND.
absl::StatusOr<ChangeSet> DecideClearOverride(const DecideInput& input);

}  // namespace tiermark
