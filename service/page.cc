#include "service/page.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "service/request_tag.h"

namespace tiermark {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

int PageSize(int requested, Violations* violations) {
  if (requested < 0) violations->Add("page_size", "must not be negative");
  if (requested <= 0) return kPageSizeDefault;
  return std::min(requested, kPageSizeMax);
}

uint64_t QueryHash(const CallInfo& info, const Message& request) {
  const std::unique_ptr<Message> query(request.New());
  query->CopyFrom(request);
  for (const char* name : {"page_size", "page_token", "resume_token"}) {
    const FieldDescriptor* field = query->GetDescriptor()->FindFieldByName(name);
    if (field != nullptr) query->GetReflection()->ClearField(query.get(), field);
  }
  // A list goes on with another key of the same tenant.
  CallInfo scope = info;
  scope.caller.credential.clear();
  const std::string hash = HashOfCall(scope, "", HashOfMessage(*query));
  uint64_t value;
  std::memcpy(&value, hash.data(), sizeof(value));
  return value;
}

std::string EncodePageToken(const store::v1::PageToken& token) {
  return absl::WebSafeBase64Escape(token.SerializeAsString());
}

store::v1::PageToken StartPage(const CallInfo& info, const Message& request,
                               Violations* violations) {
  store::v1::PageToken token;
  const uint64_t query_hash = QueryHash(info, request);
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName("page_token");
  if (field == nullptr) field = request.GetDescriptor()->FindFieldByName("resume_token");
  const std::string text = request.GetReflection()->GetString(request, field);
  if (text.empty()) {
    token.set_query_hash(query_hash);
    return token;
  }
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(text, &bytes) || !token.ParseFromString(bytes)) {
    violations->Add(field->name(),
                    absl::StrCat("must be a ", field->name() == "page_token" ? "next_" : "",
                                 field->name(), " of this server"));
  } else if (token.query_hash() != query_hash) {
    violations->Add(field->name(),
                    "belongs to another query; all else must be as it was for the first page");
  }
  return token;
}

}  // namespace tiermark
