#include "service/http/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <utility>

#include "google/protobuf/stubs/logging.h"
#include "scoring/error.h"
#include "service/http/limits.h"

namespace tiermark {
namespace {

// 15 bits of window, and 16 for gzip's frame and nothing else.
constexpr int kGzipWindow = 15 + 16;
constexpr int kMemoryLevel = 8;
constexpr size_t kBlockBytes = 64 << 10;

absl::Status Malformed() {
  return ReasonedError(absl::StatusCode::kInvalidArgument, "MALFORMED_GZIP",
                       "the body is said to be gzip and is not, or not whole");
}

// Makes room as a string does, but never for more than `size_max`: a string would make twice of it.
void GrowTo(size_t size, size_t size_max, std::string* text) {
  if (size > text->capacity()) {
    std::string larger;
    larger.reserve(std::min(std::max(size, 2 * text->capacity()), size_max));
    larger.append(*text);
    *text = std::move(larger);
  }
  text->resize(size);
}

class Inflater {
 public:
  Inflater() { GOOGLE_CHECK_EQ(inflateInit2(&stream_, kGzipWindow), Z_OK) << "zlib has no memory"; }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream& stream() { return stream_; }

 private:
  z_stream stream_ = {};
};

}  // namespace

absl::StatusOr<std::string> Gunzip(absl::string_view bytes, size_t bytes_max) {
  Inflater inflater;
  z_stream& stream = inflater.stream();
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  size_t size = 0;
  while (true) {
    if (size > bytes_max) return RequestTooLarge(bytes_max);
    GrowTo(std::min(size + kBlockBytes, bytes_max + 1), bytes_max + 1, &text);
    stream.next_out = reinterpret_cast<Bytef*>(&text[size]);
    stream.avail_out = static_cast<uInt>(text.size() - size);
    const int result = inflate(&stream, Z_NO_FLUSH);
    size = text.size() - stream.avail_out;
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0) break;
      // Another member follows.
      if (inflateReset(&stream) != Z_OK) return Malformed();
    } else if (result != Z_OK) {
      return Malformed();
    }
  }
  if (size > bytes_max) return RequestTooLarge(bytes_max);
  text.resize(size);
  return text;
}

std::string Gzip(absl::string_view text) {
  z_stream stream = {};
  const int begun = deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                                 Z_DEFAULT_STRATEGY);
  GOOGLE_CHECK_EQ(begun, Z_OK) << "zlib has no memory";
  std::string bytes(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  const int result = deflate(&stream, Z_FINISH);
  GOOGLE_CHECK_EQ(result, Z_STREAM_END) << "gzip grew beyond its bound";
  bytes.resize(stream.total_out);
  deflateEnd(&stream);
  return bytes;
}

}  // namespace tiermark
