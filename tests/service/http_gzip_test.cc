// gzip with a bound.
#include <random>

#include "service/http/gzip.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

std::string RandomText(std::mt19937_64& random, size_t bytes) {
  std::string text(bytes, '\0');
  // Some of it repeats, some does not.
  for (char& c : text) c = static_cast<char>(random() % (random() % 2 == 0 ? 4 : 256));
  return text;
}

TEST(Gzip, ComesBackAsItWas) {
  std::mt19937_64 random(1);
  for (const size_t bytes : {0, 1, 2, 1'000, 65'535, 65'536, 65'537, 1'000'000}) {
    const std::string text = RandomText(random, bytes);
    const auto back = Gunzip(Gzip(text), bytes);
    ASSERT_OK(back);
    EXPECT_EQ(*back, text);
  }
}

TEST(Gzip, TheBoundIsExact) {
  for (const size_t bytes : {1, 65'536, 1 << 20}) {
    const std::string zipped = Gzip(std::string(bytes, 'x'));
    EXPECT_OK(Gunzip(zipped, bytes));
    EXPECT_FAILS(Gunzip(zipped, bytes - 1), kResourceExhausted, "REQUEST_TOO_LARGE");
  }
}

TEST(Gzip, SeveralMembersAreOneText) {
  const auto text = Gunzip(Gzip("one ") + Gzip("") + Gzip("two"), 100);
  ASSERT_OK(text);
  EXPECT_EQ(*text, "one two");
}

// A gigabyte of zeros is a megabyte of gzip: of members that are a thousandth of their text.
TEST(Gzip, ABomb_IsRefusedAfterItsFirstPart) {
  const std::string part = Gzip(std::string(1 << 20, '\0'));
  std::string bomb;
  for (int i = 0; i < 1'024; ++i) bomb += part;
  EXPECT_FAILS(Gunzip(bomb, 1 << 20), kResourceExhausted, "REQUEST_TOO_LARGE");
}

TEST(Gzip, WhatIsCutOrChanged_IsRefused) {
  std::mt19937_64 random(2);
  const std::string text = RandomText(random, 500);
  const std::string zipped = Gzip(text);
  for (size_t size = 0; size < zipped.size(); ++size) {
    EXPECT_FAILS(Gunzip(zipped.substr(0, size), 1'000), kInvalidArgument, "MALFORMED_GZIP");
  }
  EXPECT_FAILS(Gunzip(zipped + "x", 1'000), kInvalidArgument, "MALFORMED_GZIP");
  for (size_t i = 0; i < zipped.size(); ++i) {
    std::string changed = zipped;
    changed[i] = static_cast<char>(changed[i] ^ 0x20);
    const auto back = Gunzip(changed, 100'000);
    // Some bits of the header mean nothing.
    if (back.ok()) {
      EXPECT_EQ(*back, text) << i;
    }
  }
}

}  // namespace
}  // namespace tiermark
