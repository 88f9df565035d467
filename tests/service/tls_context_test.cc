// Handshakes with the context that front ends serve by, without a network.
#include "gmock/gmock.h"
#include "service/tls.h"
#include "tests/service/certificates.h"
#include "tests/service/support.h"
#include "tests/service/tls_client.h"

namespace tiermark {
namespace {

// What a handshake came to.
struct Handshake {
  bool done = false;
  std::string version;
  std::string protocol;
  std::string cipher;
  int tickets = 0;
  std::vector<std::string> client_names;
};

// Each side's bytes go straight to the other.
void Join(SSL* client, SSL* server) {
  BIO* client_bio = nullptr;
  BIO* server_bio = nullptr;
  ASSERT_EQ(BIO_new_bio_pair(&client_bio, 1 << 16, &server_bio, 1 << 16), 1);
  SSL_set_bio(client, client_bio, client_bio);
  SSL_set_bio(server, server_bio, server_bio);
}

Handshake Shake(SSL_CTX* context, const TlsClientOptions& options) {
  Handshake out;
  const SslPtr client = MakeTlsClient(options);
  const SslPtr server(SSL_new(context));
  Join(client.get(), server.get());
  static int tickets;
  tickets = 0;
  SSL_CTX_set_session_cache_mode(SSL_get_SSL_CTX(client.get()), SSL_SESS_CACHE_CLIENT);
  SSL_CTX_sess_set_new_cb(SSL_get_SSL_CTX(client.get()), [](SSL*, SSL_SESSION*) {
    ++tickets;
    return 0;
  });
  for (int i = 0; i < 20; ++i) {
    SSL_connect(client.get());
    SSL_accept(server.get());
  }
  out.done = SSL_is_init_finished(client.get()) == 1 && SSL_is_init_finished(server.get()) == 1;
  char byte = 0;
  // What comes after a handshake: alerts of TLS 1.3, and tickets.
  out.done &= SSL_read(client.get(), &byte, 1) <= 0 &&
              SSL_get_error(client.get(), -1) == SSL_ERROR_WANT_READ;
  out.version = SSL_get_version(server.get());
  out.cipher = SSL_get_cipher_name(server.get());
  const unsigned char* protocol = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(server.get(), &protocol, &size);
  if (size > 0) out.protocol.assign(reinterpret_cast<const char*>(protocol), size);
  out.tickets = tickets;
  if (X509* shown = SSL_get0_peer_certificate(server.get()); shown != nullptr) {
    out.client_names = CertificateNames(shown);
  }
  TakeOpenSslCause();
  return out;
}

class TlsContext : public testing::Test {
 protected:
  TlsContext() {
    const IssuedCertificate issued = authority_.IssueForServer();
    material_.certificate_chain = issued.certificate + authority_.root();
    material_.private_key = issued.key;
  }

  std::shared_ptr<SSL_CTX> Context(const std::vector<std::string>& protocols = {}) {
    auto context = MakeTlsContext(material_, protocols);
    EXPECT_OK(context);
    return context.ok() ? *context : nullptr;
  }

  const CertificateAuthority authority_{"authority"};
  TlsMaterial material_;
};

TEST_F(TlsContext, TwoVersions_AreSpoken_AndNoneBefore) {
  const auto context = Context();
  TlsClientOptions client;
  EXPECT_EQ(Shake(context.get(), client).version, "TLSv1.3");
  client.version_max = TLS1_2_VERSION;
  const Handshake older = Shake(context.get(), client);
  EXPECT_TRUE(older.done);
  EXPECT_EQ(older.version, "TLSv1.2");
  EXPECT_THAT(older.cipher, testing::MatchesRegex("ECDHE-.*(GCM|CHACHA20).*"));
  client.version_min = TLS1_VERSION;
  client.version_max = TLS1_1_VERSION;
  EXPECT_FALSE(Shake(context.get(), client).done);
}

TEST_F(TlsContext, NoSession_IsHandedOut) {
  TlsClientOptions client;
  EXPECT_EQ(Shake(Context().get(), client).tickets, 0);
  client.version_max = TLS1_2_VERSION;
  EXPECT_TRUE(Shake(Context().get(), client).done);
}

TEST_F(TlsContext, AProtocol_IsAgreedOn) {
  auto context = Context({"http/1.1"});
  // Callbacks outlive the caller's hold on the context.
  const SslPtr holds(SSL_new(context.get()));
  SSL_CTX* const held = context.get();
  context.reset();
  TlsClientOptions client;
  EXPECT_TRUE(Shake(held, client).done) << "none is offered";
  client.protocols = "\x02h2\x08http/1.1";
  const Handshake both = Shake(held, client);
  EXPECT_TRUE(both.done);
  EXPECT_EQ(both.protocol, "http/1.1");
  client.protocols = "\x02h2";
  EXPECT_FALSE(Shake(held, client).done);
}

TEST_F(TlsContext, ClientCertificates_AreVerified) {
  const CertificateAuthority stranger("stranger");
  CertificateText text;
  text.common_name = "crm";
  const IssuedCertificate known = authority_.Issue(text);
  const IssuedCertificate unknown = stranger.Issue(text);
  text.days = -1;
  const IssuedCertificate expired = authority_.Issue(text);
  TlsClientOptions none;
  TlsClientOptions good;
  good.certificate = &known;
  TlsClientOptions bad;
  bad.certificate = &unknown;
  TlsClientOptions old;
  old.certificate = &expired;

  EXPECT_TRUE(Shake(Context().get(), bad).done) << "none is asked for";
  material_.client_ca = authority_.root();
  const auto optional = Context();
  EXPECT_TRUE(Shake(optional.get(), none).done);
  EXPECT_THAT(Shake(optional.get(), good).client_names, testing::ElementsAre("crm"));
  EXPECT_FALSE(Shake(optional.get(), bad).done);
  EXPECT_FALSE(Shake(optional.get(), old).done);
  material_.require_client_certificate = true;
  const auto required = Context();
  EXPECT_FALSE(Shake(required.get(), none).done);
  EXPECT_TRUE(Shake(required.get(), good).done);
  EXPECT_FALSE(Shake(required.get(), bad).done);
}

TEST_F(TlsContext, MaterialThatDoesNotFit_IsRefused) {
  material_.private_key = authority_.IssueForServer().key;
  EXPECT_EQ(MakeTlsContext(material_, {}).status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace tiermark
