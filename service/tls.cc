#include "service/tls.h"

#include <fcntl.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/log.h"
#include "service/pem.h"

namespace tiermark {
namespace {

constexpr int64_t kFileBytesMax = 1 << 20;

struct FileText {
  std::string text;
  mode_t mode = 0;
};

absl::StatusOr<FileText> ReadTextFile(const std::string& path) {
  // Opening a pipe must not wait for its other end.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return FileFault(path, absl::StrCat("cannot be opened: ", std::strerror(errno),
                                        "; the server's user must be able to read it"));
  }
  FileText file;
  struct stat about = {};
  absl::Status status;
  if (::fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
    status = FileFault(path, "is not a regular file");
  } else if (about.st_size > kFileBytesMax) {
    status = FileFault(path, "is longer than 1 MiB, and so no certificate or key");
  } else {
    file.mode = about.st_mode;
    file.text.resize(static_cast<size_t>(about.st_size));
    size_t got = 0;
    while (status.ok() && got < file.text.size()) {
      const ssize_t n = ::read(fd, &file.text[got], file.text.size() - got);
      if (n > 0) {
        got += static_cast<size_t>(n);
      } else if (n == 0) {
        file.text.resize(got);
      } else if (errno != EINTR) {
        status = FileFault(path, absl::StrCat("cannot be read: ", std::strerror(errno)));
      }
    }
  }
  ::close(fd);
  if (!status.ok()) return status;
  return file;
}

absl::Time ExpiryOf(X509* certificate) {
  struct tm parts = {};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

// Things that work but should not be so.
void Warn(const TlsOptions& options, mode_t key_mode, X509* certificate) {
  if ((key_mode & S_IROTH) != 0) {
    Log(LogLevel::kWarning, "every user of this machine can read the TLS key; chmod o-r",
        {{"file", options.key_file}});
  }
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) {
    Log(LogLevel::kWarning, "the TLS certificate has expired, clients will refuse it; renew it",
        {{"file", options.certificate_file}});
  } else if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
    Log(LogLevel::kWarning, "the TLS certificate is not valid yet; look at this machine's clock",
        {{"file", options.certificate_file}});
  }
}

absl::StatusOr<std::shared_ptr<TlsMaterial>> ReadMaterial(const TlsOptions& options) {
  auto chain = ReadTextFile(options.certificate_file);
  if (!chain.ok()) return chain.status();
  auto key = ReadTextFile(options.key_file);
  if (!key.ok()) return key.status();
  FileText client_ca;
  if (!options.client_ca_file.empty()) {
    auto read = ReadTextFile(options.client_ca_file);
    if (!read.ok()) return read.status();
    auto roots = ParseCertificates(options.client_ca_file, read->text);
    if (!roots.ok()) return roots.status();
    client_ca = *std::move(read);
  }
  auto certificates = ParseCertificates(options.certificate_file, chain->text);
  if (!certificates.ok()) return certificates.status();
  auto private_key = ParsePrivateKey(options.key_file, key->text);
  if (!private_key.ok()) return private_key.status();
  X509* const leaf = certificates->front().get();
  if (X509_check_private_key(leaf, private_key->get()) != 1) {
    return FileFault(options.key_file,
                     absl::StrCat("the key is not that of the first certificate in ",
                                  options.certificate_file, "; put the two that belong together"));
  }

  auto material = std::make_shared<TlsMaterial>();
  material->certificate_chain = std::move(chain->text);
  material->private_key = std::move(key->text);
  material->client_ca = std::move(client_ca.text);
  material->require_client_certificate = options.require_client_certificate;
  material->expires = ExpiryOf(leaf);
  if (auto context = MakeTlsContext(*material, {}); !context.ok()) {
    return FileFault(options.certificate_file, context.status().message());
  }
  Warn(options, key->mode, leaf);
  return material;
}

