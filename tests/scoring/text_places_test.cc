#include "scoring/text_places.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace tiermark {
namespace {

std::string PlaceOf(absl::string_view text, size_t offset) {
  const TextPlace place = TextPlaces(text).Of(offset);
  return absl::StrCat(place.line, ":", place.column);
}

TEST(TextPlaces, CountFromOneInLinesAndCharacters) {
  EXPECT_EQ(PlaceOf("", 0), "1:1");
  EXPECT_EQ(PlaceOf("ab\ncd", 0), "1:1");
  EXPECT_EQ(PlaceOf("ab\ncd", 2), "1:3");
  EXPECT_EQ(PlaceOf("ab\ncd", 3), "2:1");
  EXPECT_EQ(PlaceOf("ab\ncd", 5), "2:3");
  EXPECT_EQ(PlaceOf("ab\ncd", 6), "2:3");
  EXPECT_EQ(PlaceOf("ab\r\ncd", 4), "2:1");
  EXPECT_EQ(PlaceOf("\ta", 1), "1:2");
  // All bytes of a character have its column.
  EXPECT_EQ(PlaceOf("\u20acx", 0), "1:1");
  EXPECT_EQ(PlaceOf("\u20acx", 2), "1:1");
  EXPECT_EQ(PlaceOf("\u20acx", 3), "1:2");
}

TEST(TextPlaces, FindBytesByPlacesOfTheTokenizer) {
  const std::string text = "a\tb\n\t\tc\n\u20acd";
  const TextPlaces places(text);
  EXPECT_EQ(places.OffsetOf(0, 0), 0u);
  EXPECT_EQ(places.OffsetOf(0, 8), text.find('b'));
  EXPECT_EQ(places.OffsetOf(1, 16), text.find('c'));
  EXPECT_EQ(places.OffsetOf(2, 3), text.find('d'));
  EXPECT_EQ(places.OffsetOf(1, 99), text.find('c') + 1);
  EXPECT_EQ(places.OffsetOf(9, 0), text.size());
}

// Long lines and long texts go by marks between; counting from the beginning must give the same.
TEST(TextPlaces, AreTheSameOnLongLines) {
  std::string text;
  for (int i = 0; i < 700; ++i) {
    text += i % 5 == 0 ? "\u20ac" : i % 7 == 0 ? "\t" : i % 331 == 330 ? "\n" : "x";
  }
  const TextPlaces places(text);
  int line = 0;
  int character = 0;
  int tabbed = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool begins = (text[i] & 0xC0) != 0x80;
    if (begins && i > 0 && text[i - 1] != '\n') ++character;
    const TextPlace place = places.Of(i);
    EXPECT_EQ(place.line, line + 1);
    EXPECT_EQ(place.column, character + 1);
    EXPECT_EQ(places.OffsetOf(line, tabbed), i);
    if (text[i] == '\n') {
      ++line;
      character = 0;
      tabbed = 0;
    } else {
      tabbed += text[i] == '\t' ? 8 - tabbed % 8 : 1;
    }
  }
}

}  // namespace
}  // namespace tiermark
