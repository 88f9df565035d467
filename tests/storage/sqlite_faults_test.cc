// What a failing disk makes of a SQLite store: no acknowledged write lost, none doubled.
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <map>
#include <string>

#include "SQLiteCpp/Database.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "scoring/error.h"
#include "tests/storage/failing_disk.h"
#include "tests/storage/sqlite_under_test.h"
#include "tests/storage/store_test.h"

namespace tiermark {
namespace {

using Operation = FailingDisk::Operation;

class SqliteFaultsTest : public testing::Test {
 protected:
  absl::StatusOr<CommitResult> Write(Store& store, const std::string& account_id, int score,
                                     size_t note_bytes = 0) {
    std::promise<absl::StatusOr<CommitResult>> answered;
    AccountWrite write = WriteOf(account_id, [=](const DecideInput& input) {
      ChangeSet changes = Evaluated(input, score);
      changes.entries[0].mutable_evaluation()->set_band_id(std::string(note_bytes, 'n'));
      return changes;
    });
    write.request = Tag(absl::StrCat(account_id, score), "body");
    write.done = [&answered](absl::StatusOr<CommitResult> result) {
      answered.set_value(std::move(result));
    };
    store.Apply(std::move(write));
    return answered.get_future().get();
  }

  static std::string Check(const std::string& path) {
    SQLite::Database database(path, SQLite::OPEN_READONLY);
    return database.execAndGet("PRAGMA integrity_check").getString();
  }

