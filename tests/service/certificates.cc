#include "tests/service/certificates.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdlib>
#include <fstream>

#include "gtest/gtest.h"

namespace tiermark {
namespace {

constexpr long kDaySeconds = 24 * 60 * 60;

// Tests cannot go on when OpenSSL fails at its own business.
void Need(bool done) {
  if (done) return;
  ADD_FAILURE() << TakeOpenSslCause();
  std::abort();
}

template <typename Write>
std::string ToPem(Write write) {
  const std::unique_ptr<BIO, Freer<BIO_free>> bio(BIO_new(BIO_s_mem()));
  Need(write(bio.get()) == 1);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return std::string(bytes, static_cast<size_t>(size));
}

std::string CertificatePem(X509* certificate) {
  return ToPem([certificate](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

void AddNames(int type, const std::vector<std::string>& texts, GENERAL_NAMES* names) {
  for (const std::string& text : texts) {
    ASN1_IA5STRING* const string = ASN1_IA5STRING_new();
    Need(ASN1_STRING_set(string, text.data(), static_cast<int>(text.size())) == 1);
    GENERAL_NAME* const name = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(name, type, string);
    sk_GENERAL_NAME_push(names, name);
  }
}

X509Ptr NewCertificate(const std::string& common_name, int days, EVP_PKEY* key) {
  static std::atomic<long> next_serial = 1;
  X509Ptr certificate(X509_new());
  Need(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), next_serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), (days < 0 ? 2 * days : -1) * kDaySeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), days * kDaySeconds);
  Need(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>(common_name.data()),
                                  static_cast<int>(common_name.size()), -1, 0) == 1);
  Need(X509_set_pubkey(certificate.get(), key) == 1);
  return certificate;
}

}  // namespace

CertificateAuthority::CertificateAuthority(const std::string& name)
    : key_(EVP_EC_gen("P-256")), root_(NewCertificate(name, 2, key_.get())) {
  Need(X509_set_issuer_name(root_.get(), X509_get_subject_name(root_.get())) == 1);
  BASIC_CONSTRAINTS* const constraints = BASIC_CONSTRAINTS_new();
  constraints->ca = 1;
  Need(X509_add1_ext_i2d(root_.get(), NID_basic_constraints, constraints, 1, 0) == 1);
  BASIC_CONSTRAINTS_free(constraints);
  Need(X509_sign(root_.get(), key_.get(), EVP_sha256()) > 0);
  root_pem_ = CertificatePem(root_.get());
}

IssuedCertificate CertificateAuthority::Issue(const CertificateText& text) const {
  const KeyPtr key(text.rsa_bits == 0 ? EVP_EC_gen("P-256")
                                      : EVP_RSA_gen(static_cast<size_t>(text.rsa_bits)));
  const X509Ptr certificate = NewCertificate(text.common_name, text.days, key.get());
  Need(X509_set_issuer_name(certificate.get(), X509_get_subject_name(root_.get())) == 1);
  const std::unique_ptr<GENERAL_NAMES, Freer<GENERAL_NAMES_free>> names(sk_GENERAL_NAME_new_null());
  AddNames(GEN_EMAIL, text.emails, names.get());
  AddNames(GEN_URI, text.uris, names.get());
  AddNames(GEN_DNS, text.dns_names, names.get());
  if (sk_GENERAL_NAME_num(names.get()) > 0) {
    Need(X509_add1_ext_i2d(certificate.get(), NID_subject_alt_name, names.get(), 0, 0) == 1);
  }
  Need(X509_sign(certificate.get(), key_.get(), EVP_sha256()) > 0);
  IssuedCertificate issued;
  issued.certificate = CertificatePem(certificate.get());
  issued.key = ToPem([&key](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return issued;
}

IssuedCertificate CertificateAuthority::IssueForServer() const {
  CertificateText text;
  text.common_name = "server";
  text.dns_names = {"localhost"};
  return Issue(text);
}

std::string Encrypted(const std::string& key) {
  const auto parsed = ParsePrivateKey("key", key);
  Need(parsed.ok());
  return ToPem([&parsed](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, parsed->get(), EVP_aes_256_cbc(), "secret", 6,
                                         nullptr, nullptr);
  });
}

X509Ptr ParseCertificate(const std::string& pem) {
  auto parsed = ParseCertificates("certificate", pem);
  Need(parsed.ok());
  return std::move(parsed->front());
}

void WriteText(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  ASSERT_TRUE(file.good()) << path;
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0) << path;
}

}  // namespace tiermark
