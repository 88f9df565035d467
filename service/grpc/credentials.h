// TLS for the gRPC server, by the certificates that are current.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "service/tls.h"

namespace tiermark {

// Each handshake uses what `files` has by then; connections that stand keep theirs. TLS 1.2 and up.
// For one listener of one server, which it must outlive, as must `files` it.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const TlsFiles& files);

}  // namespace tiermark
