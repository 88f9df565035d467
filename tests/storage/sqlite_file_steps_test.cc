// A file gets its name as a whole or not at all, and never takes one from another process.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "scoring/error.h"
#include "storage/sqlite/file_steps.h"
#include "tests/storage/failing_calls.h"
#include "tests/storage/filled_store.h"

namespace tiermark::sqlite {
namespace {

class SqliteFileStepsTest : public testing::Test {
 protected:
  ~SqliteFileStepsTest() override { failing_calls().Reset(); }

  int Files() const {
    const std::filesystem::directory_iterator files(directory_.path());
    return static_cast<int>(std::distance(begin(files), end(files)));
  }

  TemporaryDirectory directory_;
  const std::string partial_ = directory_.File("name.partial");
  const std::string name_ = directory_.File("name");
};

TEST_F(SqliteFileStepsTest, Placed_HasItsNameAlone) {
  for (const bool renaming_anew_fails : {false, true}) {
    failing_calls().renaming_anew = renaming_anew_fails;
    auto staged = StagedFile::Make(partial_);
    ASSERT_TRUE(staged.ok()) << staged.status();
    WriteBytes(partial_, "whole");
    ASSERT_TRUE(staged->Place(name_).ok());
    EXPECT_EQ(ReadBytes(name_), "whole");
    EXPECT_EQ(Files(), 1);
    std::filesystem::remove(name_);
  }
}

TEST_F(SqliteFileStepsTest, NameThatIsThere_IsKept) {
  WriteBytes(name_, "precious");
  for (const bool renaming_anew_fails : {false, true}) {
    failing_calls().renaming_anew = renaming_anew_fails;
    auto staged = StagedFile::Make(partial_);
    ASSERT_TRUE(staged.ok()) << staged.status();
    EXPECT_EQ(ReasonOf(staged->Place(name_)), "FILE_EXISTS");
    EXPECT_EQ(ReadBytes(name_), "precious");
  }
  EXPECT_EQ(Files(), 1);
}

TEST_F(SqliteFileStepsTest, NameThatIsNotDurable_IsTakenBack) {
  auto staged = StagedFile::Make(partial_);
  ASSERT_TRUE(staged.ok()) << staged.status();
  failing_calls().directory_flushes_left = 0;
  EXPECT_EQ(ReasonOf(staged->Place(name_)), "FILE_NOT_WRITABLE");
  EXPECT_EQ(Files(), 0);
}

TEST_F(SqliteFileStepsTest, TwoAtOneName_SecondIsRefused) {
  const auto first = StagedFile::Make(partial_);
  ASSERT_TRUE(first.ok()) << first.status();
  WriteBytes(partial_, "first");
  EXPECT_EQ(ReasonOf(StagedFile::Make(partial_).status()), "FILE_IN_THE_WAY");
  const std::string copy = directory_.File("copy");
  WriteBytes(copy, "second");
  EXPECT_EQ(ReasonOf(StagedFile::Take(copy, partial_).status()), "FILE_IN_THE_WAY");
  EXPECT_EQ(ReadBytes(partial_), "first");
  EXPECT_EQ(ReadBytes(copy), "second");
}

TEST_F(SqliteFileStepsTest, Taken_IsHeldUnderItsNewName) {
  const std::string copy = directory_.File("copy");
  WriteBytes(copy, "copied");
  WriteBytes(partial_, "left by a kill");
  {
    const auto taken = StagedFile::Take(copy, partial_);
    ASSERT_TRUE(taken.ok()) << taken.status();
    EXPECT_EQ(ReadBytes(partial_), "copied");
    EXPECT_EQ(Files(), 1);
    EXPECT_EQ(ReasonOf(StagedFile::Make(partial_).status()), "FILE_IN_THE_WAY");
  }
  EXPECT_EQ(Files(), 0);
  EXPECT_EQ(ReasonOf(StagedFile::Take(copy, partial_).status()), "FILE_NOT_WRITABLE");
}

TEST_F(SqliteFileStepsTest, SignalThatEndsTheProcess_RemovesWhatIsStagedAndNoMore) {
  for (const int number : {SIGHUP, SIGINT, SIGTERM}) {
    EXPECT_EXIT(
        {
          RemoveStagedFilesAtSignals();
          auto placed = StagedFile::Make(partial_);
          if (!placed.ok() || !placed->Place(name_).ok()) std::_Exit(1);
          const auto staged = StagedFile::Make(partial_);
          WriteBytes(partial_ + "-journal", "");
          kill(getpid(), number);
          while (true) pause();
        },
        testing::KilledBySignal(number), "");
    EXPECT_TRUE(Exists(name_));
    EXPECT_EQ(Files(), 1);
    std::filesystem::remove(name_);
  }
}

}  // namespace
}  // namespace tiermark::sqlite
