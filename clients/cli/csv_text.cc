#include "clients/cli/csv_text.h"

#include <fcntl.h>
#include <iconv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tiermark::cli {
namespace {

constexpr size_t kChunkBytes = 64 << 10;
constexpr char kUtf8Mark[] = "\xef\xbb\xbf";

class DecodedText final : public ByteSource {
 public:
  DecodedText(ByteSource* bytes, iconv_t decoder, size_t unit, std::string begun)
      : bytes_(bytes), decoder_(decoder), unit_(unit), input_(std::move(begun)) {}
  ~DecodedText() override { iconv_close(decoder_); }
  DecodedText(const DecodedText&) = delete;
  DecodedText& operator=(const DecodedText&) = delete;

  absl::StatusOr<size_t> Read(char* to, size_t size) override {
    for (;;) {
      const size_t written = Decode(to, size);
      if (written > 0) return written;
      if (at_end_) return size_t{0};
      if (absl::Status more = ReadMore(); !more.ok()) return more;
    }
  }

 private:
  // Decodes what is there, as far as it is whole characters and fits.
  size_t Decode(char* to, size_t size) {
    char* from = input_.data();
    size_t from_left = input_.size();
    char* const begin = to;
    size_t left = size;
    while (from_left > 0) {
      if (iconv(decoder_, &from, &from_left, &to, &left) != static_cast<size_t>(-1)) continue;
      const bool cut_off = errno == EINVAL && at_end_;
      if (errno != EILSEQ && !cut_off) break;
      if (left == 0) break;
      *to++ = kBadByte;
      --left;
      const size_t skipped = cut_off ? from_left : std::min(unit_, from_left);
      from += skipped;
      from_left -= skipped;
    }
    input_.erase(0, input_.size() - from_left);
    // Some decoders hold a letter back, as a mark upon it may follow.
    if (at_end_ && from_left == 0) iconv(decoder_, nullptr, nullptr, &to, &left);
    return static_cast<size_t>(to - begin);
  }

  absl::Status ReadMore() {
    const size_t kept = input_.size();
    input_.resize(kept + kChunkBytes);
    const auto got = bytes_->Read(input_.data() + kept, kChunkBytes);
    input_.resize(kept + (got.ok() ? *got : 0));
    if (!got.ok()) return got.status();
    at_end_ = *got == 0;
    return absl::OkStatus();
  }

  ByteSource* const bytes_;
  iconv_t decoder_;
  const size_t unit_;  // Bytes to skip for a character that is none.
  std::string input_;
  bool at_end_ = false;
};

// The name as people write it: "UTF-16LE" is "utf16le".
std::string Plain(absl::string_view encoding) {
  std::string plain;
  for (const char c : encoding) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c))) plain += absl::ascii_tolower(c);
  }
  return plain;
}

size_t UnitOf(absl::string_view plain) {
  if (absl::StartsWith(plain, "utf16") || absl::StartsWith(plain, "ucs2")) return 2;
  if (absl::StartsWith(plain, "utf32") || absl::StartsWith(plain, "ucs4")) return 4;
  return 1;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileSource>> FileSource::Open(const std::string& path) {
  const int descriptor = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " cannot be opened: ", std::strerror(errno)));
  }
  struct stat about {};
  if (fstat(descriptor, &about) == 0 && S_ISDIR(about.st_mode)) {
    if (path != "-") close(descriptor);
    return absl::InvalidArgumentError(absl::StrCat(path, " is a folder"));
  }
  return std::unique_ptr<FileSource>(
      new FileSource(descriptor, S_ISREG(about.st_mode) ? about.st_size : 0));
}

FileSource::FileSource(int descriptor, int64_t bytes_total)
    : descriptor_(descriptor), bytes_total_(bytes_total) {}

FileSource::~FileSource() {
  if (descriptor_ != STDIN_FILENO) close(descriptor_);
}

absl::StatusOr<size_t> FileSource::Read(char* to, size_t size) {
  for (;;) {
    const ssize_t got = read(descriptor_, to, size);
    if (got >= 0) {
      bytes_read_ += got;
      return static_cast<size_t>(got);
    }
    if (errno != EINTR) {
      return absl::InvalidArgumentError(
          absl::StrCat("the file cannot be read: ", std::strerror(errno)));
    }
  }
}

absl::StatusOr<std::unique_ptr<ByteSource>> DecodeText(ByteSource* bytes,
                                                       const std::string& encoding) {
  std::string begun;
  while (begun.size() < 4) {
    char more[64];
    const auto got = bytes->Read(more, sizeof(more));
    if (!got.ok()) return got.status();
    if (*got == 0) break;
    begun.append(more, *got);
  }
  std::string marked;
  size_t mark_bytes = 0;
  if (absl::StartsWith(begun, kUtf8Mark)) {
    marked = "UTF-8";
    mark_bytes = 3;
  } else if (absl::StartsWith(begun, absl::string_view("\xff\xfe\0\0", 4)) ||
             absl::StartsWith(begun, absl::string_view("\0\0\xfe\xff", 4))) {
    marked = begun[0] == '\xff' ? "UTF-32LE" : "UTF-32BE";
    mark_bytes = 4;
  } else if (absl::StartsWith(begun, "\xff\xfe") || absl::StartsWith(begun, "\xfe\xff")) {
    marked = begun[0] == '\xff' ? "UTF-16LE" : "UTF-16BE";
    mark_bytes = 2;
  }
  std::string name = encoding;
  if (name.empty()) name = marked.empty() ? "UTF-8" : marked;
  if (!marked.empty() && Plain(marked) != Plain(name)) {
    // "UTF-16" leaves it to the mark.
    if (!absl::StartsWith(Plain(marked), Plain(name))) {
      return absl::InvalidArgumentError(
          absl::StrCat("the file begins with the byte order mark of ", marked, ", not ", name));
    }
    name = marked;
  }
  begun.erase(0, mark_bytes);
  iconv_t decoder = iconv_open("UTF-8", name.c_str());
  if (decoder == reinterpret_cast<iconv_t>(-1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no encoding \"", name, "\" here; `iconv -l` lists those there are"));
  }
  return std::make_unique<DecodedText>(bytes, decoder, UnitOf(Plain(name)), std::move(begun));
}

}  // namespace tiermark::cli
