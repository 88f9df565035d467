// Says why bytes are not a message that the API admits.
#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace tiermark {

// Faults that are listed at once.
inline constexpr size_t kWireFaultsMax = 100;

// For bytes that failed to parse as `type`: INVALID_ARGUMENT with the path of every text that is
// not UTF-8, up to kWireFaultsMax of them, or, when there is none, that says that the bytes are no
// such message.
absl::Status ExplainUnparsable(const google::protobuf::Descriptor& type, absl::string_view bytes);

}  // namespace tiermark
