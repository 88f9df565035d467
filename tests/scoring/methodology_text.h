// What the tests read out of a methodology.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tiermark/v1/methodology.pb.h"

namespace tiermark {

inline void AddTextOf(const v1::MethodologySection& section, std::string* text) {
  absl::StrAppend(text, section.heading(), "\n");
  for (const std::string& paragraph : section.paragraphs()) absl::StrAppend(text, paragraph, "\n");
  for (const v1::MethodologyTable& table : section.tables()) {
    for (const std::string& column : table.columns()) absl::StrAppend(text, column, "\t");
    for (const v1::MethodologyRow& row : table.rows()) {
      for (const std::string& cell : row.cells()) absl::StrAppend(text, cell, "\t");
      absl::StrAppend(text, "\n");
    }
  }
  for (const v1::MethodologySection& part : section.subsections()) AddTextOf(part, text);
}

// All its words, in the order in which they are read.
inline std::string TextOf(const v1::Methodology& methodology) {
  std::string text = methodology.title() + "\n";
  for (const v1::MethodologySection& section : methodology.sections()) AddTextOf(section, &text);
  return text;
}

// The section whose heading starts so; a failure when there is none.
inline v1::MethodologySection SectionOf(const v1::Methodology& methodology,
                                        const std::string& heading) {
  for (const v1::MethodologySection& section : methodology.sections()) {
    if (section.heading().rfind(heading, 0) == 0) return section;
  }
  ADD_FAILURE() << heading;
  return {};
}

inline bool HasSection(const v1::Methodology& methodology, const std::string& heading) {
  for (const v1::MethodologySection& section : methodology.sections()) {
    if (section.heading().rfind(heading, 0) == 0) return true;
  }
  return false;
}

// The cells of a column from the top, the last one for -1.
inline std::vector<std::string> ColumnOf(const v1::MethodologyTable& table, int column) {
  std::vector<std::string> cells;
  for (const v1::MethodologyRow& row : table.rows()) {
    cells.push_back(row.cells(column < 0 ? row.cells_size() + column : column));
  }
  return cells;
}

inline void ExpectRectangular(const v1::MethodologySection& section) {
  EXPECT_FALSE(section.heading().empty());
  for (const std::string& paragraph : section.paragraphs()) EXPECT_FALSE(paragraph.empty());
  for (const v1::MethodologyTable& table : section.tables()) {
    EXPECT_GT(table.columns_size(), 0);
    EXPECT_GT(table.rows_size(), 0);
    for (const v1::MethodologyRow& row : table.rows()) {
      EXPECT_EQ(row.cells_size(), table.columns_size()) << section.heading();
    }
  }
  for (const v1::MethodologySection& part : section.subsections()) {
    EXPECT_TRUE(part.subsections().empty());
    ExpectRectangular(part);
  }
}

inline void ExpectRectangular(const v1::Methodology& methodology) {
  for (const v1::MethodologySection& section : methodology.sections()) ExpectRectangular(section);
}

}  // namespace tiermark
