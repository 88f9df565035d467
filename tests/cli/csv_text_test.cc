// Files in the encodings that they come in.
#include "clients/cli/csv_text.h"

#include <iconv.h>

#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/cli/csv_support.h"
#include "tests/support/temporary_directory.h"

namespace tiermark::cli {
namespace {

using testing::HasSubstr;

constexpr char kText[] = "año,größe,漢🙂\n";

std::string Encoded(const std::string& utf8, const char* encoding) {
  iconv_t encoder = iconv_open(encoding, "UTF-8");
  std::string from = utf8;
  std::string to(4 * utf8.size() + 8, '\0');
  char* in = from.data();
  char* out = to.data();
  size_t in_left = from.size();
  size_t out_left = to.size();
  EXPECT_EQ(iconv(encoder, &in, &in_left, &out, &out_left), 0u) << encoding;
  iconv_close(encoder);
  to.resize(to.size() - out_left);
  return to;
}

std::string Decoded(const std::string& bytes, const std::string& encoding = "",
                    size_t chunk_bytes = 1 << 20) {
  GivenText source(bytes, chunk_bytes);
  const auto text = DecodeText(&source, encoding);
  EXPECT_TRUE(text.ok()) << text.status();
  if (!text.ok()) return "";
  std::string all;
  char part[64];
  for (;;) {
    const auto got = (*text)->Read(part, sizeof(part));
    EXPECT_TRUE(got.ok()) << got.status();
    if (!got.ok() || *got == 0) return all;
    all.append(part, *got);
  }
}

TEST(CsvText, Utf8_IsTakenWithAndWithoutAMark) {
  EXPECT_EQ(Decoded(kText), kText);
  EXPECT_EQ(Decoded(absl::StrCat("\xef\xbb\xbf", kText)), kText);
  EXPECT_EQ(Decoded(absl::StrCat("\xef\xbb\xbf", kText), "utf-8"), kText);
  EXPECT_EQ(Decoded(""), "");
  EXPECT_EQ(Decoded("\xef\xbb\xbf"), "");
  EXPECT_EQ(Decoded("x"), "x");
}

TEST(CsvText, Utf16_IsKnownByItsMark) {
  EXPECT_EQ(Decoded("\xff\xfe" + Encoded(kText, "UTF-16LE")), kText);
  EXPECT_EQ(Decoded("\xfe\xff" + Encoded(kText, "UTF-16BE")), kText);
  EXPECT_EQ(Decoded("\xfe\xff" + Encoded(kText, "UTF-16BE"), "utf-16"), kText);
  EXPECT_EQ(Decoded(Encoded(kText, "UTF-16LE"), "UTF-16LE"), kText);
}

TEST(CsvText, Utf32_IsKnownByItsMark) {
  const std::string marked = std::string("\xff\xfe\0\0", 4) + Encoded(kText, "UTF-32LE");
  EXPECT_EQ(Decoded(marked), kText);
  EXPECT_EQ(Decoded(marked, "utf-32"), kText);
  EXPECT_EQ(Decoded(std::string("\0\0\xfe\xff", 4) + Encoded(kText, "UTF-32BE")), kText);
}

TEST(CsvText, TheLastLetter_IsNotHeldBack) {
  // A mark that would become a part of the letter may follow.
  EXPECT_EQ(Decoded("x,VNa", "windows-1258"), "x,VNa");
}

TEST(CsvText, OtherEncodings_AreTakenByName) {
  EXPECT_EQ(Decoded("\x80 a\xf1o", "windows-1252"), "€ año");
  EXPECT_EQ(Decoded("gr\xf6\xdf"
                    "e",
                    "latin1"),
            "größe");
}

TEST(CsvText, CharactersThatComeInParts_AreWhole) {
  std::string long_text;
  for (int i = 0; i < 100; ++i) long_text += kText;
  for (size_t chunk_bytes = 1; chunk_bytes < 8; ++chunk_bytes) {
    EXPECT_EQ(Decoded(long_text, "", chunk_bytes), long_text);
    EXPECT_EQ(Decoded("\xff\xfe" + Encoded(long_text, "UTF-16LE"), "", chunk_bytes), long_text);
  }
}

TEST(CsvText, BytesOfNoCharacter_AreMarkedAndCostNothingElse) {
  EXPECT_EQ(Decoded("a\xf1o,b\n"), std::string("a") + kBadByte + "o,b\n");
  EXPECT_EQ(Decoded("\xc3\n\xc3"), std::string(1, kBadByte) + "\n" + kBadByte);
  // Overlong forms and surrogates are no characters either.
  EXPECT_EQ(Decoded("\xc0\xaf,x"), std::string(2, kBadByte) + ",x");
  EXPECT_EQ(Decoded("\xed\xa0\x80,x"), std::string(3, kBadByte) + ",x");
  EXPECT_EQ(Decoded("\x81x", "windows-1252"), std::string(1, kBadByte) + "x");
  // A half of a pair, and a half of a unit.
  EXPECT_EQ(Decoded(std::string("\xff\xfe\x00\xdc\x61\x00\x62", 7)),
            std::string(1, kBadByte) + "a" + kBadByte);
}

TEST(CsvText, AnEncodingThatCannotBe_IsAnError) {
  GivenText bytes("a");
  EXPECT_THAT(DecodeText(&bytes, "klingon").status().message(), HasSubstr("klingon"));
  GivenText marked(
      "\xef\xbb\xbf"
      "a");
  EXPECT_THAT(DecodeText(&marked, "windows-1252").status().message(),
              HasSubstr("mark of UTF-8, not windows-1252"));
}

TEST(FileSource, AFile_IsReadAndCounted) {
  const TemporaryDirectory folder;
  const std::string path = folder.File("a.csv");
  std::ofstream(path) << "12345";
  const auto file = FileSource::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->bytes_total(), 5);
  char bytes[64];
  EXPECT_EQ(*(*file)->Read(bytes, sizeof(bytes)), 5u);
  EXPECT_EQ((*file)->bytes_read(), 5);
  EXPECT_EQ(*(*file)->Read(bytes, sizeof(bytes)), 0u);
}

TEST(FileSource, WhatIsNoFile_IsAnErrorThatNamesIt) {
  const TemporaryDirectory folder;
  EXPECT_TRUE(absl::IsInvalidArgument(FileSource::Open(folder.File("none.csv")).status()));
  EXPECT_THAT(FileSource::Open(folder.File("none.csv")).status().message(), HasSubstr("none.csv"));
  EXPECT_TRUE(absl::IsInvalidArgument(FileSource::Open(folder.File(".")).status()));
}

}  // namespace
}  // namespace tiermark::cli