  FakeClock clock_;
};

// Lets one operation fail after `good` good ones, ends the store as a process that exits at once
// would, and looks at what is left.
class AtEachPlace : public SqliteFaultsTest {
 protected:
  void Run(Operation operation, int sqlite_code) {
    int unknown = 0;
    for (int good = 0; good < 100; ++good) {
      SCOPED_TRACE(absl::StrCat("after ", good, " good ones"));
      FailingDisk disk;
      SqliteStoreOptions options;
      std::promise<void> fatal;
      options.on_fatal = [&fatal](const absl::Status&) { fatal.set_value(); };
      // So that checkpoints are among the places.
      options.checkpoint_frames = 20;
      SqliteUnderTest under_test(&clock_, options);
      std::map<int, int64_t> acknowledged;
      int in_doubt = -1;
      bool refused = false;
      disk.Fail(operation, good, sqlite_code);
      for (int i = 0; i < 120 && in_doubt < 0 && !refused; ++i) {
        const auto result = Write(under_test.store(), absl::StrCat("account ", i % 7), i);
        refused = ReasonOf(result.status()) == "STORE_FAILED";
        if (result.ok()) {
          acknowledged[i] = result->entries[0].position;
        } else if (!refused) {
          EXPECT_EQ(ReasonOf(result.status()), "COMMIT_UNKNOWN") << result.status();
          in_doubt = i;
        }
      }
      EXPECT_TRUE(disk.failed());
      if (in_doubt >= 0) ++unknown;
      if (in_doubt >= 0 || refused) {
        // The second of these happens when a file could not be flushed after the last answer.
        fatal.get_future().wait();
        EXPECT_CODE(Write(under_test.store(), "other", 1), kUnavailable);
        EXPECT_TRUE(under_test.store().ReadAccount(kDefaultTenant, "account 0").ok() ||
                    acknowledged.empty());
      }
      under_test.Shut();
      disk.Heal();
      EXPECT_EQ(Check(under_test.path()), "ok");
      ASSERT_TRUE(under_test.Reopen());
      for (const auto& [i, position] : acknowledged) {
        const auto entry = under_test.store().ReadLog(kDefaultTenant, position);
        ASSERT_TRUE(entry.ok()) << entry.status();
        EXPECT_EQ(entry->entry.evaluation().score(), i);
      }
      if (in_doubt >= 0) {
        // Sent again it is there once, whatever became of it.
        const std::string account_id = absl::StrCat("account ", in_doubt % 7);
        ASSERT_TRUE(Write(under_test.store(), account_id, in_doubt).ok());
        const auto page = under_test.store().ListEvaluations({.account_id = account_id});
        int times = 0;
        for (const LogRecord& record : page->records) {
          times += record.entry.evaluation().score() == in_doubt ? 1 : 0;
        }
        EXPECT_EQ(times, 1);
      }
    }
    EXPECT_GT(unknown, 30);
  }
};

TEST_F(AtEachPlace, SyncFails_NothingAcknowledgedIsLost) {
  Run(Operation::kSync, SQLITE_IOERR_FSYNC);
}

TEST_F(AtEachPlace, WriteFails_NothingAcknowledgedIsLost) {
  Run(Operation::kWrite, SQLITE_IOERR_WRITE);
}

TEST_F(SqliteFaultsTest, DiskFull_WritesAreRefused_ReadsServed_AndItRecoversByItself) {
  for (int good = 0; good < 40; ++good) {
    SCOPED_TRACE(absl::StrCat("after ", good, " good ones"));
    FailingDisk disk;
    SqliteStoreOptions options;
    options.checkpoint_frames = 20;
    SqliteUnderTest under_test(&clock_, options);
    Store& store = under_test.store();
    ASSERT_TRUE(Write(store, "acme", 1000).ok());
    disk.Fail(Operation::kWrite, good, SQLITE_FULL);
    int refused = 0;
    for (int i = 0; i < 30; ++i) {
      const auto result = Write(store, "acme", i);
      if (result.ok()) continue;
      ++refused;
      ASSERT_EQ(result.status().code(), absl::StatusCode::kResourceExhausted) << result.status();
      EXPECT_EQ(ReasonOf(result.status()), "DISK_FULL");
      EXPECT_TRUE(result.status().GetPayload(kRetryInfoUrl).has_value());
      EXPECT_TRUE(store.ReadAccount(kDefaultTenant, "acme").ok());
    }
    EXPECT_GT(refused, 0);
    disk.Heal();
    for (int i = 0; i < 30; ++i) ASSERT_TRUE(Write(store, "acme", i).ok());
    const auto page = store.ListEvaluations({.account_id = "acme", .limit = 100});
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->records.size(), 31U);
    under_test.Shut();
    EXPECT_EQ(Check(under_test.path()), "ok");
  }
}

TEST_F(SqliteFaultsTest, FileAtItsBound_IsAFullDisk) {
  SqliteStoreOptions options;
  options.pages_max = 40;
  SqliteUnderTest under_test(&clock_, options);
  absl::Status status;
  int written = 0;
  for (; written < 100 && status.ok(); ++written) {
    status = Write(under_test.store(), "acme", written, 5'000).status();
  }
  EXPECT_EQ(ReasonOf(status), "DISK_FULL") << status;
  EXPECT_EQ(under_test.store().ReadAccount(kDefaultTenant, "acme")->last_position, written - 1);
  under_test.options().pages_max = 0;
  ASSERT_TRUE(under_test.Reopen());
  EXPECT_TRUE(Write(under_test.store(), "acme", 101).ok());
}

TEST_F(SqliteFaultsTest, WriteAheadLog_StaysWithinItsBound) {
  SqliteStoreOptions options;
  options.checkpoint_frames = 100;
  SqliteUnderTest under_test(&clock_, options);
  uintmax_t largest = 0;
  for (int i = 0; i < 400; ++i) {
    ASSERT_TRUE(Write(under_test.store(), absl::StrCat(i), i % 100, 3'000).ok());
    largest = std::max(largest, std::filesystem::file_size(under_test.path() + "-wal"));
  }
  // A group goes beyond the bound, and then the log starts anew.
  EXPECT_LT(largest, 150U * 4'120U);
  EXPECT_GT(std::filesystem::file_size(under_test.path()), 1'000'000U);
}

}  // namespace
}  // namespace tiermark
