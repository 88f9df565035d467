// What is kept of an import that breaks off, the report of bad rows, and the line of progress.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "clients/cli/fault_report.h"
#include "clients/cli/import_state.h"
#include "clients/cli/progress.h"
#include "clients/cli/state_file.h"
#include "gmock/gmock.h"
#include "tests/support/temporary_directory.h"

namespace tiermark::cli {
namespace {

using testing::HasSubstr;

std::string ContentOf(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

TEST(ImportState, IsReadBackAsItWasSaved) {
  const TemporaryDirectory folder;
  const std::string path = folder.File("state");
  EXPECT_FALSE(LoadImportState(path)->has_value());
  ImportState state = NewImportState("settings");
  state.content = "content";
  state.line = 12;
  state.errors_bytes = 34;
  state.counts = {5, 4, 3, 2, 1};
  ASSERT_TRUE(SaveImportState(state, path).ok());
  const auto loaded = LoadImportState(path);
  ASSERT_TRUE(loaded.ok() && loaded->has_value()) << loaded.status();
  const ImportState& read = **loaded;
  EXPECT_EQ(read.import_id, state.import_id);
  EXPECT_EQ(read.settings, "settings");
  EXPECT_EQ(read.content, "content");
  EXPECT_EQ(read.line, 12);
  EXPECT_EQ(read.errors_bytes, 34);
  EXPECT_EQ(read.counts.rows, 5);
  EXPECT_EQ(read.counts.failed, 4);
  EXPECT_EQ(read.counts.created, 3);
  EXPECT_EQ(read.counts.changed, 2);
  EXPECT_EQ(read.counts.evaluated, 1);
  RemoveState(path);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(ImportState, OtherFiles_AreNotTakenForOne) {
  const TemporaryDirectory folder;
  const std::string path = folder.File("state");
  for (const char* text : {"", "account_id,country\n", "tiermark import 1\nimport_id x\n"}) {
    std::ofstream(path) << text;
    EXPECT_TRUE(absl::IsInvalidArgument(LoadImportState(path).status())) << text;
  }
  EXPECT_FALSE(SaveImportState(NewImportState("s"), folder.File("none/state")).ok());
}

TEST(ImportState, RequestIds_DifferByImportRowAndContent) {
  const ImportState state = NewImportState("s");
  const std::string id = RequestIdOf(state, 1, "a");
  EXPECT_EQ(id, RequestIdOf(state, 1, "a"));
  EXPECT_LE(id.size(), 64u);
  EXPECT_NE(id, RequestIdOf(state, 2, "a"));
  EXPECT_NE(id, RequestIdOf(state, 1, "b"));
  EXPECT_NE(id, RequestIdOf(NewImportState("s"), 1, "a"));
  EXPECT_NE(DigestOf({"a", "bc"}), DigestOf({"ab", "c"}));
}

TEST(FaultReport, ToPeople_IsALineThatEditorsOpen) {
  std::ostringstream shown;
  const auto report = FaultReport::ToStream(&shown, "a.csv", false);
  report->Add(7, {"country", "Nar\x1b[31mnia", "must be a code"});
  report->Add(8, {"", "", "the row has 3 cells"});
  ASSERT_TRUE(report->Flush().ok());
  EXPECT_THAT(shown.str(), HasSubstr("a.csv:7: country: must be a code (Nar"));
  EXPECT_THAT(shown.str(), HasSubstr("\na.csv:8: the row has 3 cells\n"));
  // Nothing of the file steers the terminal.
  EXPECT_EQ(shown.str().find('\x1b'), std::string::npos);
}

TEST(FaultReport, ToPrograms_IsAnObjectALine) {
  std::ostringstream shown;
  FaultReport::ToStream(&shown, "a.csv", true)->Add(7, {"a\"b", "x\xff", "bad"});
  EXPECT_THAT(shown.str(), HasSubstr(R"({"line":7,"column":"a\"b","value":"x)"));
  EXPECT_THAT(shown.str(), HasSubstr("\"reason\":\"bad\"}\n"));
}

TEST(FaultReport, ToAFile_GoesOnBehindWhatCounts) {
  const TemporaryDirectory folder;
  const std::string path = folder.File("errors.csv");
  int64_t kept = 0;
  {
    auto report = FaultReport::ToFile(path, 0);
    ASSERT_TRUE(report.ok()) << report.status();
    (*report)->Add(2, {"a", "x,y", "bad"});
    kept = *(*report)->Flush();
    (*report)->Add(3, {"a", "", "told again after the break"});
    ASSERT_TRUE((*report)->Flush().ok());
  }
  const std::string begin = "line,column,value,reason\n2,a,\"x,y\",bad\n";
  EXPECT_EQ(kept, static_cast<int64_t>(begin.size()));
  {
    auto report = FaultReport::ToFile(path, kept);
    ASSERT_TRUE(report.ok()) << report.status();
    (*report)->Add(3, {"a", "", "again"});
    EXPECT_EQ(*(*report)->Flush(), kept + static_cast<int64_t>(sizeof("3,a,,again")));
  }
  EXPECT_EQ(ContentOf(path), begin + "3,a,,again\n");
  // One that is gone begins anew.
  std::filesystem::remove(path);
  ASSERT_TRUE(FaultReport::ToFile(path, kept).ok());
  EXPECT_EQ(ContentOf(path), "line,column,value,reason\n");
  EXPECT_FALSE(FaultReport::ToFile(folder.File("none/errors.csv"), 0).ok());
}

TEST(Progress, Line_TellsRateAndTimeLeft) {
  const ProgressState begun{100, 1'100, 10, 0};
  EXPECT_EQ(ProgressLine(begun, {600, 1'100, 5'010, 3}, 5.0),
            "54 %, 5,010 rows, 3 failed, 1,000/s, 0:05 min left");
  EXPECT_EQ(ProgressLine({}, {0, 0, 12, 0}, 2.0), "12 rows, 6/s");
  EXPECT_EQ(ProgressLine({}, {1, 7'201, 10, 0}, 1.0), "0 %, 10 rows, 10/s, 2:00 h left");
  EXPECT_EQ(ProgressLine({}, {1, 2, 3, 0}, 0.1), "50 %, 3 rows");
}

TEST(Progress, OnATerminal_IsDrawnOverItselfAndGone) {
  std::ostringstream shown;
  Terminal terminal;
  terminal.is_terminal = true;
  terminal.columns = 30;
  {
    Progress progress(&shown, terminal);
    progress.Update({1, 2, 3, 0});
    EXPECT_THAT(shown.str(), HasSubstr("[############............] 50"));
    EXPECT_LE(shown.str().size(), 4u + 30u);
  }
  EXPECT_TRUE(shown.str().substr(shown.str().size() - 4) == "\r\x1b[K");
}

TEST(Progress, Elsewhere_SaysNothingOfShortRuns) {
  std::ostringstream shown;
  Progress progress(&shown, Terminal());
  progress.Update({1, 2, 3, 0});
  progress.Clear();
  Progress silent(nullptr, Terminal());
  silent.Update({1, 2, 3, 0});
  EXPECT_EQ(shown.str(), "");
}

}  // namespace
}  // namespace tiermark::cli
