// PEM as certificates, and one input of 64 as a private key: what is taken can be read again from
// what OpenSSL makes of it.
#include "service/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <functional>

#include "service/tls.h"
#include "tests/fuzz/fuzz.h"

namespace tiermark {
namespace {

using BioPtr = std::unique_ptr<BIO, Freer<BIO_free>>;

std::string TextIn(const BioPtr& bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

void FeedCertificates(const std::string& pem) {
  const auto certificates = ParseCertificates("p", pem);
  MUST(ERR_peek_error() == 0);
  if (!certificates.ok()) {
    MUST(absl::IsFailedPrecondition(certificates.status()));
    return;
  }
  MUST(!certificates->empty());
  for (const X509Ptr& certificate : *certificates) {
    for (const std::string& name : CertificateNames(certificate.get())) {
      MUST(name.find('\0') == std::string::npos);
    }
    const BioPtr bio(BIO_new(BIO_s_mem()));
    MUST(PEM_write_bio_X509(bio.get(), certificate.get()) == 1);
    MUST(ParseCertificates("p", TextIn(bio))->size() == 1);
  }
}

std::string TextOf(const KeyPtr& key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  MUST(PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return TextIn(bio);
}

void FeedKey(const std::string& pem) {
  const auto key = ParsePrivateKey("p", pem);
  ERR_clear_error();
  if (key.ok()) {
    MUST(ParsePrivateKey("p", TextOf(*key)).ok());
  } else {
    MUST(absl::IsFailedPrecondition(key.status()));
  }
}

void Feed(absl::string_view input) {
  const std::string pem(input);
  FeedCertificates(pem);
  // OpenSSL takes half a millisecond to find out that something is no key.
  constexpr size_t kOneOf = 64;
  if (std::hash<std::string>()(pem) % kOneOf == 0) FeedKey(pem);
}

// It says CN=a, DNS:a.example and URI:u:a, and is signed by itself.
constexpr char kCertificate[] = R"(-----BEGIN CERTIFICATE-----
MIIBAjCBtaADAgECAgEBMAUGAytlcDAMMQowCAYDVQQDDAFhMB4XDTI2MTEyODA5
NTI0N1oXDTI2MTEyOTA5NTI0N1owDDEKMAgGA1UEAwwBYTAqMAUGAytlcAMhAHc7
feWENNQ67iKF6upP/k9YndgWQZjsNcLEoEdTk8ljozwwOjAZBgNVHREEEjAQgglh
LmV4YW1wbGWGA3U6YTAdBgNVHQ4EFgQUq8arw9h19iOF7/xtJsjFpagaAXkwBQYD
K2VwA0EAH2YZH/7foSrLYp0Vkk2JUJO8HmKTYtDso8ngxRxISHYx4EAo5u8J172W
MNAN+Sq5qQocGBi0S2ftPXHT7qzBAw==
-----END CERTIFICATE-----
)";

std::vector<std::string> Seeds() {
  const std::string key = TextOf(KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")));
  return {kCertificate, key};
}

std::vector<std::string> Words() {
  return {"-----BEGIN CERTIFICATE-----\\x0a", "-----END CERTIFICATE-----\\x0a",
          "-----BEGIN PRIVATE KEY-----\\x0a", "-----END PRIVATE KEY-----\\x0a",
          "Proc-Type: 4,ENCRYPTED\\x0a"};
}

}  // namespace

const Fuzzer kFuzzer = {Feed, 448, Seeds, Words};

}  // namespace tiermark
