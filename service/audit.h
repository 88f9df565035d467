// What is kept of an administrator's act.
#pragma once

#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "service/call.h"
#include "tiermark/v1/audit.pb.h"

namespace tiermark {

// The entry of a call, but for its time.
v1::AuditEntry AuditEntryOf(const CallInfo& info, const google::protobuf::Message& request);

// The same, of that time.
v1::AuditEntry AuditEntryAt(const v1::AuditEntry& entry, absl::Time now);

}  // namespace tiermark
