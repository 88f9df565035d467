#include "service/audit.h"

#include <string>

#include "google/protobuf/util/json_util.h"
#include "service/answers.h"

namespace tiermark {
namespace {

constexpr size_t kRequestBytesMax = 16 << 10;

}  // namespace

v1::AuditEntry AuditEntryOf(const CallInfo& info, const google::protobuf::Message& request) {
  v1::AuditEntry entry;
  entry.set_api_key_id(info.caller.credential);
  entry.set_rpc(std::string(info.rpc));
  if (request.ByteSizeLong() > kRequestBytesMax) return entry;
  std::string json;
  const bool written = google::protobuf::util::MessageToJsonString(request, &json).ok();
  if (written && json.size() <= kRequestBytesMax) entry.set_request_json(std::move(json));
  return entry;
}

v1::AuditEntry AuditEntryAt(const v1::AuditEntry& entry, absl::Time now) {
  v1::AuditEntry out = entry;
  *out.mutable_act_time() = TimestampOf(absl::ToUnixMicros(now));
  return out;
}

}  // namespace tiermark
