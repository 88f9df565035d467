// Damage in the file: noticed where it is read, and never a crash.
#include <cstdlib>
#include <fstream>
#include <future>
#include <iostream>
#include <random>
#include <string>

#include "SQLiteCpp/Database.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "scoring/error.h"
#include "tests/storage/sqlite_under_test.h"
#include "tests/storage/store_test.h"

namespace tiermark {
namespace {

class SqliteDamageTest : public testing::Test {
 protected:
  SqliteDamageTest() : under_test_(&clock_) {
    for (const char* id : {"damaged", "sound"}) {
      for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(Write(id, [id](const DecideInput& input) {
                      ChangeSet changes = Reported(input, "note");
                      changes.entries.push_back(Evaluated(input, 50).entries[0]);
                      *changes.state.mutable_scores() = Evaluated(input, 50).state.scores();
                      changes.state.mutable_scores(0)->set_position(PositionOfEntry(1));
                      changes.facts = FactsOf(id, "MX", "ana");
                      changes.state.clear_due();
                      *changes.state.add_due() = DueOf(v1::REEVALUATION_REASON_MONTHLY, 10);
                      return changes;
                    }).ok());
      }
    }
  }

  absl::StatusOr<CommitResult> Write(const std::string& account_id, Decide decide) {
    std::promise<absl::StatusOr<CommitResult>> answered;
    AccountWrite write = WriteOf(account_id, std::move(decide));
    write.done = [&answered](absl::StatusOr<CommitResult> result) {
      answered.set_value(std::move(result));
    };
    store().Apply(std::move(write));
    return answered.get_future().get();
  }

