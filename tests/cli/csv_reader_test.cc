// Rows out of text: what is one, where it stands, and what a bad one costs.
#include "clients/cli/csv_reader.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "clients/cli/csv_writer.h"
#include "gmock/gmock.h"
#include "tests/cli/csv_support.h"

namespace tiermark::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Read {
  int64_t line;
  std::vector<std::string> cells;
  std::string fault;
};

std::vector<Read> ReadAll(const std::string& text, CsvReaderOptions options = {},
                          size_t chunk_bytes = 1 << 20, char* delimiter = nullptr) {
  GivenText bytes(text, chunk_bytes);
  CsvReader reader(&bytes, options);
  std::vector<Read> rows;
  CsvRow row;
  for (;;) {
    const auto found = reader.Next(&row);
    EXPECT_TRUE(found.ok()) << found.status();
    if (!found.ok() || !*found) break;
    // The header settles how many cells there are, as in an import.
    if (rows.empty()) reader.ExpectCells(row.cells.size());
    rows.push_back({row.line, row.cells, row.fault});
  }
  if (delimiter != nullptr) *delimiter = reader.delimiter();
  return rows;
}

std::vector<std::string> CellsOf(const std::string& line) {
  const auto rows = ReadAll(line);
  EXPECT_EQ(rows.size(), 1u);
  return rows.empty() ? std::vector<std::string>() : rows[0].cells;
}

TEST(CsvReader, Cells_AreWhatStandsBetweenDelimiters) {
  EXPECT_THAT(CellsOf("a,b c, d "), ElementsAre("a", "b c", " d "));
  EXPECT_THAT(CellsOf("a,,"), ElementsAre("a", "", ""));
  EXPECT_THAT(CellsOf(","), ElementsAre("", ""));
  EXPECT_THAT(CellsOf("\"\",x"), ElementsAre("", "x"));
}

TEST(CsvReader, Quotes_KeepDelimitersLineBreaksAndQuotes) {
  EXPECT_THAT(CellsOf("\"a,b\",\"c\r\nd\ne\",\"f\"\"g\"\"\"\n"),
              ElementsAre("a,b", "c\r\nd\ne", "f\"g\""));
}

TEST(CsvReader, LineEnds_OfEverySystem_EndRows) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    const auto rows = ReadAll(absl::StrCat("a,b", end, "1,2", end, end, "3,4"));
    ASSERT_EQ(rows.size(), 3u) << testing::PrintToString(end);
    EXPECT_THAT(rows[1].cells, ElementsAre("1", "2"));
    EXPECT_THAT(rows[2].cells, ElementsAre("3", "4"));
    EXPECT_EQ(rows[2].line, 4);
  }
  // Where lines end in LF, a CR by itself is a character like others.
  EXPECT_THAT(ReadAll("a\nx\ry\n")[1].cells, ElementsAre("x\ry"));
  EXPECT_THAT(ReadAll("a,b\n1,2\r").back().cells, ElementsAre("1", "2"));
}

TEST(CsvReader, Lines_AreCountedThroughQuotesAndEmptyLines) {
  const auto rows = ReadAll("a,b\n\n\"1\n\n1\",2\n3,4\r\n\r\n\"5\r\n5\",6\n7,8");
  std::vector<int64_t> lines;
  lines.reserve(rows.size());
  for (const Read& row : rows) lines.push_back(row.line);
  EXPECT_THAT(lines, ElementsAre(1, 3, 6, 8, 10));
}

TEST(CsvReader, Nothing_HasNoRows) {
  EXPECT_THAT(ReadAll(""), IsEmpty());
  EXPECT_THAT(ReadAll("\n\r\n\n"), IsEmpty());
}

TEST(CsvReader, Delimiter_IsTheOneThatTheHeaderHasMostOf) {
  char delimiter = '\0';
  EXPECT_THAT(ReadAll("a;b,c;d\n", {}, 99, &delimiter)[0].cells, ElementsAre("a", "b,c", "d"));
  EXPECT_EQ(delimiter, ';');
  EXPECT_THAT(ReadAll("a\tb\n", {}, 99, &delimiter)[0].cells, ElementsAre("a", "b"));
  EXPECT_EQ(delimiter, '\t');
  // What is in quotes does not count.
  EXPECT_THAT(ReadAll("\"a;;;;\",b\n", {}, 99, &delimiter)[0].cells, ElementsAre("a;;;;", "b"));
  EXPECT_EQ(delimiter, ',');
  EXPECT_THAT(ReadAll("one\n", {}, 99, &delimiter)[0].cells, ElementsAre("one"));
  CsvReaderOptions given;
  given.delimiter = '|';
  EXPECT_THAT(ReadAll("a|b,c\n", given)[0].cells, ElementsAre("a", "b,c"));
}

