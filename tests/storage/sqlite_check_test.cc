// A check finds whatever in a file is not as it was stored, and nothing in a sound one.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "SQLiteCpp/Database.h"
#include "SQLiteCpp/Exception.h"
#include "SQLiteCpp/Statement.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "scoring/error.h"
#include "storage/sqlite/check.h"
#include "storage/sqlite/files.h"
#include "tests/storage/filled_store.h"

namespace tiermark {
namespace {

using testing::HasSubstr;

// What was found, a line each; or why it could not be looked for.
struct Found {
  absl::Status status;
  std::vector<std::string> damages;
  StoreCheck check;

  bool sound() const { return status.ok() && damages.empty(); }
  std::string text() const { return absl::StrCat(absl::StrJoin(damages, "\n"), status.ToString()); }
};

Found CheckFile(const std::string& path) {
  Found found;
  StoreCheckOptions options;
  options.path = path;
  options.on_damage = [&found](const StoreDamage& damage) {
    found.damages.push_back(absl::StrCat(damage.table, " | ", damage.key, " | ", damage.what));
  };
  auto checked = CheckStore(options);
  found.status = checked.status();
  if (checked.ok()) {
    found.check = *std::move(checked);
    EXPECT_EQ(found.check.damages, static_cast<int64_t>(found.damages.size()));
  }
  return found;
}

class SqliteCheckTest : public testing::Test {
 protected:
  SqliteCheckTest() : under_test_(&clock_) {
    Fill(under_test_.store());
    under_test_.Shut();
    sound_ = ReadBytes(path());
  }

  const std::string& path() const { return under_test_.path(); }

  void Change(const std::string& sql) {
    SQLite::Database database(path(), SQLite::OPEN_READWRITE);
    database.exec(sql);
  }

