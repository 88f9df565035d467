// CRC32C over the columns of a stored row, so that a flipped bit anywhere in it is noticed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace tiermark {

// Collects values in a fixed order; text counts with its length, so that neighbours cannot trade
// bytes. A value; not thread-safe.
class Checksum {
 public:
  Checksum& Add(int64_t value);
  Checksum& Add(absl::string_view bytes);

  uint32_t value() const;

 private:
  void Append(const void* data, size_t size);

  uint32_t crc_ = ~uint32_t{0};
  // What was added and is not in `crc_` yet: a row has many short columns, and each call of the
  // library costs as much as a hundred bytes.
  std::array<unsigned char, 192> pending_;
  size_t pending_size_ = 0;
};

}  // namespace tiermark