TEST(CsvReader, Delimiter_ThatCannotBeTold_IsAnError) {
  GivenText bytes("a,b;c\n");
  CsvReader reader(&bytes, {});
  CsvRow row;
  EXPECT_TRUE(absl::IsInvalidArgument(reader.Next(&row).status()));
}

// The rows around a bad one are read, and it is named by its line.
void ExpectBadRow(const std::string& bad, const std::string& fault, int64_t bad_lines = 1) {
  SCOPED_TRACE(bad);
  for (const size_t chunk_bytes : {size_t{64}, size_t{1} << 20}) {
    const auto rows = ReadAll("a,b\n1,2\n" + bad + "\n3,4\n", {}, chunk_bytes);
    ASSERT_EQ(rows.size(), 4u);
    EXPECT_THAT(rows[1].cells, ElementsAre("1", "2"));
    EXPECT_EQ(rows[2].line, 3);
    EXPECT_THAT(rows[2].fault, HasSubstr(fault));
    EXPECT_THAT(rows[2].cells, IsEmpty());
    EXPECT_THAT(rows[3].cells, ElementsAre("3", "4"));
    EXPECT_EQ(rows[3].line, 3 + bad_lines);
  }
}

TEST(CsvReader, ABadRow_CostsItsOwnLineAndNoOther) {
  ExpectBadRow("1", "has 1 cells where the header has 2");
  ExpectBadRow("1,2,3", "has 3 cells where the header has 2");
  ExpectBadRow("x\"y,2", "does not begin with one");
  ExpectBadRow("\"x\"y,2", "text behind its closing quote");
  ExpectBadRow("\"x,2", "never closed");
  ExpectBadRow("1,\"x", "never closed");
}

TEST(CsvReader, AnOpenQuote_DoesNotTakeTheQuotedRowsBehindIt) {
  const auto rows = ReadAll("a,b\n\"open,1\n\"x\",\"2\"\n\"\",3\n\",\",4\n");
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_THAT(rows[1].fault, HasSubstr("text behind its closing quote"));
  EXPECT_THAT(rows[2].cells, ElementsAre("x", "2"));
  EXPECT_THAT(rows[3].cells, ElementsAre("", "3"));
  EXPECT_THAT(rows[4].cells, ElementsAre(",", "4"));
}

TEST(CsvReader, LinesWithinACell_AreNeverRowsOfTheirOwn) {
  const auto rows = ReadAll("a,b\n\"x\n3,4\n\",1,2\n5,6\n");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[1].line, 2);
  EXPECT_THAT(rows[1].fault, HasSubstr("has 3 cells where the header has 2; it goes to line 4"));
  EXPECT_THAT(rows[2].cells, ElementsAre("5", "6"));
  EXPECT_EQ(rows[2].line, 5);
}

TEST(CsvReader, Bounds_HoldForCellsAndRows) {
  CsvReaderOptions options;
  options.cell_bytes_max = 100;
  options.row_bytes_max = 250;
  const std::string fits(100, 'x');
  auto rows = ReadAll("a,b\n" + fits + "," + fits + "\n", options);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].fault, "");
  rows = ReadAll("a,b\n" + fits + "x,1\n\"" + fits + "x\",1\n1,2\n", options);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_THAT(rows[1].fault, HasSubstr("is longer than 100 bytes"));
  EXPECT_THAT(rows[2].fault, HasSubstr("its quote may not be closed"));
  EXPECT_THAT(rows[3].cells, ElementsAre("1", "2"));
  for (const std::string& row : {std::string(300, ','), absl::StrCat(fits, ",", fits, ",", fits)}) {
    rows = ReadAll(absl::StrCat("a,b\n", row, "\n1,2\n"), options, 64);
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_THAT(rows[1].fault, HasSubstr("makes its row longer than 250 bytes"));
    EXPECT_THAT(rows[2].cells, ElementsAre("1", "2"));
    EXPECT_EQ(rows[2].line, 3);
  }
}

