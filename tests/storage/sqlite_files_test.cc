// Where a SQLite store opens and where it refuses to, and what its files look like.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "SQLiteCpp/Database.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "scoring/error.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/migrations.h"
#include "tests/storage/failing_disk.h"
#include "tests/storage/sqlite_under_test.h"

namespace tiermark {
namespace {

class SqliteFilesTest : public testing::Test {
 protected:
  // How opening ends; the store is closed again.
  absl::Status Open(const std::string& path) {
    SqliteStoreOptions options;
    options.path = path;
    return OpenSqliteStore(options).status();
  }

  void ExpectRefused(const std::string& path, const std::string& reason, const char* advice) {
    const absl::Status status = Open(path);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_EQ(ReasonOf(status), reason) << status;
    EXPECT_TRUE(absl::StrContains(std::string(status.message()), advice)) << status;
  }

  static void Execute(const std::string& path, const std::string& sql) {
    SQLite::Database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(sql);
  }

  static int ModeOf(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
    return static_cast<int>(status.st_mode & 0777);
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.File("store.db");
};

TEST_F(SqliteFilesTest, Open_NewPath_MakesPrivateFilesAndTheirDirectory) {
  SqliteStoreOptions options;
  options.path = directory_.File("new/store.db");
  const auto store = OpenSqliteStore(options);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(ModeOf(directory_.File("new")), 0700);
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    EXPECT_EQ(ModeOf(options.path + suffix), 0600) << suffix;
  }
}

TEST_F(SqliteFilesTest, Open_ClosedStore_OpensAgain) {
  ASSERT_TRUE(Open(path_).ok());
  // Closing moved the log into the file.
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
  EXPECT_TRUE(Open(path_).ok());
}

TEST_F(SqliteFilesTest, Open_WhileOpen_RefusedUntilClosed) {
  SqliteStoreOptions options;
  options.path = path_;
  auto store = OpenSqliteStore(options);
  ASSERT_TRUE(store.ok()) << store.status();
  ExpectRefused(path_, "STORE_IN_USE", absl::StrCat("process ", getpid()).c_str());
  store->reset();
  EXPECT_TRUE(Open(path_).ok());
}

TEST_F(SqliteFilesTest, Open_DirectoryAboveMissing_Refused) {
  ExpectRefused(directory_.File("no/such/store.db"), "STORE_PATH_MISSING", "create it");
  ExpectRefused(directory_.File(""), "STORE_PATH_MISSING", "name a file");
}

TEST_F(SqliteFilesTest, Open_NotAPlainFile_Refused) {
  std::filesystem::create_directory(path_);
  ExpectRefused(path_, "STORE_FILE_NOT_REGULAR", "plain file");
  const std::string link = directory_.File("link.db");
  std::filesystem::create_symlink(directory_.File("target.db"), link);
  ExpectRefused(link, "STORE_FILE_NOT_REGULAR", "plain file");
}

TEST_F(SqliteFilesTest, Open_LinkInTheDirectory_IsFollowed) {
  std::filesystem::create_directory(directory_.File("real"));
  std::filesystem::create_directory_symlink(directory_.File("real"), directory_.File("link"));
  EXPECT_TRUE(Open(directory_.File("link/store.db")).ok());
  EXPECT_TRUE(std::filesystem::exists(directory_.File("real/store.db")));
}

TEST_F(SqliteFilesTest, Open_NotOurs_Refused) {
  ASSERT_TRUE(Open(path_).ok());
  if (chown(path_.c_str(), 12'345, 12'345) != 0) GTEST_SKIP() << "only root gives files away";
  ExpectRefused(path_, "STORE_FILE_NOT_OWNED", "run it as the owner");
}

TEST_F(SqliteFilesTest, Open_ReadOnly_Refused) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  ASSERT_TRUE(Open(path_).ok());
  chmod(path_.c_str(), 0400);
  ExpectRefused(path_, "STORE_PATH_NOT_WRITABLE", "give this user the right");
  chmod(directory_.path().c_str(), 0500);
  ExpectRefused(directory_.File("other.db"), "STORE_PATH_NOT_WRITABLE", "give this user");
  chmod(directory_.path().c_str(), 0700);
}

TEST_F(SqliteFilesTest, Open_SomethingElse_Refused) {
  std::ofstream(path_) << std::string(8'192, 'x');
  ExpectRefused(path_, "NOT_A_STORE", "another path");
  const std::string other = directory_.File("other.db");
  Execute(other, "CREATE TABLE notes (note TEXT)");
  ExpectRefused(other, "NOT_A_STORE", "another path");
  const std::string claimed = directory_.File("claimed.db");
  Execute(claimed, "PRAGMA application_id = 77; CREATE TABLE notes (note TEXT)");
  ExpectRefused(claimed, "NOT_A_STORE", "another path");
}

TEST_F(SqliteFilesTest, Open_NewerSchema_Refused) {
  ASSERT_TRUE(Open(path_).ok());
  Execute(path_, "INSERT INTO schema_migration VALUES (999, '0999_later', 'x', 0)");
  ExpectRefused(path_, "SCHEMA_NEWER", "a later one");
}

TEST_F(SqliteFilesTest, Open_OtherSchemaOfTheSameNumber_Refused) {
  ASSERT_TRUE(Open(path_).ok());
  Execute(path_, "UPDATE schema_migration SET sha256 = 'x' WHERE number = 1");
  ExpectRefused(path_, "SCHEMA_DIFFERS", "another build");
}

TEST_F(SqliteFilesTest, Open_SchemaIsNotWhatItsStepsMake_Refused) {
  ASSERT_TRUE(Open(path_).ok());
  Execute(path_, "ALTER TABLE log RENAME COLUMN entry TO ent_y");
  EXPECT_CODE(Open(path_), kDataLoss);
  Execute(path_, "ALTER TABLE log RENAME COLUMN ent_y TO entry; ANALYZE");
  EXPECT_TRUE(Open(path_).ok());
  Execute(path_, "DROP INDEX account_by_rank");
  EXPECT_CODE(Open(path_), kDataLoss);
}

TEST_F(SqliteFilesTest, Open_FailsAtAnyPlace_TheNextStartWorks) {
  int refused = 0;
  for (int good = 0; good < 60; ++good) {
    const std::string path = directory_.File(absl::StrCat(good, ".db"));
    FailingDisk disk;
    disk.Fail(FailingDisk::Operation::kWrite, good, 778);  // SQLITE_IOERR_WRITE
    const absl::Status first = Open(path);
    disk.Heal();
    // What fails when the store is closed again harms nothing, and nobody is told.
    EXPECT_TRUE(first.ok() || disk.failed()) << good << first;
    refused += first.ok() ? 0 : 1;
    EXPECT_TRUE(Open(path).ok()) << good;
  }
  EXPECT_GT(refused, 20);
}

TEST_F(SqliteFilesTest, Migrate_AddsWhatIsMissing_EachStepOnce) {
  using sqlite::Migration;
  Execute(path_, "VACUUM");
  sqlite::Connection connection({.path = path_, .writes = true});
  const Migration first{1, "0001_a", "sha-a", "CREATE TABLE a (x INTEGER) STRICT"};
  const Migration second{2, "0002_b", "sha-b",
                         "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO b VALUES (7)"};
  EXPECT_TRUE(Migrate({first}, 5, &connection).ok());
  EXPECT_TRUE(Migrate({first, second}, 6, &connection).ok());
  EXPECT_TRUE(Migrate({first, second}, 7, &connection).ok());
  EXPECT_EQ(connection.database().execAndGet("SELECT sum(x) FROM b").getInt(), 7);
  EXPECT_EQ(
      connection.database().execAndGet("SELECT max(applied_us) FROM schema_migration").getInt(), 6);
}

TEST_F(SqliteFilesTest, Migrate_StepFails_LeavesNothingOfItself) {
  using sqlite::Migration;
  Execute(path_, "VACUUM");
  sqlite::Connection connection({.path = path_, .writes = true});
  const Migration broken{1, "0001_a", "sha-a", "CREATE TABLE a (x INTEGER) STRICT; nonsense"};
  EXPECT_THROW(Migrate({broken}, 5, &connection).IgnoreError(), SQLite::Exception);
  const Migration sound{1, "0001_a", "sha-b", "CREATE TABLE a (x INTEGER) STRICT"};
  EXPECT_TRUE(Migrate({sound}, 5, &connection).ok());
}

TEST_F(SqliteFilesTest, Connection_IsSetUpForDurabilityAndAgainstAbuse) {
  ASSERT_TRUE(Open(path_).ok());
  sqlite::Connection writer({.path = path_, .writes = true, .cache_bytes = 1 << 20});
  const auto pragma = [](sqlite::Connection& connection, const char* name) {
    return connection.database().execAndGet(absl::StrCat("PRAGMA ", name)).getString();
  };
  EXPECT_EQ(pragma(writer, "journal_mode"), "wal");
  // Checkpoints are ordered; commits are flushed by Writer::Flush.
  EXPECT_EQ(pragma(writer, "synchronous"), "1");
  EXPECT_EQ(pragma(writer, "wal_autocheckpoint"), "0");
  EXPECT_EQ(pragma(writer, "trusted_schema"), "0");
  EXPECT_EQ(pragma(writer, "cache_size"), "-1024");
  EXPECT_EQ(pragma(writer, "application_id"), absl::StrCat(0x54696572));
  EXPECT_THROW(writer.Execute("SELECT \"not a column\""), SQLite::Exception);
  EXPECT_THROW(writer.Execute("ATTACH ':memory:' AS other"), SQLite::Exception);
  EXPECT_THROW(writer.Execute("PRAGMA writable_schema = ON; DELETE FROM sqlite_schema"),
               SQLite::Exception);

  sqlite::Connection reader({.path = path_, .cache_bytes = 1 << 20});
  EXPECT_EQ(pragma(reader, "query_only"), "1");
  EXPECT_THROW(reader.Execute("DELETE FROM log"), SQLite::Exception);
}

TEST(ParseSqliteStoreTest, TakesThePath) {
  EXPECT_EQ(*ParseSqliteStore("sqlite:var/tiermark.db"), "var/tiermark.db");
  EXPECT_EQ(*ParseSqliteStore("sqlite:/a:b"), "/a:b");
  for (const char* other : {"", "sqlite:", "sqlite", "var/tiermark.db", "postgresql://h/d"}) {
    EXPECT_CODE(ParseSqliteStore(other), kInvalidArgument);
  }
}

}  // namespace
}  // namespace tiermark