bool SameContent(const TlsMaterial& a, const TlsMaterial& b) {
  return a.certificate_chain == b.certificate_chain && a.private_key == b.private_key &&
         a.client_ca == b.client_ca;
}

int64_t Nanoseconds(const struct timespec& time) {
  return absl::ToUnixNanos(absl::TimeFromTimespec(time));
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsFiles>> TlsFiles::Load(TlsOptions options) {
  if (options.certificate_file.empty() || options.key_file.empty()) {
    return absl::InvalidArgumentError("TLS needs a certificate file and a key file");
  }
  if (options.require_client_certificate && options.client_ca_file.empty()) {
    return absl::InvalidArgumentError(
        "requiring client certificates needs a file with the roots that they must lead to");
  }
  std::unique_ptr<TlsFiles> files(new TlsFiles(std::move(options)));
  {
    MutexLock lock(&files->check_mutex_);
    // Before the files are read: what is written meanwhile is a change.
    files->taken_ = files->Stamps();
    auto material = ReadMaterial(files->options_);
    if (!material.ok()) return material.status();
    (*material)->version = 1;
    MutexLock current_lock(&files->mutex_);
    files->current_ = *std::move(material);
  }
  if (files->options_.check_interval > absl::ZeroDuration()) {
    files->watcher_ = std::thread(&TlsFiles::Watch, files.get());
  }
  return files;
}

TlsFiles::~TlsFiles() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  stop_.SignalAll();
  if (watcher_.joinable()) watcher_.join();
}

std::shared_ptr<const TlsMaterial> TlsFiles::current() const {
  MutexLock lock(&mutex_);
  return current_;
}

bool TlsFiles::Check() {
  MutexLock check_lock(&check_mutex_);
  std::vector<Stamp> stamps = Stamps();
  if (stamps == taken_) return false;
  auto material = ReadMaterial(options_);
  if (!material.ok()) {
    std::string fault(material.status().message());
    if (stamps != refused_ || fault != fault_) {
      Log(LogLevel::kWarning, "changed TLS files are not valid, those read before stay in use",
          {{"cause", fault}});
    }
    refused_ = std::move(stamps);
    fault_ = std::move(fault);
    return false;
  }
  taken_ = std::move(stamps);
  refused_.clear();
  fault_.clear();
  {
    MutexLock lock(&mutex_);
    // Touched, or written anew as it was.
    if (SameContent(**material, *current_)) return false;
    (*material)->version = current_->version + 1;
    current_ = *material;
  }
  Log(LogLevel::kInfo, "changed TLS files are in use",
      {{"version", (*material)->version},
       {"expires",
        absl::FormatTime("%Y-%m-%d%ET%H:%M:%SZ", (*material)->expires, absl::UTCTimeZone())}});
  return true;
}

TlsFiles::Stamp TlsFiles::StampOf(const std::string& path) {
  struct stat about = {};
  Stamp stamp;
  if (::stat(path.c_str(), &about) != 0) return stamp;
  stamp.device = about.st_dev;
  stamp.inode = about.st_ino;
  stamp.bytes = about.st_size;
  stamp.modified_ns = Nanoseconds(about.st_mtim);
  stamp.changed_ns = Nanoseconds(about.st_ctim);
  return stamp;
}

std::vector<TlsFiles::Stamp> TlsFiles::Stamps() const {
  std::vector<Stamp> stamps = {StampOf(options_.certificate_file), StampOf(options_.key_file)};
  if (!options_.client_ca_file.empty()) stamps.push_back(StampOf(options_.client_ca_file));
  return stamps;
}

void TlsFiles::Watch() {
  const auto interval = absl::ToChronoMilliseconds(options_.check_interval);
  for (;;) {
    {
      MutexLock lock(&mutex_);
      const auto until = std::chrono::steady_clock::now() + interval;
      while (!stopping_ && std::chrono::steady_clock::now() < until)
        stop_.WaitUntil(&mutex_, until);
      if (stopping_) return;
    }
    Check();
  }
}

}  // namespace tiermark
