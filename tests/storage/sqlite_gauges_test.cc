// What a SQLite store says of how full and how busy it is, and what it tells its observer.
#include <sqlite3.h>

#include <filesystem>
#include <future>
#include <thread>

#include "SQLiteCpp/Database.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/storage/counting_observer.h"
#include "tests/storage/failing_disk.h"
#include "tests/storage/sqlite_under_test.h"
#include "tests/storage/store_test.h"

namespace tiermark {
namespace {

class SqliteGaugesTest : public testing::Test {
 protected:
  SqliteStoreOptions Observed() {
    SqliteStoreOptions options;
    options.observer = &observer_;
    return options;
  }

  static absl::Status Write(Store& store, const std::string& account_id, size_t note_bytes = 0) {
    std::promise<absl::Status> answered;
    AccountWrite write = WriteOf(account_id, [=](const DecideInput& input) {
      ChangeSet changes = Evaluated(input, 1);
      changes.entries[0].mutable_evaluation()->set_band_id(std::string(note_bytes, 'n'));
      return changes;
    });
    write.done = [&answered](const absl::StatusOr<CommitResult>& result) {
      answered.set_value(result.status());
    };
    store.Apply(std::move(write));
    return answered.get_future().get();
  }

  FakeClock clock_;
  CountingObserver observer_;
};

TEST_F(SqliteGaugesTest, OldestRead_IsAsOldAsTheReadUnderWay) {
  SqliteStoreOptions options = Observed();
  options.readers = 2;
  SqliteUnderTest under_test(&clock_, options);
  Store& store = under_test.store();
  ASSERT_TRUE(Write(store, "acme").ok());
  EXPECT_EQ(store.Gauges().readers, 2);
  EXPECT_EQ(store.Gauges().readers_busy, 0);
  EXPECT_EQ(store.Gauges().oldest_read, absl::ZeroDuration());

  std::promise<void> reading;
  std::promise<void> go_on;
  std::thread reader([&] {
    AccountQuery query;
    query.matches = [&](const AccountRecord&, const ItemMap*) {
      reading.set_value();
      go_on.get_future().wait();
      return true;
    };
    EXPECT_TRUE(store.ListAccounts(query).ok());
  });
  reading.get_future().wait();
  constexpr absl::Duration kLong = absl::Milliseconds(30);
  absl::SleepFor(kLong);
  // A later one does not hide it.
  EXPECT_TRUE(store.ReadAccount(kDefaultTenant, "acme").ok());
  const StoreGauges busy = store.Gauges();
  EXPECT_EQ(busy.readers_busy, 1);
  EXPECT_GE(busy.oldest_read, kLong);
  EXPECT_LT(busy.oldest_read, absl::Minutes(1));
  go_on.set_value();
  reader.join();
  EXPECT_EQ(store.Gauges().readers_busy, 0);
  EXPECT_EQ(store.Gauges().oldest_read, absl::ZeroDuration());
}

TEST_F(SqliteGaugesTest, WalAndPages_GrowWithWritesAndReads) {
  SqliteUnderTest under_test(&clock_, Observed());
  Store& store = under_test.store();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Write(store, absl::StrCat(i), 3'000).ok());
  const StoreGauges written = store.Gauges();
  EXPECT_EQ(written.wal_bytes % 4'120, 0);
  EXPECT_GT(written.wal_bytes, 50 * 3'000);
  EXPECT_LE(written.wal_bytes,
            static_cast<int64_t>(std::filesystem::file_size(under_test.path() + "-wal")));
  EXPECT_GT(written.disk_free_bytes, 0);
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(store.ReadAccount(kDefaultTenant, absl::StrCat(i)).ok());
  }
  const StoreGauges read = store.Gauges();
  EXPECT_GE(read.cache_hits + read.cache_misses - written.cache_hits - written.cache_misses, 50);
  EXPECT_GT(read.cache_misses, written.cache_misses) << "the readers' caches began empty";
  under_test.Shut();
}

TEST_F(SqliteGaugesTest, Observer_IsToldOfGroupsFlushesAndCheckpoints) {
  SqliteStoreOptions options = Observed();
  options.checkpoint_frames = 20;
  SqliteUnderTest under_test(&clock_, options);
  constexpr int kWrites = 100;
  for (int i = 0; i < kWrites; ++i) ASSERT_TRUE(Write(under_test.store(), absl::StrCat(i)).ok());
  under_test.Shut();
  EXPECT_EQ(observer_.writes, kWrites);
  EXPECT_EQ(observer_.groups, kWrites);
  EXPECT_EQ(observer_.flushes, kWrites) << "one write waits for the other here";
  EXPECT_GT(observer_.steps(CheckpointStep::kCopy), 1);
  EXPECT_GT(observer_.steps(CheckpointStep::kFlush), 1);
  EXPECT_GT(observer_.steps(CheckpointStep::kEnd), 0);
  EXPECT_TRUE(observer_.faults().empty());
  EXPECT_TRUE(observer_.sane);
}

TEST_F(SqliteGaugesTest, Observer_IsToldOfAFullDisk) {
  FailingDisk disk;
  SqliteUnderTest under_test(&clock_, Observed());
  ASSERT_TRUE(Write(under_test.store(), "acme").ok());
  disk.Fail(FailingDisk::Operation::kWrite, 0, SQLITE_FULL);
  EXPECT_CODE(Write(under_test.store(), "acme"), kResourceExhausted);
  disk.Heal();
  const auto faults = observer_.faults();
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults.begin()->first, StoreFault::kDiskFull);
}

TEST_F(SqliteGaugesTest, Observer_IsToldOfDamage) {
  SqliteUnderTest under_test(&clock_, Observed());
  ASSERT_TRUE(Write(under_test.store(), "acme").ok());
  under_test.Shut();
  SQLite::Database(under_test.path(), SQLite::OPEN_READWRITE)
      .exec("UPDATE account SET checksum = checksum + 1");
  ASSERT_TRUE(under_test.Reopen());
  EXPECT_CODE(under_test.store().ReadAccount(kDefaultTenant, "acme").status(), kDataLoss);
  EXPECT_EQ(observer_.faults(), (std::map<StoreFault, int>{{StoreFault::kDamaged, 1}}));
}

TEST_F(SqliteGaugesTest, Gauges_AfterClose_AreAllZero) {
  SqliteUnderTest under_test(&clock_, Observed());
  Store& store = under_test.store();
  ASSERT_TRUE(Write(store, "acme").ok());
  store.Close();
  const StoreGauges closed = store.Gauges();
  EXPECT_EQ(closed.readers, 0);
  EXPECT_EQ(closed.wal_bytes, 0);
  EXPECT_EQ(closed.disk_free_bytes, 0);
}

}  // namespace
}  // namespace tiermark
