// A TLS client that can be told to behave badly.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "service/pem.h"
#include "tests/service/certificates.h"

namespace tiermark {

using SslPtr = std::unique_ptr<SSL, Freer<SSL_free>>;

struct TlsClientOptions {
  // The oldest and the newest version spoken. Versions that OpenSSL has retired are spoken too.
  int version_min = TLS1_2_VERSION;
  int version_max = TLS1_3_VERSION;
  // Shown if it is asked for; null: none.
  const IssuedCertificate* certificate = nullptr;
  // ALPN, as it goes over the wire.
  std::string protocols;
};

// A client that verifies nothing, not yet connected.
SslPtr MakeTlsClient(const TlsClientOptions& options);

// A connected socket of the address HOST:PORT on 127.0.0.1 or [::1]; -1: refused.
int ConnectTo(const std::string& address);

// Whether the peer closes the connection within `patience_ms`; whatever it sends is read.
bool ClosedByPeer(int socket, int patience_ms);

}  // namespace tiermark