  // Changes the file behind the store's back; schema `saved` is a file beside it.
  void Damage(const std::string& sql) {
    under_test_.Shut();
    {
      SQLite::Database database(under_test_.path(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
      database.exec(absl::StrCat("ATTACH '", under_test_.path(), ".saved' AS saved"));
      database.exec(sql);
    }
    ASSERT_TRUE(under_test_.Reopen());
  }

  Store& store() { return under_test_.store(); }

  FakeClock clock_;
  SqliteUnderTest under_test_;
};

TEST_F(SqliteDamageTest, AccountColumnChanged_IsNoticedWhereverItIsRead) {
  for (const char* column :
       {"display_name = 'x'", "country = 'X'", "owner_id = 'x'", "segment = 1", "rank = -99",
        "last_position = 1", "last_evaluation_position = 1", "state = x'00'",
        "state = substr(state, 2)", "checksum = checksum + 1"}) {
    SCOPED_TRACE(column);
    Damage(absl::StrCat("CREATE TABLE saved.row AS SELECT * FROM account WHERE account_no = 1; ",
                        "UPDATE account SET ", column, " WHERE account_no = 1"));
    const auto read = store().ReadAccount(kDefaultTenant, "damaged");
    EXPECT_CODE(read, kDataLoss);
    EXPECT_EQ(ReasonOf(read.status()), "STORE_DAMAGED");
    EXPECT_CODE(store().ReadAccounts(kDefaultTenant, {"sound", "damaged"}), kDataLoss);
    EXPECT_CODE(store().ListAccounts({}), kDataLoss);
    EXPECT_CODE(store().ListDue({.due_by_us = 100}), kDataLoss);
    EXPECT_CODE(Write("damaged", [](const DecideInput& in) { return Evaluated(in, 1); }),
                kDataLoss);
    EXPECT_TRUE(store().ReadAccount(kDefaultTenant, "sound").ok());
    EXPECT_TRUE(Write("sound", [](const DecideInput& in) { return Evaluated(in, 1); }).ok());
    Damage("REPLACE INTO account SELECT * FROM saved.row; DROP TABLE saved.row");
    EXPECT_TRUE(store().ReadAccount(kDefaultTenant, "damaged").ok());
  }
}

TEST_F(SqliteDamageTest, FactsChanged_AreNoticed) {
  for (const char* column :
       {"facts = x'00'", "facts = substr(facts, 2)", "facts_checksum = facts_checksum + 1"}) {
    SCOPED_TRACE(column);
    Damage(absl::StrCat("UPDATE account SET ", column, " WHERE account_no = 1"));
    EXPECT_CODE(store().ReadAccount(kDefaultTenant, "damaged"), kDataLoss);
    EXPECT_TRUE(store().ReadAccount(kDefaultTenant, "sound").ok());
  }
}

TEST_F(SqliteDamageTest, LogColumnChanged_IsNoticed) {
  const int64_t position = store().ReadAccount(kDefaultTenant, "damaged")->last_position;
  for (const char* column :
       {"account_no = 2", "applied_us = 1", "previous_position = 1",
        "previous_evaluation_position = 1", "entry = x'00'", "checksum = checksum + 1"}) {
    SCOPED_TRACE(column);
    Damage(absl::StrCat("CREATE TABLE saved.row AS SELECT * FROM log WHERE position = ", position,
                        "; UPDATE log SET ", column, " WHERE position = ", position));
    EXPECT_CODE(store().ReadLog(kDefaultTenant, position), kDataLoss);
    EXPECT_CODE(store().ListEvaluations({.account_id = "damaged"}), kDataLoss);
    EXPECT_TRUE(store().ListEvaluations({.account_id = "sound"}).ok());
    Damage("REPLACE INTO log SELECT * FROM saved.row; DROP TABLE saved.row");
  }
}

TEST_F(SqliteDamageTest, EventColumnChanged_IsNoticed) {
  for (const char* column : {"closing_position = 6", "event = x'00'", "checksum = 5"}) {
    SCOPED_TRACE(column);
    Damage(absl::StrCat("UPDATE account_event SET ", column, " WHERE position = 1"));
    EXPECT_CODE(store().ListEvents({.account_id = "damaged"}), kDataLoss);
    // Closing it reads it.
    EXPECT_CODE(Write("damaged", [](const DecideInput& in) { return Settled(in, 1); }), kDataLoss);
    EXPECT_TRUE(store().ListEvents({.account_id = "sound"}).ok());
  }
}

TEST_F(SqliteDamageTest, DueRowThatItsAccountDoesNotBearOut_IsNoticed) {
  for (const char* row : {"1, 4, 5, 1", "1, 5, 10, 1", "1, 4, 10, 77", "2, 4, 10, 1"}) {
    SCOPED_TRACE(row);
    Damage(absl::StrCat("DELETE FROM due; INSERT INTO due VALUES (", row, ", NULL, NULL)"));
    const DueQuery query{.tenant = row[0] - '0', .due_by_us = 100};
    EXPECT_CODE(store().ListDue(query), kDataLoss);
  }
}

TEST_F(SqliteDamageTest, DueRowWithAListing_Changed_IsNoticed) {
  ASSERT_TRUE(Write("damaged", [](const DecideInput& input) {
                ChangeSet changes = Evaluated(input, 50);
                *changes.state.add_due() = DueOf(v1::REEVALUATION_REASON_EVENT, 5);
                return changes;
              }).ok());
  const DueQuery query{.due_by_us = 5};
  ASSERT_EQ(store().ListDue(query)->rows.size(), 1U);
  for (const char* column :
       {"due_us = 4", "account_no = 2", "listing = x''", "listing = NULL",
        "listing = substr(listing, 3)", "checksum = checksum + 1", "checksum = NULL"}) {
    SCOPED_TRACE(column);
    Damage(absl::StrCat("CREATE TABLE saved.row AS SELECT * FROM due WHERE reason = 1; ",
                        "UPDATE due SET ", column, " WHERE reason = 1"));
    EXPECT_CODE(store().ListDue(query), kDataLoss);
    Damage(
        "DELETE FROM due WHERE reason = 1; INSERT INTO due SELECT * FROM saved.row; "
        "DROP TABLE saved.row");
    EXPECT_EQ(store().ListDue(query)->rows.size(), 1U);
  }
}

// What a read may end with: what was stored, or a status that says that it is damaged. (A damaged
// index can also make an account look absent.)
void ExpectSoundOrRefused(const absl::Status& status) {
  EXPECT_TRUE(status.ok() || absl::IsDataLoss(status) || absl::IsNotFound(status)) << status;
}

TEST_F(SqliteDamageTest, AnyBitFlipped_NeverACrashNorAWrongRecord) {
  const char* given = std::getenv("TIERMARK_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "seed: TIERMARK_SEED=" << seed
            << " storage_tests --gtest_filter='SqliteDamageTest.AnyBitFlipped*'" << std::endl;
  std::mt19937_64 random(seed);
  const auto account = store().ReadAccount(kDefaultTenant, "sound");
  const auto entry = store().ReadLog(kDefaultTenant, 8);
  under_test_.Shut();
  const std::string path = under_test_.path();
  std::string sound;
  {
    std::ifstream file(path, std::ios::binary);
    sound.assign(std::istreambuf_iterator<char>(file), {});
  }
  for (int i = 0; i < 300; ++i) {
    std::string flipped = sound;
    const size_t at = random() % flipped.size();
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << random() % 8));
    std::ofstream(path, std::ios::binary)
        .write(flipped.data(), static_cast<std::streamsize>(flipped.size()));
    SqliteStoreOptions options;
    options.path = path;
    const auto opened = OpenSqliteStore(options);
    if (!opened.ok()) continue;
    Store& damaged = **opened;
    const auto account_now = damaged.ReadAccount(kDefaultTenant, "sound");
    ExpectSoundOrRefused(account_now.status());
    if (account_now.ok()) {
      EXPECT_TRUE(Same(account_now->state, account->state) &&
                  Same(account_now->facts, account->facts))
          << "byte " << at;
    }
    const auto entry_now = damaged.ReadLog(kDefaultTenant, 8);
    ExpectSoundOrRefused(entry_now.status());
    if (entry_now.ok()) {
      EXPECT_TRUE(Same(entry_now->entry, entry->entry)) << "byte " << at;
    }
    ExpectSoundOrRefused(damaged.ListAccounts({}).status());
    ExpectSoundOrRefused(damaged.ListDue({.due_by_us = 100}).status());
    ExpectSoundOrRefused(damaged.ListEvaluations({.account_id = "sound"}).status());
    ExpectSoundOrRefused(damaged.ListEvents({.account_id = "sound"}).status());
  }
}

}  // namespace
}  // namespace tiermark
