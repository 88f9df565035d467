// TLS for the gRPC server, by the certificates that are current.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "service/tls.h"

namespace tiermark {

// Each handshake uses what `files` has by then; connections that stand keep theirs. TLS 1.2 and up.
// For one listener of one server. gRPC does not hold on to it: keep it, and `files`, until the
// server is gone.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const TlsFiles& files);

}  // namespace tiermark
