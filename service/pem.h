// Certificates and keys out of PEM, by OpenSSL.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tiermark {

template <auto kFree>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Freer<X509_free>>;

// FAILED_PRECONDITION with "PATH: WHAT"; forgets what OpenSSL noted.
absl::Status FileFault(absl::string_view path, absl::string_view what);

// The reason that OpenSSL noted last, without its numbers; forgets it.
std::string TakeOpenSslCause();

// One or more. `path` is what errors call the text.
// FAILED_PRECONDITION: there is none, or one is damaged; says which.
absl::StatusOr<std::vector<X509Ptr>> ParseCertificates(absl::string_view path,
                                                       const std::string& pem);

// FAILED_PRECONDITION: there is none, it is damaged or it is encrypted. Says nothing of its
// content.
absl::StatusOr<KeyPtr> ParsePrivateKey(absl::string_view path, const std::string& pem);

}  // namespace tiermark