  FakeClock clock_;
  SqliteUnderTest under_test_;
  std::string sound_;
};

TEST_F(SqliteCheckTest, SoundStore_HasEveryTableAndNoDamage) {
  const Found found = CheckFile(path());
  EXPECT_TRUE(found.sound()) << found.text();
  for (const char* table :
       {"account", "log", "due", "account_event", "account_item", "account_parent", "movement",
        "tenant_record", "erased_account", "audit"}) {
    const auto rows = found.check.rows.find(table);
    ASSERT_NE(rows, found.check.rows.end()) << table;
    EXPECT_GT(rows->second, 0) << table;
  }
  // It leaves no files beside the one that it read.
  EXPECT_FALSE(sqlite::HasWal(path()));
  EXPECT_EQ(ReadBytes(path()), sound_);
}

TEST_F(SqliteCheckTest, WhatIsInTheWriteAheadLog_IsCheckedToo) {
  ASSERT_TRUE(under_test_.Reopen());
  ASSERT_TRUE(
      WriteTo(under_test_.store(),
              WriteOf("late", [](const DecideInput& input) { return Evaluated(input, 50); }))
          .ok());
  // As a server that was killed leaves it.
  TemporaryDirectory left;
  for (const char* suffix : {"", "-wal"}) {
    WriteBytes(left.File("store.db") + suffix, ReadBytes(path() + suffix));
  }
  const Found found = CheckFile(left.File("store.db"));
  EXPECT_TRUE(found.sound()) << found.text();
  EXPECT_EQ(found.check.rows.at("account"), 30);
}

TEST_F(SqliteCheckTest, ChangedRow_IsNamedByTableAndKey) {
  struct Case {
    const char* sql;
    const char* found;
  };
  const std::vector<Case> cases = {
      {"UPDATE account SET state = substr(state, 2) WHERE account_no = 7",
       "account | account_no 7 | does not match"},
      {"UPDATE account SET facts = x'00' WHERE account_no = 7",
       "account | account_no 7 | does not match"},
      {"UPDATE account SET rank = -99 WHERE account_no = 7",
       "account | account_no 7 | does not match"},
      {"DELETE FROM account WHERE account_no = 7", "its account, number 7, is not there"},
      {"DELETE FROM account WHERE account_no = 7", "due | "},
      {"UPDATE log SET entry = x'00' WHERE position = 12", "log | position 12 | does not match"},
      {"DELETE FROM log WHERE position = 12", "log | position 12 | is missing"},
      {"DELETE FROM log WHERE position = (SELECT max(position) FROM log)", "account | "},
      {"DELETE FROM log WHERE position = (SELECT max(position) FROM log)", "erased_account | "},
      {"DELETE FROM due WHERE account_no = 4 AND reason = 1", "due | account_no 4 | has no row"},
      {"DELETE FROM due WHERE account_no = 4 AND listing IS NULL", "due | account_no 4 | has no"},
      {"UPDATE due SET due_us = due_us + 1 WHERE account_no = 4 AND listing IS NULL",
       "its account does not bear it out"},
      {"UPDATE due SET listing = x'00' WHERE account_no = 4 AND listing IS NOT NULL",
       "account_no 4 | does not match"},
      {"UPDATE due SET listing = NULL, checksum = NULL WHERE account_no = 4",
       "account_no 4 | its account does not bear it out"},
      {"UPDATE due SET checksum = 5 WHERE account_no = 4 AND listing IS NULL", "due | "},
      {"UPDATE due SET tenant_id = 9 WHERE account_no = 4 AND listing IS NULL", "tenant_id 9"},
      {"INSERT INTO due VALUES (1, 5, 1, 4000, NULL, NULL)", "its account is not there"},
      {"UPDATE account_event SET closing_position = 6 WHERE account_no = 3",
       "account_event | account_no 3 position"},
      {"UPDATE account_item SET value = x'00' WHERE account_no = 3",
       "account_item | account_no 3 kind"},
      {"DELETE FROM account_parent WHERE account_no = 4", "account_parent | account_no 4 | has no"},
      {"UPDATE account_parent SET parent_id = 'x' WHERE account_no = 4",
       "account_parent | account_no 4 | its account does not bear it out"},
      {"INSERT INTO account_parent VALUES (1, 'x', 4000)", "account_no 4000 | its account is not"},
      {"DELETE FROM movement WHERE account_no = 5", "movement | position"},
      {"UPDATE movement SET evaluate_us = 1 WHERE account_no = 5", "does not bear it out"},
      {"UPDATE movement SET account_no = 6 WHERE account_no = 5", "does not bear it out"},
      {"INSERT INTO movement VALUES (1, 1, 4000, 5)", "position 4000 | its evaluation is not"},
      {"UPDATE tenant_record SET value = x'00' WHERE key = 'rates'",
       "tenant_record | tenant_id 2 key rates"},
      {"UPDATE audit SET act_us = 1 WHERE number = 1", "audit | tenant_id 1 number 1"},
      {"DELETE FROM audit WHERE number = 1", "number 2 | comes where 1 should"},
      {"UPDATE erased_account SET erased_us = 1",
       "erased_account | account_no 30 | does not match"},
      {"UPDATE erased_account SET next_position = 1", "erased_account | account_no 30 | its next"},
      {"DELETE FROM erased_account", "its account, number 30, is not there"},
      {"UPDATE schema_migration SET name = 'x' WHERE number = 1", "schema_migration | number 1"},
      {"UPDATE schema_migration SET sha256 = 'x' WHERE number = 2; DELETE FROM account",
       "schema_migration | number 2"},
      {"UPDATE schema_migration SET sha256 = 'x' WHERE number = 2; DELETE FROM account",
       "its account, number 7, is not there"},
      {"DELETE FROM schema_migration WHERE number = 2", "schema_migration | number 2 | is missing"},
      {"PRAGMA application_id = 7; DELETE FROM account", "file | header | does not say that it is"},
      {"PRAGMA application_id = 7; DELETE FROM account", "its account, number 7, is not there"},
      {"PRAGMA user_version = 7", "file | header | user version"},
      {"CREATE TABLE other (x)", "sqlite_schema | "},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.sql);
    Change(one.sql);
    const Found found = CheckFile(path());
    EXPECT_THAT(found.text(), HasSubstr(one.found));
    EXPECT_TRUE(found.status.ok()) << found.status;
    WriteBytes(path(), sound_);
  }
}

TEST_F(SqliteCheckTest, EntryThatWasToBeOverwritten_IsFound) {
  // Of the account that was erased: its first entry has its facts still.
  Change(
      "UPDATE log SET entry = (SELECT entry FROM log WHERE position = 1), checksum = 1"
      " WHERE position = (SELECT min(position) FROM log WHERE account_no = 30)");
  EXPECT_FALSE(CheckFile(path()).sound());
}

TEST_F(SqliteCheckTest, TruncatedFile_IsDamaged) {
  for (const size_t size :
       {size_t{0}, size_t{50}, size_t{4096}, sound_.size() / 2, sound_.size() - 1}) {
    SCOPED_TRACE(size);
    WriteBytes(path(), sound_.substr(0, size));
    const Found found = CheckFile(path());
    EXPECT_FALSE(found.sound());
    EXPECT_TRUE(found.status.ok()) << found.status;
  }
}

TEST_F(SqliteCheckTest, FileOfAnotherProgram_IsNotDamaged) {
  std::filesystem::remove(path());
  SQLite::Database(path(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE t (x)");
  EXPECT_EQ(ReasonOf(CheckFile(path()).status), "NOT_A_STORE");
}

TEST_F(SqliteCheckTest, FileThatIsNotThere_IsToldApart) {
  EXPECT_CODE(CheckFile(path() + ".none").status, kNotFound);
  EXPECT_CODE(CheckFile("/").status, kFailedPrecondition);
}

// Everything that is stored, read through each table and through each index.
std::string Contents(const std::string& path) {
  static constexpr const char* kQueries[] = {
      "PRAGMA application_id",
      "PRAGMA user_version",
      "SELECT number, name, sha256 FROM schema_migration",
      "SELECT * FROM account NOT INDEXED",
      "SELECT tenant_id, segment, rank, account_no, country, owner_id"
      " FROM account INDEXED BY account_by_rank",
      "SELECT tenant_id, display_name, account_no FROM account INDEXED BY account_by_name",
      "SELECT tenant_id, account_id, account_no FROM account INDEXED BY sqlite_autoindex_account_1",
      "SELECT * FROM log",
      "SELECT * FROM due",
      "SELECT * FROM account_event",
      "SELECT * FROM account_item",
      "SELECT * FROM account_parent",
      "SELECT * FROM movement NOT INDEXED",
      "SELECT account_no, evaluate_us, position FROM movement INDEXED BY movement_by_account",
      "SELECT * FROM tenant_record",
      "SELECT * FROM erased_account NOT INDEXED",
      "SELECT tenant_id, account_id, erased_us FROM erased_account"
      " INDEXED BY erased_account_by_id",
      "SELECT * FROM audit"};
  std::string contents;
  try {
    const SQLite::Database database(absl::StrCat("file:", path, "?immutable=1"),
                                    SQLite::OPEN_READONLY | SQLite::OPEN_URI);
    for (const char* sql : kQueries) {
      SQLite::Statement rows(database, sql);
      while (rows.executeStep()) {
        for (int i = 0; i < rows.getColumnCount(); ++i) {
          const SQLite::Column column = rows.getColumn(i);
          absl::StrAppend(&contents, column.getType(), " ", column.getBytes(), " ");
          contents.append(static_cast<const char*>(column.getBlob()),
                          static_cast<size_t>(column.getBytes()));
        }
        contents.push_back('\n');
      }
    }
  } catch (const SQLite::Exception& exception) {
    absl::StrAppend(&contents, "cannot be read: ", exception.what());
  }
  return contents;
}

// A byte in a free page, in the room that a page has left, or in one of the counters of the header
// holds nothing that is stored, nor does the time at which a step of the schema was applied, which
// nobody reads. Whatever else is flipped must be found.
TEST_F(SqliteCheckTest, AnyByteFlippedThatHoldsSomething_IsFound) {
  const char* given = std::getenv("TIERMARK_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "seed: TIERMARK_SEED=" << seed
            << " storage_tests --gtest_filter='SqliteCheckTest.AnyByte*'" << std::endl;
  std::mt19937_64 random(seed);
  const std::string contents = Contents(path());
  ASSERT_FALSE(absl::StrContains(contents, "cannot be read"));
  constexpr int kFlips = 1'000;
  int changing = 0;
  int found_count = 0;
  for (int i = 0; i < kFlips; ++i) {
    std::string flipped = sound_;
    const size_t at = random() % flipped.size();
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << random() % 8));
    WriteBytes(path(), flipped);
    const bool changes = Contents(path()) != contents;
    const Found found = CheckFile(path());
    // Of a row of the schema's steps there may seem to be more.
    EXPECT_TRUE(found.status.ok() || ReasonOf(found.status) == "SCHEMA_NEWER")
        << "byte " << at << ": " << found.status;
    changing += static_cast<int>(changes);
    found_count += static_cast<int>(!found.sound());
    EXPECT_TRUE(!changes || !found.sound())
        << "byte " << at << " of page " << at / 4096 + 1 << " changed what is stored";
  }
  std::cout << changing << " of " << kFlips << " flips changed what is stored; " << found_count
            << " were found" << std::endl;
  EXPECT_GT(changing, kFlips / 4);
}

}  // namespace
}  // namespace tiermark
