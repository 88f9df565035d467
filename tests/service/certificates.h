// Certificates for the tests of TLS, made on the spot.
#pragma once

#include <string>
#include <vector>

#include "service/pem.h"

namespace tiermark {

// What a certificate is to say.
struct CertificateText {
  std::string common_name;
  // They may hold any bytes.
  std::vector<std::string> dns_names;
  std::vector<std::string> uris;
  std::vector<std::string> emails;
  // From a day ago on, for so many days from now.
  int days = 1;
  // 0: a key on P-256; otherwise RSA's with so many bits.
  int rsa_bits = 0;
};

struct IssuedCertificate {
  std::string certificate;  // PEM.
  std::string key;          // PEM.
};

class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& name);

  IssuedCertificate Issue(const CertificateText& text) const;
  // For a server called localhost.
  IssuedCertificate IssueForServer() const;

  // PEM.
  const std::string& root() const { return root_pem_; }

 private:
  KeyPtr key_;
  X509Ptr root_;
  std::string root_pem_;
};

// PEM, encrypted with a passphrase.
std::string Encrypted(const std::string& key);

X509Ptr ParseCertificate(const std::string& pem);

// Writes the file anew under the same name, readable by its owner alone.
void WriteText(const std::string& path, const std::string& text);

}  // namespace tiermark
