#include "service/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "absl/strings/str_cat.h"

namespace tiermark {
namespace {

using BioPtr = std::unique_ptr<BIO, Freer<BIO_free>>;

// Notes that a passphrase was asked for, and gives none.
int RefusePassphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

}  // namespace

absl::Status FileFault(absl::string_view path, absl::string_view what) {
  ERR_clear_error();
  return absl::FailedPreconditionError(absl::StrCat(path, ": ", what));
}

std::string TakeOpenSslCause() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  std::string cause = reason == nullptr ? "no cause is given" : reason;
  ERR_clear_error();
  return cause;
}

absl::StatusOr<std::vector<X509Ptr>> ParseCertificates(absl::string_view path,
                                                       const std::string& pem) {
  std::vector<X509Ptr> certificates;
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  bool asked = false;
  ERR_clear_error();
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, RefusePassphrase, &asked)) {
    certificates.emplace_back(certificate);
  }
  const unsigned long end = ERR_peek_last_error();
  if (ERR_GET_LIB(end) != ERR_LIB_PEM || ERR_GET_REASON(end) != PEM_R_NO_START_LINE) {
    return FileFault(path, absl::StrCat("its certificate number ", certificates.size() + 1,
                                        " is damaged or cut short; write the file anew"));
  }
  ERR_clear_error();
  if (certificates.empty()) {
    return FileFault(path, "holds no certificate; it must have -----BEGIN CERTIFICATE----- (PEM)");
  }
  return certificates;
}

absl::StatusOr<KeyPtr> ParsePrivateKey(absl::string_view path, const std::string& pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  bool asked = false;
  ERR_clear_error();
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, RefusePassphrase, &asked));
  if (asked) {
    return FileFault(path,
                     "the key is encrypted, and nobody is there to give its passphrase; write it "
                     "unencrypted with 'openssl pkey', readable by the server's user alone");
  }
  if (key == nullptr) {
    return FileFault(
        path,
        "holds no private key that can be read; it must have -----BEGIN PRIVATE KEY----- (PEM)");
  }
  return key;
}

}  // namespace tiermark
