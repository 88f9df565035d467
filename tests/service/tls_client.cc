#include "tests/service/tls_client.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace tiermark {

SslPtr MakeTlsClient(const TlsClientOptions& options) {
  const std::unique_ptr<SSL_CTX, Freer<SSL_CTX_free>> context(SSL_CTX_new(TLS_client_method()));
  // Level 0 allows the signatures of TLS 1.1.
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), options.version_min);
  SSL_CTX_set_max_proto_version(context.get(), options.version_max);
  if (options.certificate != nullptr) {
    const X509Ptr certificate = ParseCertificate(options.certificate->certificate);
    const auto key = ParsePrivateKey("key", options.certificate->key);
    if (!key.ok() || SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context.get(), key->get()) != 1) {
      std::abort();
    }
  }
  if (!options.protocols.empty()) {
    SSL_CTX_set_alpn_protos(context.get(),
                            reinterpret_cast<const unsigned char*>(options.protocols.data()),
                            static_cast<unsigned int>(options.protocols.size()));
  }
  return SslPtr(SSL_new(context.get()));
}

int ConnectTo(const std::string& address) {
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  struct addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  struct addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), address.substr(colon + 1).c_str(), &hints, &found) != 0) {
    return -1;
  }
  int connection = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection >= 0 && ::connect(connection, found->ai_addr, found->ai_addrlen) != 0) {
    ::close(connection);
    connection = -1;
  }
  ::freeaddrinfo(found);
  return connection;
}

bool ClosedByPeer(int socket, int patience_ms) {
  struct pollfd watched = {socket, POLLIN, 0};
  while (::poll(&watched, 1, patience_ms) > 0) {
    char bytes[4'096];
    if (::recv(socket, bytes, sizeof(bytes), 0) <= 0) return true;
  }
  return false;
}

}  // namespace tiermark
