#include "service/rpc_status.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "google/rpc/error_details.pb.h"
#include "scoring/error.h"

namespace tiermark {

namespace {

// The fields at fault, the first of them that fit into `bytes_max`.
std::string TrimBadRequest(const std::string& bytes, size_t bytes_max) {
  google::rpc::BadRequest all;
  if (bytes.size() <= bytes_max || !all.ParseFromString(bytes)) return bytes;
  // What a field adds beside its own bytes: a tag and a length of two bytes at most.
  constexpr size_t kOverheadBytes = 3;
  google::rpc::BadRequest some;
  size_t size = 0;
  for (const auto& violation : all.field_violations()) {
    size += violation.ByteSizeLong() + kOverheadBytes;
    if (size > bytes_max) break;
    *some.add_field_violations() = violation;
  }
  return some.SerializeAsString();
}

}  // namespace

google::rpc::Status ToRpcStatus(const absl::Status& status, size_t bytes_max) {
  google::rpc::Status out;
  out.set_code(static_cast<int>(status.code()));
  out.set_message(std::string(status.message()));
  for (const absl::string_view url : {kErrorInfoUrl, kBadRequestUrl, kRetryInfoUrl}) {
    if (const auto payload = status.GetPayload(url)) {
      google::protobuf::Any* detail = out.add_details();
      detail->set_type_url(std::string(url));
      detail->set_value(url == kBadRequestUrl ? TrimBadRequest(std::string(*payload), bytes_max)
                                              : std::string(*payload));
    }
  }
  if (const auto payload = status.GetPayload(kMoreDetailsUrl)) {
    google::rpc::Status more;
    if (more.ParseFromString(std::string(*payload)))
      out.mutable_details()->MergeFrom(more.details());
  }
  return out;
}

}  // namespace tiermark
