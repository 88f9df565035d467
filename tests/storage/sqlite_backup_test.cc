// A copy of a store holds a state that was committed, with all that was acknowledged before.
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "SQLiteCpp/Database.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "scoring/error.h"
#include "storage/sqlite/backup.h"
#include "storage/sqlite/check.h"
#include "storage/sqlite/online_backup.h"
#include "tests/storage/filled_store.h"

namespace tiermark {
namespace {

using testing::AllOf;
using testing::HasSubstr;

int64_t Number(const std::string& path, const std::string& sql) {
  SQLite::Database database(path, SQLite::OPEN_READONLY);
  return database.execAndGet(sql).getInt64();
}

int64_t DamagesIn(const std::string& path) {
  StoreCheckOptions options;
  options.path = path;
  options.on_damage = [](const StoreDamage& damage) {
    ADD_FAILURE() << damage.table << " " << damage.key << " " << damage.what;
  };
  const auto checked = CheckStore(options);
  EXPECT_TRUE(checked.ok()) << checked.status();
  return checked.ok() ? checked->damages : -1;
}

class SqliteBackupTest : public testing::Test {
 protected:
  SqliteBackupTest() : under_test_(&clock_) {}

  static bool GoOn(int64_t, int64_t) { return true; }
  static void TellNobody(absl::string_view, int64_t, int64_t) {}
  SqliteStore& store() { return under_test_.sqlite_store(); }

  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    const auto folder = std::filesystem::path(under_test_.path()).parent_path();
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().filename().string().find("backup") != std::string::npos) {
        names.push_back(entry.path().filename());
      }
    }
    return names;
  }

  FakeClock clock_;
  SqliteUnderTest under_test_;
};

// Two entries that belong together.
absl::StatusOr<ChangeSet> Pair(const DecideInput& input) {
  ChangeSet changes = Evaluated(input, static_cast<int>(absl::ToUnixMicros(input.now) % 100));
  changes.entries.push_back(changes.entries[0]);
  changes.facts = FactsOf(std::string(300, 'n'), "MX", "ana");
  return changes;
}

TEST_F(SqliteBackupTest, UnderLoad_HoldsWhatWasAcknowledgedAndNoHalfOfAWrite) {
  constexpr int kThreads = 3;
  std::atomic<bool> stop = false;
  std::atomic<int64_t> acknowledged = 0;
  std::vector<std::thread> writers;
  writers.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    writers.emplace_back([&, i] {
      for (int n = 0; !stop; ++n) {
        const auto written =
            WriteTo(store(), WriteOf(absl::StrCat("account ", i, " ", n % 700), Pair));
        ASSERT_TRUE(written.ok()) << written.status();
        int64_t known = acknowledged;
        const int64_t position = written->entries.back().position;
        while (position > known && !acknowledged.compare_exchange_weak(known, position)) {
        }
      }
    });
  }
  constexpr int64_t kWrittenBefore = 6'000;
  while (acknowledged < kWrittenBefore) std::this_thread::yield();
  for (int round = 0; round < 5; ++round) {
    const int64_t before = acknowledged;
    const auto copy = store().BackUp(GoOn);
    ASSERT_TRUE(copy.ok()) << copy.status();
    const int64_t last = Number(*copy, "SELECT max(position) FROM log");
    EXPECT_GE(last, before);
    EXPECT_EQ(last % 2, 0) << "half of a write";
    EXPECT_EQ(DamagesIn(*copy), 0);
  }
  stop = true;
  for (std::thread& writer : writers) writer.join();
}

