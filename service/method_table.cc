#include "service/method_table.h"

#include "absl/strings/str_cat.h"
#include "service/roles.h"

namespace tiermark {

using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

void MethodTable::AddMethod(absl::string_view service, absl::string_view method,
                            MethodOptions options, const Message& request, const Message& response,
                            Handler handle, StreamOpener open) {
  const MethodDescriptor* descriptor =
      DescriptorPool::generated_pool()->FindMethodByName(absl::StrCat(service, ".", method));
  GOOGLE_CHECK(descriptor != nullptr) << "no such RPC";
  GOOGLE_CHECK(descriptor->input_type() == request.GetDescriptor());
  GOOGLE_CHECK(descriptor->output_type() == response.GetDescriptor());
  const bool server_stream = descriptor->server_streaming() && !descriptor->client_streaming();
  GOOGLE_CHECK(server_stream == (open != nullptr)) << "handled as another kind of RPC";
  Method entry;
  entry.descriptor = descriptor;
  entry.name = absl::StrCat(service, "/", method);
  entry.number = methods_.size();
  entry.request_prototype = &request;
  entry.response_prototype = &response;
  entry.options = options;
  entry.role = RoleOfRpc(entry.name);
  entry.handle = std::move(handle);
  entry.open = std::move(open);
  const std::string name = entry.name;
  const bool added = methods_.emplace(name, std::move(entry)).second;
  GOOGLE_CHECK(added) << "served twice: " << name;
}

const Method* MethodTable::Find(const std::string& name) const {
  const auto found = methods_.find(name);
  return found == methods_.end() ? nullptr : &found->second;
}

}  // namespace tiermark
