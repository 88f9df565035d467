// A restored store is the backup or what was there before, and never something between.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>

#include "SQLiteCpp/Database.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "scoring/error.h"
#include "storage/sqlite/backup.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/restore.h"
#include "tests/storage/failing_calls.h"
#include "tests/storage/filled_store.h"

namespace tiermark {
namespace {

class SqliteRestoreTest : public testing::Test {
 protected:
  SqliteRestoreTest() {
    SqliteUnderTest filled(&clock_);
    Fill(filled.store());
    filled.Shut();
    WriteBytes(backup_, ReadBytes(filled.path()));
    options_.from = backup_;
    options_.path = path_;
    options_.clock = &clock_;
  }

  // A store of one account, with a write-ahead log as a kill leaves it.
  void MakeOldStore() {
    SqliteUnderTest old(&clock_);
    ASSERT_TRUE(WriteTo(old.store(),
                        WriteOf("old", [](const DecideInput& in) { return Evaluated(in, 50); }))
                    .ok());
    for (const char* suffix : {"", "-wal"}) {
      WriteBytes(path_ + suffix, ReadBytes(old.path() + suffix));
    }
    ASSERT_TRUE(sqlite::HasWal(path_));
  }

  std::set<std::string> Files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      names.insert(entry.path().filename());
    }
    return names;
  }

  // "old", "new", or what keeps the store from being opened.
  std::string Holds(const std::string& path) {
    SqliteStoreOptions options;
    options.path = path;
    const auto store = OpenSqliteStore(options);
    if (!store.ok()) return store.status().ToString();
    const bool is_old = (*store)->ReadAccount(kDefaultTenant, "old").ok();
    const bool is_new = (*store)->ReadAccount(kDefaultTenant, "account 3").ok();
    return is_old == is_new ? "something between" : is_old ? "old" : "new";
  }

  FakeClock clock_;
  TemporaryDirectory directory_;
  const std::string backup_ = directory_.File("backup.db");
  const std::string path_ = directory_.File("store.db");
  RestoreOptions options_;
};

TEST_F(SqliteRestoreTest, NoStoreThere_IsPutThere) {
  const auto restored = RestoreStore(options_);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->aside, "");
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(Holds(path_), "new");
}

TEST_F(SqliteRestoreTest, StoreThere_IsRefusedAndLeftAlone) {
  MakeOldStore();
  const auto restored = RestoreStore(options_);
  EXPECT_CODE(restored, kFailedPrecondition);
  EXPECT_EQ(ReasonOf(restored.status()), "STORE_EXISTS");
  EXPECT_EQ(Holds(path_), "old");
}

TEST_F(SqliteRestoreTest, LogOfALostStoreThere_IsRefusedToo) {
  MakeOldStore();
  std::filesystem::remove(path_);
  EXPECT_EQ(ReasonOf(RestoreStore(options_).status()), "STORE_EXISTS");
}

TEST_F(SqliteRestoreTest, Replaced_KeepsTheOldOneWithItsLog) {
  MakeOldStore();
  options_.replace = true;
  const auto restored = RestoreStore(options_);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(Holds(path_), "new");
  EXPECT_TRUE(absl::StartsWith(restored->aside, path_ + ".replaced-"));
  EXPECT_EQ(Holds(restored->aside), "old");
}

TEST_F(SqliteRestoreTest, ReplacedTwiceInASecond_KeepsBoth) {
  MakeOldStore();
  options_.replace = true;
  const auto first = RestoreStore(options_);
  const auto second = RestoreStore(options_);
  ASSERT_TRUE(first.ok() && second.ok()) << first.status() << second.status();
  EXPECT_NE(first->aside, second->aside);
  EXPECT_EQ(Holds(first->aside), "old");
}

TEST_F(SqliteRestoreTest, DamagedBackup_LeavesTheStoreAsItIs) {
  MakeOldStore();
  options_.replace = true;
  SQLite::Database(backup_, SQLite::OPEN_READWRITE)
      .exec("UPDATE account SET state = x'00' WHERE account_no = 5");
  int damages = 0;
  options_.on_damage = [&damages](const StoreDamage&) { ++damages; };
  const auto restored = RestoreStore(options_);
  EXPECT_CODE(restored, kDataLoss);
  EXPECT_EQ(ReasonOf(restored.status()), "BACKUP_DAMAGED");
  EXPECT_GT(damages, 0);
  EXPECT_EQ(Holds(path_), "old");
}

TEST_F(SqliteRestoreTest, BackupMissing_StoreItself_OrInUse_IsRefused) {
  options_.from = backup_ + ".none";
  EXPECT_CODE(RestoreStore(options_), kNotFound);
  MakeOldStore();
  options_.from = path_;
  options_.replace = true;
  EXPECT_EQ(ReasonOf(RestoreStore(options_).status()), "BACKUP_IS_STORE");
  options_.from = backup_;
  SqliteStoreOptions serving;
  serving.path = path_;
  const auto store = OpenSqliteStore(serving);
  ASSERT_TRUE(store.ok());
  EXPECT_EQ(ReasonOf(RestoreStore(options_).status()), "STORE_IN_USE");
}

TEST_F(SqliteRestoreTest, FromAStoreWhoseOwnWasCutShort_IsRefused) {
  WriteBytes(backup_ + ".restore-decided", "another");
  EXPECT_EQ(ReasonOf(RestoreStore(options_).status()), "RESTORE_CUT_SHORT");
  EXPECT_FALSE(std::filesystem::exists(path_));
}

