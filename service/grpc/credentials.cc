#include "service/grpc/credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <cstdlib>
#include <string>

namespace tiermark {
namespace {

grpc_ssl_client_certificate_request_type RequestTypeOf(const TlsMaterial& material) {
  if (material.client_ca.empty()) return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
  return material.require_client_certificate
             ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
             : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
}

// gRPC's C++ API knows certificates that change only where it watches the files itself, and swaps a
// certificate and a key that do not belong together. Its C API asks before each handshake.
class TlsCredentials final : public grpc::ServerCredentials {
 public:
  explicit TlsCredentials(const TlsFiles& files)
      : files_(files),
        credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                RequestTypeOf(*files.current()), Fetch, this))) {}
  ~TlsCredentials() override { grpc_server_credentials_release(credentials_); }

  // Keys are looked at by the pipeline, for every front end alike.
  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {
    std::abort();
  }

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  // gRPC calls it for one handshake at a time.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    auto* const credentials = static_cast<TlsCredentials*>(self);
    const auto material = credentials->files_.current();
    if (material->version == credentials->version_) {
      return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    }
    const grpc_ssl_pem_key_cert_pair pair = {material->private_key.c_str(),
                                             material->certificate_chain.c_str()};
    // gRPC aborts without roots, also where it asks for no certificate and so looks at none.
    const std::string& roots =
        material->client_ca.empty() ? material->certificate_chain : material->client_ca;
    *config = grpc_ssl_server_certificate_config_create(roots.c_str(), &pair, 1);
    credentials->version_ = material->version;
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const TlsFiles& files_;
  // What gRPC has; 0: nothing yet.
  int64_t version_ = 0;
  grpc_server_credentials* const credentials_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const TlsFiles& files) {
  return std::make_shared<TlsCredentials>(files);
}

}  // namespace tiermark
