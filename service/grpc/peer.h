// Who is at the other end of a call.
#pragma once

#include <grpcpp/server_context.h>

#include <string>
#include <vector>

namespace tiermark {

// The names in the client's certificate, as CertificateNames in service/tls.h tells them of a
// certificate. Empty if the connection has no TLS, or the client showed no certificate.
std::vector<std::string> CertificateNames(const grpc::ServerContextBase& context);

}  // namespace tiermark