// The names that a restore makes durable: of the old store and of the decision, which can be taken
// back, and two as it ends.
TEST_F(SqliteRestoreTest, NameThatIsNotDurable_LeavesTheStoreAsItIs_OrIsTold) {
  options_.replace = true;
  const std::string aside = absl::StrCat(
      path_, ".replaced-", absl::FormatTime("%Y%m%dT%H%M%SZ", clock_.Now(), absl::UTCTimeZone()));
  for (const int flushes : {0, 1, 2, 3}) {
    SCOPED_TRACE(flushes);
    MakeOldStore();
    failing_calls().directory_flushes_left = flushes;
    const auto restored = RestoreStore(options_);
    failing_calls().Reset();
    if (flushes < 2) {
      EXPECT_EQ(ReasonOf(restored.status()), "FILE_NOT_WRITABLE");
      EXPECT_EQ(Files(),
                (std::set<std::string>{"backup.db", "store.db", "store.db-wal", "store.db.lock"}));
      EXPECT_EQ(Holds(path_), "old");
    } else {
      EXPECT_EQ(ReasonOf(restored.status()), "RESTORE_NOT_ENDED");
      EXPECT_THAT(std::string(restored.status().message()), testing::HasSubstr(aside));
      EXPECT_EQ(Holds(path_), "new");
      EXPECT_EQ(Holds(aside), "old");
      std::filesystem::remove(aside);
    }
  }
}

// What a kill leaves before and behind the decision.
TEST_F(SqliteRestoreTest, CutShortBeforeTheDecision_IsWithoutEffect) {
  MakeOldStore();
  WriteBytes(path_ + ".restore-partial", ReadBytes(backup_).substr(0, 9'000));
  EXPECT_EQ(Holds(path_), "old");
  EXPECT_FALSE(std::filesystem::exists(path_ + ".restore-partial"));
  WriteBytes(path_ + ".restore-partial", ReadBytes(backup_).substr(0, 9'000));
  options_.replace = true;
  EXPECT_TRUE(RestoreStore(options_).ok());
  EXPECT_EQ(Holds(path_), "new");
}

TEST_F(SqliteRestoreTest, CutShortBehindTheDecision_IsEndedByWhoeverComesNext) {
  const auto cut_short = [this](bool log_gone) {
    MakeOldStore();
    WriteBytes(path_ + ".restore-decided", ReadBytes(backup_));
    if (log_gone) std::filesystem::remove(path_ + "-wal");
  };
  for (const bool log_gone : {false, true}) {
    cut_short(log_gone);
    EXPECT_EQ(Holds(path_), "new");
    EXPECT_FALSE(std::filesystem::exists(path_ + ".restore-decided"));
    cut_short(log_gone);
    ASSERT_TRUE(HoldStore(path_).ok());
    EXPECT_EQ(Holds(path_), "new");
  }
}

class SqliteMigrateTest : public testing::Test {
 protected:
  // The first steps of the schema alone.
  void MakeWith(size_t steps) {
    WriteBytes(path_, "");
    chmod(path_.c_str(), 0600);
    sqlite::ConnectionOptions options;
    options.path = path_;
    options.writes = true;
    sqlite::Connection connection(options);
    std::vector<sqlite::Migration> migrations = sqlite::KnownMigrations();
    migrations.resize(steps);
    ASSERT_TRUE(sqlite::Migrate(migrations, 0, &connection).ok());
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.File("store.db");
};

TEST_F(SqliteMigrateTest, OlderStore_IsToldOfAndBroughtUpToDate) {
  MakeWith(1);
  const std::string bytes = ReadBytes(path_);
  const auto would = MigrateStore({.path = path_, .dry_run = true});
  ASSERT_TRUE(would.ok()) << would.status();
  EXPECT_EQ(*would, std::vector<std::string>{"0002_audit"});
  EXPECT_EQ(ReadBytes(path_), bytes);
  // Until then it is a sound store of its own schema.
  StoreCheckOptions check;
  check.path = path_;
  EXPECT_EQ(CheckStore(check)->damages, 0);
  EXPECT_EQ(CheckStore(check)->schema_steps, 1);

  const auto done = MigrateStore({.path = path_});
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(*done, *would);
  EXPECT_TRUE(MigrateStore({.path = path_})->empty());
  EXPECT_EQ(CheckStore(check)->schema_steps, 2);
}

TEST_F(SqliteMigrateTest, NewerMissingOrServedStore_IsRefused) {
  EXPECT_CODE(MigrateStore({.path = path_}), kNotFound);
  MakeWith(2);
  {
    SqliteStoreOptions serving;
    serving.path = path_;
    const auto store = OpenSqliteStore(serving);
    ASSERT_TRUE(store.ok());
    EXPECT_EQ(ReasonOf(MigrateStore({.path = path_}).status()), "STORE_IN_USE");
  }
  SQLite::Database(path_, SQLite::OPEN_READWRITE)
      .exec("INSERT INTO schema_migration VALUES (3, '0003_later', 'x', 0)");
  EXPECT_EQ(ReasonOf(MigrateStore({.path = path_}).status()), "SCHEMA_NEWER");
  StoreCheckOptions check;
  check.path = path_;
  EXPECT_EQ(ReasonOf(CheckStore(check).status()), "SCHEMA_NEWER");
}

}  // namespace
}  // namespace tiermark
