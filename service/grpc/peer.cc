#include "service/grpc/peer.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>

#include <memory>

namespace tiermark {
namespace {

void AddNames(const grpc::AuthContext& auth, const char* property,
              std::vector<std::string>* names) {
  for (const grpc::string_ref& name : auth.FindPropertyValues(property)) {
    if (!name.empty() && name.find('\0') == grpc::string_ref::npos) {
      names->emplace_back(name.data(), name.size());
    }
  }
}

}  // namespace

std::vector<std::string> CertificateNames(const grpc::ServerContextBase& context) {
  std::vector<std::string> names;
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return names;
  const auto security = auth->FindPropertyValues(GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME);
  if (security.size() != 1 || security[0] != GRPC_SSL_TRANSPORT_SECURITY_TYPE) return names;
  if (auth->FindPropertyValues(GRPC_X509_SAN_PROPERTY_NAME).empty()) {
    AddNames(*auth, GRPC_X509_CN_PROPERTY_NAME, &names);
  } else {
    AddNames(*auth, GRPC_PEER_DNS_PROPERTY_NAME, &names);
    AddNames(*auth, GRPC_PEER_URI_PROPERTY_NAME, &names);
  }
  return names;
}

}  // namespace tiermark