TEST_F(SqliteBackupTest, Copy_IsOnePrivateFileThatOpensAsAStore) {
  Fill(store());
  const auto copy = store().BackUp(GoOn);
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(Files(), std::vector<std::string>{"store.db.backup-under-way"});
  struct stat status {};
  ASSERT_EQ(stat(copy->c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(DamagesIn(*copy), 0);
  SqliteStoreOptions options;
  options.path = *copy;
  const auto opened = OpenSqliteStore(options);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_TRUE((*opened)->ReadAccount(kDefaultTenant, "account 3").ok());
}

TEST_F(SqliteBackupTest, StoreThatNobodyServes_IsCopiedWithItsLog) {
  Fill(store());
  TemporaryDirectory left;
  for (const char* suffix : {"", "-wal"}) {
    WriteBytes(left.File("store.db") + suffix, ReadBytes(under_test_.path() + suffix));
  }
  WriteBytes(left.File("copy.db"), "");
  const absl::Status copied = CopyStore(left.File("store.db"), left.File("copy.db"), TellNobody);
  ASSERT_TRUE(copied.ok()) << copied;
  EXPECT_EQ(DamagesIn(left.File("copy.db")), 0);
  EXPECT_EQ(Number(left.File("copy.db"), "SELECT count(*) FROM account"), 29);
}

TEST_F(SqliteBackupTest, StoreThatAnotherProgramHolds_IsNotCopiedInPart) {
  Fill(store());
  TemporaryDirectory left;
  for (const char* suffix : {"", "-wal"}) {
    WriteBytes(left.File("store.db") + suffix, ReadBytes(under_test_.path() + suffix));
  }
  WriteBytes(left.File("copy.db"), "");
  SQLite::Database other(left.File("store.db"), SQLite::OPEN_READWRITE);
  other.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; PRAGMA user_version = 1; COMMIT");
  const absl::Status copied = CopyStore(left.File("store.db"), left.File("copy.db"), TellNobody);
  EXPECT_EQ(ReasonOf(copied), "STORE_NOT_COPIED");
  EXPECT_THAT(std::string(copied.message()),
              AllOf(HasSubstr("store.db cannot be copied to"), HasSubstr("copy.db (")));
}

TEST_F(SqliteBackupTest, StoreThatCannotBeRead_IsToldToBeDamaged) {
  TemporaryDirectory left;
  WriteBytes(left.File("store.db"), std::string(8'192, 'x'));
  WriteBytes(left.File("copy.db"), "");
  SQLite::Database source(left.File("store.db"), SQLite::OPEN_READONLY);
  sqlite::OnlineBackup backup;
  std::promise<void> begun;
  auto copied = std::async(std::launch::async, [&] {
    return backup.Run(left.File("copy.db"), GoOn, [&begun] { begun.set_value(); });
  });
  begun.get_future().wait();
  while (backup.Step(&source)) {
  }
  const absl::Status status = copied.get();
  EXPECT_CODE(status, kDataLoss);
  EXPECT_EQ(ReasonOf(status), "STORE_DAMAGED");
}

// Holds up the thread that writes, and with it the backup.
class HeldUp {
 public:
  explicit HeldUp(Store& store) {
    AccountWrite write = WriteOf("held up", [this](const DecideInput& input) {
      held_.set_value();
      go_on_.get_future().wait();
      return Evaluated(input, 1);
    });
    write.done = [this](const absl::StatusOr<CommitResult>&) { done_.set_value(); };
    store.Apply(std::move(write));
    held_.get_future().wait();
  }
  void GoOn() {
    go_on_.set_value();
    done_.get_future().wait();
  }

 private:
  std::promise<void> held_;
  std::promise<void> go_on_;
  std::promise<void> done_;
};

TEST_F(SqliteBackupTest, GivenUp_LeavesNoFile) {
  HeldUp held(store());
  std::promise<void> asked;
  auto copy = std::async(std::launch::async, [&] {
    return store().BackUp([&asked, calls = 0](int64_t, int64_t) mutable {
      // By the second time the first answer is known.
      if (++calls == 2) asked.set_value();
      return false;
    });
  });
  asked.get_future().wait();
  held.GoOn();
  EXPECT_CODE(copy.get(), kCancelled);
  EXPECT_TRUE(Files().empty());
  // And the next one is none the worse for it.
  EXPECT_TRUE(store().BackUp(GoOn).ok());
}

TEST_F(SqliteBackupTest, SecondAtTheSameTime_IsRefused) {
  HeldUp held(store());
  std::promise<void> asked;
  auto copy = std::async(std::launch::async, [&] {
    return store().BackUp([&asked, first = true](int64_t, int64_t) mutable {
      if (std::exchange(first, false)) asked.set_value();
      return true;
    });
  });
  asked.get_future().wait();
  const auto second = store().BackUp(GoOn);
  EXPECT_EQ(ReasonOf(second.status()), "BACKUP_UNDER_WAY");
  held.GoOn();
  EXPECT_TRUE(copy.get().ok());
}

TEST_F(SqliteBackupTest, StoreClosesMeanwhile_IsTold) {
  Fill(store());
  HeldUp held(store());
  std::promise<void> asked;
  auto copy = std::async(std::launch::async, [&] {
    return store().BackUp([&asked, first = true](int64_t, int64_t) mutable {
      if (std::exchange(first, false)) asked.set_value();
      return true;
    });
  });
  asked.get_future().wait();
  auto closed = std::async(std::launch::async, [this] { store().Close(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  held.GoOn();
  closed.get();
  const auto made = copy.get();
  EXPECT_CODE(made, kUnavailable);
  EXPECT_EQ(ReasonOf(made.status()), "STORE_CLOSING");
  EXPECT_TRUE(Files().empty());
  EXPECT_CODE(store().BackUp(GoOn), kUnavailable);
}

TEST_F(SqliteBackupTest, WhatACutShortOneLeft_GoesAtTheNextStart) {
  ASSERT_TRUE(store().BackUp(GoOn).ok());
  WriteBytes(under_test_.path() + ".backup-under-way.partial", "half");
  EXPECT_EQ(Files().size(), 2U);
  ASSERT_TRUE(under_test_.Reopen());
  EXPECT_TRUE(Files().empty());
}

}  // namespace
}  // namespace tiermark
