#include "service/sha256.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "google/protobuf/stubs/logging.h"

namespace tiermark {

std::string Sha256(absl::string_view bytes) {
  // Looking the algorithm up, as SHA256() does each time, takes longer than hashing a request.
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  const int hashed =
      EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                 nullptr, algorithm, nullptr);
  GOOGLE_CHECK_EQ(hashed, 1) << "SHA-256 is not to be had";
  return digest;
}

}  // namespace tiermark
