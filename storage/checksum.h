// CRC32C over the columns of a stored row, so that a flipped bit anywhere in it is noticed.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace tiermark {

// Collects values in a fixed order; text counts with its length, so that neighbours cannot trade
// bytes. A value; not thread-safe.
class Checksum {
 public:
  Checksum& Add(int64_t value);
  Checksum& Add(absl::string_view bytes);

  uint32_t value() const { return ~crc_; }

 private:
  uint32_t crc_ = ~uint32_t{0};
};

}  // namespace tiermark
