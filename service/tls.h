// TLS for every front end: certificates from files, taken anew when the files change.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/mutex.h"

namespace tiermark {

// Each file is PEM of at most 1 MiB.
struct TlsOptions {
  // The server's certificate, then those of its issuers, the root left out.
  std::string certificate_file;
  // The private key of the server's certificate, not encrypted. It may be the same file.
  std::string key_file;
  // The roots that client certificates must lead to. Empty: clients are asked for none.
  std::string client_ca_file;
  // Refuses clients without a certificate; otherwise they may go without. Needs `client_ca_file`.
  bool require_client_certificate = false;
  // How often the files are looked at. Zero: only when Check is called.
  absl::Duration check_interval = absl::Seconds(1);
};

// What the files held at one time: valid, and belonging together.
struct TlsMaterial {
  std::string certificate_chain;
  std::string private_key;
  // Empty: clients are asked for no certificate.
  std::string client_ca;
  bool require_client_certificate = false;
  // Until when the server's certificate is valid.
  absl::Time expires;
  // 1 at first; grows by one with each change.
  int64_t version = 0;
};

// Reads the files, and reads them again when they change. A set that is not valid as a whole, such
// as half of a new pair, is logged and left; what was there before stays in use. Thread-safe.
class TlsFiles {
 public:
  // INVALID_ARGUMENT: the options contradict each other.
  // FAILED_PRECONDITION: a file cannot be read, or does not hold what it should; says which, what
  // is wrong and what to do.
  static absl::StatusOr<std::unique_ptr<TlsFiles>> Load(TlsOptions options);
  ~TlsFiles();
  TlsFiles(const TlsFiles&) = delete;
  TlsFiles& operator=(const TlsFiles&) = delete;

  // Never null.
  std::shared_ptr<const TlsMaterial> current() const;

  // Looks at the files now. Whether new material was taken.
  bool Check();

 private:
  // What tells a changed file without reading it.
  struct Stamp {
    bool operator==(const Stamp&) const = default;
    uint64_t device = 0;
    uint64_t inode = 0;
    int64_t bytes = 0;
    int64_t modified_ns = 0;
    int64_t changed_ns = 0;
  };

  explicit TlsFiles(TlsOptions options) : options_(std::move(options)) {}
  static Stamp StampOf(const std::string& path);
  std::vector<Stamp> Stamps() const;
  void Watch();

  const TlsOptions options_;

  // One look at a time.
  Mutex check_mutex_;
  // As they were before the current material was read.
  std::vector<Stamp> taken_ ABSL_GUARDED_BY(check_mutex_);
  // The last that was refused, and why, so that it is said once.
  std::vector<Stamp> refused_ ABSL_GUARDED_BY(check_mutex_);
  std::string fault_ ABSL_GUARDED_BY(check_mutex_);

  mutable Mutex mutex_;
  std::shared_ptr<const TlsMaterial> current_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  CondVar stop_;
  std::thread watcher_;
};

// A context for servers: TLS 1.2 and up, forward secrecy, authenticated encryption, no session kept
// or resumed, so that a client's certificate is verified by each handshake. Of `protocols` (ALPN,
// the preferred first, such as "http/1.1") one is agreed on; a client that offers only others is
// refused; one that offers none is served. Connections hold on to the context that they began with.
// FAILED_PRECONDITION: OpenSSL refuses the material, such as a key too short; says why.
absl::StatusOr<std::shared_ptr<SSL_CTX>> MakeTlsContext(const TlsMaterial& material,
                                                        const std::vector<std::string>& protocols);

// Who the certificate speaks for: its DNS names, then its URIs; the common name if it has no
// alternative names of any kind. Names with a NUL byte are left out.
std::vector<std::string> CertificateNames(X509* certificate);

}  // namespace tiermark