TEST(CsvReader, ALineWithoutEnd_IsReadInBoundedMemory) {
  // 64 MiB of one line, and a source that counts how far ahead of the rows it is read.
  Endless bytes("a,b\n1,2\n", 'x', 64 << 20);
  CsvReader reader(&bytes, {});
  CsvRow row;
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(*reader.Next(&row));
  const size_t before = ResidentBytes();
  ASSERT_TRUE(*reader.Next(&row));
  EXPECT_THAT(row.fault, HasSubstr("longer"));
  EXPECT_FALSE(*reader.Next(&row));
  EXPECT_LT(ResidentBytes(), before + (8 << 20));
}

TEST(CsvReader, AnErrorOfTheSource_IsAnError) {
  class Fails : public ByteSource {
    absl::StatusOr<size_t> Read(char*, size_t) override { return absl::DataLossError("gone"); }
  } bytes;
  CsvReader reader(&bytes, {});
  CsvRow row;
  EXPECT_TRUE(absl::IsDataLoss(reader.Next(&row).status()));
}

TEST(CsvWriter, Cells_AreQuotedWhereTheyMustBe) {
  std::string text;
  AppendCsvRow({"a", "b c", "d,e", "f\"g", "h\ni", "", "\xef\xbb\xbfj"}, ',', &text);
  EXPECT_EQ(text, "a,b c,\"d,e\",\"f\"\"g\",\"h\ni\",,\"\xef\xbb\xbfj\"\n");
}

// What CSV has a meaning for comes often; the rest is any text.
std::string RandomCell(Chance& chance) {
  static const std::vector<std::string> kParts = {
      ",",        ";", "\t", "|", "\"", "\"\"", "\r",   "\n",           "\r\n",
      " ",        "a", "0",  "ñ", "ß",  "漢",   "🙂", "\xef\xbb\xbf", std::string(1, '\0'),
      "\xc2\xa0", "'", "=",  "\\"};
  std::string cell;
  const int64_t parts = chance.OneIn(3) ? 0 : chance.Between(1, chance.OneIn(20) ? 300 : 6);
  for (int64_t i = 0; i < parts; ++i) cell += chance.Pick(kParts);
  return cell;
}

TEST(CsvProperty, AnyTable_IsReadBackAsItWasWritten) {
  Chance chance;
  const std::vector<char> delimiters = {',', ';', '\t', '|'};
  for (int round = 0; round < 2'000; ++round) {
    const char delimiter = chance.Pick(delimiters);
    const int64_t columns = chance.Between(1, 6);
    std::vector<std::vector<std::string>> table(chance.Between(1, 12));
    std::string text;
    for (auto& row : table) {
      for (int64_t i = 0; i < columns; ++i) row.push_back(RandomCell(chance));
      AppendCsvRow(row, delimiter, &text);
    }
    CsvReaderOptions options;
    // With several columns it can be found out, but for one that is not looked for.
    if (columns == 1 || delimiter == '|') options.delimiter = delimiter;
    const auto rows = ReadAll(text, options, chance.Between(64, 256));
    ASSERT_EQ(rows.size(), table.size()) << text;
    int64_t line = 1;
    for (size_t i = 0; i < rows.size(); ++i) {
      ASSERT_EQ(rows[i].fault, "") << text;
      ASSERT_EQ(rows[i].cells, table[i]) << text;
      ASSERT_EQ(rows[i].line, line) << text;
      for (const std::string& cell : table[i]) line += std::count(cell.begin(), cell.end(), '\n');
      ++line;
    }
  }
}

TEST(CsvProperty, AnyBytes_AreReadToTheirEndWithoutHarm) {
  Chance chance;
  const std::string alphabet = "\"\"\",;\n\r\tab";
  for (int round = 0; round < 5'000; ++round) {
    std::string text;
    for (int64_t i = chance.Between(0, 200); i > 0; --i) text += chance.Pick(alphabet);
    CsvReaderOptions options;
    options.delimiter = ',';
    options.cell_bytes_max = 20;
    options.row_bytes_max = 50;
    int64_t line = 0;
    const auto at_once = ReadAll(text, options);
    const auto in_parts = ReadAll(text, options, 64);
    ASSERT_EQ(at_once.size(), in_parts.size());
    for (size_t i = 0; i < at_once.size(); ++i) {
      ASSERT_GT(at_once[i].line, line) << text;
      line = at_once[i].line;
      ASSERT_EQ(at_once[i].cells, in_parts[i].cells) << text;
      ASSERT_EQ(at_once[i].fault, in_parts[i].fault) << text;
    }
    ASSERT_LE(line, std::count_if(text.begin(), text.end(), [](char c) {
                      return c == '\n' || c == '\r';
                    }) + 1);
  }
}

}  // namespace
}  // namespace tiermark::cli
