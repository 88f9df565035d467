#include "storage/checksum.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace tiermark {
namespace {

// CRC32C (Castagnoli) of bytes, bit by bit.
uint32_t SlowCrc32c(const std::string& bytes) {
  uint32_t crc = ~uint32_t{0};
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0);
  }
  return ~crc;
}

void AppendNumber(uint64_t number, std::string* bytes) {
  for (int i = 0; i < 8; ++i) bytes->push_back(static_cast<char>(number >> (8 * i)));
}

TEST(ChecksumTest, SlowReference_HasTheCheckValueOfCrc32c) {
  EXPECT_EQ(SlowCrc32c("123456789"), 0xe3069283u);
}

TEST(ChecksumTest, NothingAdded_IsTheSumOfNoBytes) { EXPECT_EQ(Checksum().value(), 0u); }

// Files keep sums: they may never come out otherwise.
TEST(ChecksumTest, AnyColumns_HaveTheSumOfTheirBytesInOrder) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2'000; ++round) {
    Checksum checksum;
    std::string bytes;
    const uint64_t columns = random() % 20;
    for (uint64_t column = 0; column < columns; ++column) {
      if (random() % 2 == 0) {
        const auto number = static_cast<int64_t>(random());
        checksum.Add(number);
        AppendNumber(static_cast<uint64_t>(number), &bytes);
      } else {
        const std::string text(random() % (random() % 4 == 0 ? 700 : 30),
                               static_cast<char>(random()));
        checksum.Add(text);
        AppendNumber(text.size(), &bytes);
        bytes += text;
      }
      ASSERT_EQ(checksum.value(), SlowCrc32c(bytes)) << "round " << round;
    }
  }
}

TEST(ChecksumTest, TextWithoutMemory_CountsAsEmpty) {
  EXPECT_EQ(Checksum().Add(absl::string_view()).value(), Checksum().Add("").value());
}

}  // namespace
}  // namespace tiermark
