#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/pem.h"
#include "service/tls.h"

namespace tiermark {
namespace {

// TLS 1.2's; those of 1.3 are all good.
constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

using ContextPtr = std::unique_ptr<SSL_CTX, Freer<SSL_CTX_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freer<GENERAL_NAMES_free>>;

// The protocols that a context agrees on, as they go over the wire. They live as long as it does.
int ProtocolsIndex() {
  static const int kIndex = SSL_CTX_get_ex_new_index(
      0, nullptr, nullptr, nullptr, [](void*, void* protocols, CRYPTO_EX_DATA*, int, long, void*) {
        delete static_cast<std::string*>(protocols);
      });
  return kIndex;
}

int SelectProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* offered, unsigned int offered_size, void* protocols) {
  const auto& known = *static_cast<const std::string*>(protocols);
  unsigned char* selected = nullptr;
  const int outcome = SSL_select_next_proto(
      &selected, out_size, reinterpret_cast<const unsigned char*>(known.data()),
      static_cast<unsigned int>(known.size()), offered, offered_size);
  *out = selected;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

absl::Status UseCertificates(const TlsMaterial& material, SSL_CTX* context) {
  auto chain = ParseCertificates("the certificate", material.certificate_chain);
  if (!chain.ok()) return chain.status();
  auto key = ParsePrivateKey("the key", material.private_key);
  if (!key.ok()) return key.status();
  bool used = SSL_CTX_use_certificate(context, chain->front().get()) == 1 &&
              SSL_CTX_use_PrivateKey(context, key->get()) == 1;
  for (size_t i = 1; used && i < chain->size(); ++i) {
    used = SSL_CTX_add1_chain_cert(context, (*chain)[i].get()) == 1;
  }
  if (!used) {
    return absl::FailedPreconditionError(
        absl::StrCat("the certificate cannot be used: ", TakeOpenSslCause()));
  }
  return absl::OkStatus();
}

absl::Status VerifyClients(const TlsMaterial& material, SSL_CTX* context) {
  if (material.client_ca.empty()) return absl::OkStatus();
  auto roots = ParseCertificates("the roots of clients", material.client_ca);
  if (!roots.ok()) return roots.status();
  for (const X509Ptr& root : *roots) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root.get()) != 1 ||
        SSL_CTX_add_client_CA(context, root.get()) != 1) {
      return absl::FailedPreconditionError(
          absl::StrCat("a root of clients cannot be used: ", TakeOpenSslCause()));
    }
  }
  int mode = SSL_VERIFY_PEER;
  if (material.require_client_certificate) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_verify(context, mode, nullptr);
  return absl::OkStatus();
}

void AddName(const ASN1_STRING* string, std::vector<std::string>* names) {
  const auto* const bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(string));
  std::string name(bytes, static_cast<size_t>(ASN1_STRING_length(string)));
  if (!name.empty() && name.find('\0') == std::string::npos) names->push_back(std::move(name));
}

std::string CommonNameOf(X509* certificate) {
  X509_NAME* const subject = X509_get_subject_name(certificate);
  const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (index < 0) return "";
  unsigned char* bytes = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&bytes, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
  if (size < 0) return "";
  std::string name(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return name.find('\0') == std::string::npos ? name : "";
}

}  // namespace

absl::StatusOr<std::shared_ptr<SSL_CTX>> MakeTlsContext(const TlsMaterial& material,
                                                        const std::vector<std::string>& protocols) {
  ERR_clear_error();
  ContextPtr context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), kCiphers) != 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("TLS cannot be set up: ", TakeOpenSslCause()));
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                         SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  // A connection on which nothing happens keeps no buffers.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  if (absl::Status used = UseCertificates(material, context.get()); !used.ok()) return used;
  if (absl::Status verify = VerifyClients(material, context.get()); !verify.ok()) return verify;
  if (!protocols.empty()) {
    auto wire = std::make_unique<std::string>();
    for (const std::string& protocol : protocols) {
      wire->push_back(static_cast<char>(protocol.size()));
      wire->append(protocol);
    }
    SSL_CTX_set_alpn_select_cb(context.get(), SelectProtocol, wire.get());
    SSL_CTX_set_ex_data(context.get(), ProtocolsIndex(), wire.release());
  }
  return std::shared_ptr<SSL_CTX>(std::move(context));
}

std::vector<std::string> CertificateNames(X509* certificate) {
  std::vector<std::string> names;
  int outcome = 0;
  const NamesPtr alternatives(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &outcome, nullptr)));
  ERR_clear_error();
  if (alternatives == nullptr) {
    // -1: there are none, rather than some that cannot be read.
    if (std::string name = outcome == -1 ? CommonNameOf(certificate) : ""; !name.empty()) {
      names.push_back(std::move(name));
    }
    return names;
  }
  for (const int type : {GEN_DNS, GEN_URI}) {
    for (int i = 0; i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
      const GENERAL_NAME* const name = sk_GENERAL_NAME_value(alternatives.get(), i);
      if (name->type == type) AddName(name->d.ia5, &names);
    }
  }
  return names;
}

}  // namespace tiermark
