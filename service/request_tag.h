// Hashes by which a write that is sent again is known.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "service/call.h"
#include "tiermark/store/v1/records.pb.h"

namespace tiermark {

// SHA-256 of the message, serialized so that equal messages give equal bytes.
std::string HashOfMessage(const google::protobuf::Message& message);

// SHA-256 of the caller's tenant and credential, the RPC, and two texts.
std::string HashOfCall(const CallInfo& info, absl::string_view first, absl::string_view second);

// The tag of a write with a request id; nothing when `request_id` is empty.
std::optional<store::v1::RequestTag> TagRequest(const CallInfo& info, absl::string_view request_id,
                                                const google::protobuf::Message& body);

}  // namespace tiermark
