// The text of a file in whatever encoding it is, as UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tiermark::cli {

// Stands in decoded text for each byte that is none of the encoding. No UTF-8 has it.
inline constexpr char kBadByte = '\xff';

// Where bytes come from. Not thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Reads up to `size` bytes, at least 64 of them being asked for; 0 at the end.
  virtual absl::StatusOr<size_t> Read(char* to, size_t size) = 0;
};

// A file or pipe, which it closes unless it is standard input.
class FileSource final : public ByteSource {
 public:
  // "-" is standard input.
  static absl::StatusOr<std::unique_ptr<FileSource>> Open(const std::string& path);
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  absl::StatusOr<size_t> Read(char* to, size_t size) override;

  int64_t bytes_read() const { return bytes_read_; }
  // 0 where nobody knows, as of a pipe.
  int64_t bytes_total() const { return bytes_total_; }

 private:
  FileSource(int descriptor, int64_t bytes_total);

  const int descriptor_;
  const int64_t bytes_total_;
  int64_t bytes_read_ = 0;
};

// `bytes`, which must outlive the result, as UTF-8 without a byte order mark. `encoding` is a name
// that iconv knows; empty: as a byte order mark says, or else UTF-8.
// INVALID_ARGUMENT: there is no such encoding, or the mark is that of another one.
absl::StatusOr<std::unique_ptr<ByteSource>> DecodeText(ByteSource* bytes,
                                                       const std::string& encoding);

}  // namespace tiermark::cli
