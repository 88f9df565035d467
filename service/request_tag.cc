#include "service/request_tag.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "service/sha256.h"

namespace tiermark {
std::string HashOfMessage(const google::protobuf::Message& message) {
  std::string bytes;
  bytes.reserve(message.ByteSizeLong());
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    // Maps have no order of their own; clients send them in any.
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return Sha256(bytes);
}

std::string HashOfCall(const CallInfo& info, absl::string_view first, absl::string_view second) {
  // Each part goes with its length, so that no two lists of parts read the same.
  std::string text = absl::StrCat(info.caller.tenant, " ");
  for (const absl::string_view part :
       {absl::string_view(info.caller.credential), info.rpc, first, second}) {
    absl::StrAppend(&text, part.size(), ":", part);
  }
  return Sha256(text);
}

std::optional<store::v1::RequestTag> TagRequest(const CallInfo& info, absl::string_view request_id,
                                                const google::protobuf::Message& body) {
  if (request_id.empty()) return std::nullopt;
  store::v1::RequestTag tag;
  tag.set_id_hash(HashOfCall(info, request_id, ""));
  tag.set_body_hash(HashOfMessage(body));
  return tag;
}

}  // namespace tiermark
