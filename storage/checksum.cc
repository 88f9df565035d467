#include "storage/checksum.h"

#include <isa-l/crc.h>

namespace tiermark {
namespace {

uint32_t Extend(uint32_t crc, const void* data, size_t size) {
  // The library does not write to its argument, though it is not const.
  return crc32_iscsi(static_cast<unsigned char*>(const_cast<void*>(data)), static_cast<int>(size),
                     crc);
}

}  // namespace

Checksum& Checksum::Add(int64_t value) {
  // Little-endian on every machine, so that files can be moved between them.
  unsigned char bytes[8];
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<unsigned char>(static_cast<uint64_t>(value) >> (8 * i));
  }
  crc_ = Extend(crc_, bytes, sizeof(bytes));
  return *this;
}

Checksum& Checksum::Add(absl::string_view bytes) {
  Add(static_cast<int64_t>(bytes.size()));
  crc_ = Extend(crc_, bytes.data(), bytes.size());
  return *this;
}

}  // namespace tiermark
