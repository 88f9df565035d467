#include "scoring/methodology_markdown.h"

#include <algorithm>
#include <sstream>

#include "gmock/gmock.h"
#include "methodology_text.h"
#include "scoring/methodology.h"
#include "scoring/policy.h"
#include "scoring/shipped.h"
#include "support.h"

namespace tiermark {
namespace {

using testing::HasSubstr;

// The text as a paragraph, without what stands around it.
std::string Paragraph(const std::string& text) {
  v1::Methodology methodology;
  methodology.add_sections()->add_paragraphs(text);
  const std::string markdown = MarkdownOf(methodology);
  const std::string before = "# \n\n## \n\n";
  EXPECT_EQ(markdown.substr(0, before.size()), before);
  return markdown.substr(before.size(), markdown.size() - before.size() - 1);
}

// The text as the only cell below the head of a table.
std::string Cell(const std::string& text) {
  v1::Methodology methodology;
  v1::MethodologyTable* table = methodology.add_sections()->add_tables();
  table->add_columns("c");
  table->add_rows()->add_cells(text);
  const std::string markdown = MarkdownOf(methodology);
  const std::string before = "# \n\n## \n\n| c |\n| --- |\n";
  EXPECT_EQ(markdown.substr(0, before.size()), before);
  return markdown.substr(before.size(), markdown.size() - before.size() - 1);
}

TEST(Markdown, HasHeadingsByLevelParagraphsAndTables) {
  const auto methodology = FromText<v1::Methodology>(R"(
      title: "T"
      sections {
        heading: "One" paragraphs: "First." paragraphs: "Second."
        tables { columns: "a" columns: "b" rows { cells: "1" cells: "" } rows { cells: "2" cells: "3" } }
        subsections { heading: "Part" paragraphs: "Third." }
      }
      sections { heading: "Two" })");
  EXPECT_EQ(MarkdownOf(methodology),
            "# T\n\n"
            "## One\n\n"
            "First.\n\n"
            "Second.\n\n"
            "| a | b |\n| --- | --- |\n| 1 |  |\n| 2 | 3 |\n\n"
            "### Part\n\n"
            "Third.\n\n"
            "## Two\n");
}

TEST(Markdown, EscapesWhatMeansSomethingAnywhere) {
  EXPECT_EQ(Paragraph("A|B *x* <script> [l](u)"), R"(A\|B \*x\* \<script\> \[l\](u))");
  EXPECT_EQ(Paragraph("_a_ `b` ~~c~~ &amp; $d$ ![e](f) g\\h #i"),
            R"(\_a\_ \`b\` \~\~c\~\~ \&amp; \$d\$ !\[e\](f) g\\h \#i)");
  EXPECT_EQ(Cell("A|B *x* <script> [l](u)"), R"(| A\|B \*x\* \<script\> \[l\](u) |)");
  EXPECT_EQ(Cell("ends with \\"), R"(| ends with \\ |)");
}

TEST(Markdown, MakesNoLinksOfAddresses) {
  EXPECT_EQ(Paragraph("see https://a.example/b, WWW.a.example, www.b.example or x@a.example"),
            R"(see https\://a.example/b, WWW\.a.example, www\.b.example or x\@a.example)");
  EXPECT_EQ(Paragraph("a: b. w.w"), "a: b. w.w");
}

TEST(Markdown, EscapesWhatBeginsABlock) {
  EXPECT_EQ(Paragraph("# a"), R"(\# a)");
  EXPECT_EQ(Paragraph("- a - b"), R"(\- a - b)");
  EXPECT_EQ(Paragraph("---"), R"(\---)");
  EXPECT_EQ(Paragraph("+ a + b"), R"(\+ a + b)");
  EXPECT_EQ(Paragraph("1. a 2. b"), R"(1\. a 2. b)");
  EXPECT_EQ(Paragraph("12) a"), R"(12\) a)");
  EXPECT_EQ(Paragraph("> a"), R"(\> a)");
  EXPECT_EQ(Paragraph("~~~"), R"(\~\~\~)");
  EXPECT_EQ(Paragraph("    a"), "a");
}

// Nothing begins a block in a cell, where a backslash less is easier to read.
TEST(Markdown, LeavesNumbersInCellsAsTheyAre) {
  EXPECT_EQ(Cell("79.50"), "| 79.50 |");
  EXPECT_EQ(Cell("-10"), "| -10 |");
}

TEST(Markdown, MakesOneLineOfEveryText) {
  EXPECT_EQ(Cell(" a\n\n| --- |\r\nb\tc "), R"(| a \| --- \| b c |)");
  EXPECT_EQ(Paragraph("a\n# b\n\n    c\v\f\x7f" + std::string(1, '\0') + "d"), R"(a \# b c d)");
  EXPECT_EQ(Paragraph("“ñ” – 25\u00a0000"), "“ñ” – 25\u00a0000");
}

TEST(Markdown, EscapesTheTextsOfAModelWhereverTheyStand) {
  v1::ScoringModel model = ShippedModels()[0];
  const std::string nasty = "A|B *x* <script> [l](u)";
  const std::string escaped = R"(A\|B \*x\* \<script\> \[l\](u))";
  model.set_display_name(nasty);
  model.set_description(nasty);
  for (v1::Criterion& criterion : *model.mutable_criteria()) {
    criterion.set_display_name(nasty);
    criterion.set_description(nasty);
  }
  for (v1::Category& category :
       *model.mutable_criteria(2)->mutable_category_points()->mutable_categories()) {
    category.set_label(nasty);
    category.set_test(nasty);
  }
  for (v1::Band& band : *model.mutable_bands()) band.set_display_name(nasty);
  const CompiledPolicy policy = DefaultPolicy();
  const std::string markdown = MarkdownOf(MethodologyOf({model, {}, policy.policy}));
  EXPECT_THAT(markdown, HasSubstr("# " + escaped + ", version 1\n"));
  EXPECT_THAT(markdown, HasSubstr("### " + escaped + ": 40 %\n"));
  EXPECT_THAT(markdown,
              HasSubstr("| " + escaped + " (MARKET\\_LEADER) | " + escaped + " | 100 |\n"));
  for (size_t at = markdown.find('<'); at != std::string::npos; at = markdown.find('<', at + 1)) {
    EXPECT_EQ(markdown[at - 1], '\\');
  }
}

// Pipes that part cells are as many as the columns say, in every line of every table.
TEST(Markdown, HasAsManyCellsInEveryLineOfTheShippedTables) {
  const CompiledPolicy policy = DefaultPolicy();
  for (const v1::ScoringModel& model : ShippedModels()) {
    const v1::Methodology methodology =
        MethodologyOf({model, ShippedPlaybooks(), policy.policy, true});
    std::istringstream lines(MarkdownOf(methodology));
    size_t expected = 0;
    for (std::string line; std::getline(lines, line);) {
      const size_t pipes = std::count(line.begin(), line.end(), '|');
      if (expected == 0 || pipes == 0) expected = pipes;
      EXPECT_EQ(pipes, expected) << line;
    }
  }
}

}  // namespace
}  // namespace tiermark
