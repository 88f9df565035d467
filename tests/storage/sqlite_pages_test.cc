// What reads and writes cost in B-tree pages: a page of the due list its own size and not the
// portfolio's, an evaluation a row that stays where it is.
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "storage/change_set.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/handle.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/reads.h"
#include "storage/sqlite/writer.h"
#include "tests/storage/sqlite_under_test.h"

namespace tiermark {
namespace {

#if defined(TIERMARK_SANITIZED)
constexpr int64_t kManyAccounts = 100'000;
#else
constexpr int64_t kManyAccounts = 1'000'000;
#endif
constexpr int64_t kFewAccounts = 10'000;
constexpr int kPageSize = 100;
// Enough that no page is read twice.
constexpr int64_t kCacheBytes = int64_t{64} << 20;

// Scatters numbers below a bound that is no multiple of it.
constexpr uint64_t kScatter = 2'654'435'761;

// A file with so many accounts. All are due quarterly on the same day, as after a review, and by an
// event at instants that have nothing to do with their age.
class DueFile {
 public:
  explicit DueFile(int64_t accounts) : path_(directory_.File("store.db")) {
    SQLite::Database(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("VACUUM");
    auto connection = Open(true);
    EXPECT_TRUE(Migrate(sqlite::KnownMigrations(), 0, connection.get()).ok());
    // It need not survive anything.
    connection->Execute("PRAGMA synchronous = OFF");
    sqlite::Writer writer(std::move(connection), 1'000);
    AccountRecord account;
    account.facts = FactsOf("Financiera del Norte S.A.", "MX", "0051234");
    account.state.mutable_baseline()->add_financial_products(std::string(120, 'p'));
    GroupChange group;
    group.accounts.push_back({.after = &account, .facts_changed = true});
    EXPECT_TRUE(writer.Begin().ok());
    for (int64_t i = 1; i <= accounts; ++i) {
      account.account_no = i;
      account.account_id = "0018c" + std::to_string(10'000'000 + i) + "AAA";
      account.state.clear_due();
      const auto scattered = static_cast<int64_t>(static_cast<uint64_t>(i) * kScatter %
                                                  static_cast<uint64_t>(accounts));
      *account.state.add_due() = DueOf(v1::REEVALUATION_REASON_EVENT, scattered);
      *account.state.add_due() = DueOf(v1::REEVALUATION_REASON_QUARTERLY, 5);
      EXPECT_TRUE(writer.Write(group).ok());
    }
    EXPECT_TRUE(writer.Commit().status.ok());
  }

  // Pages that the second page of the list touches on a connection that has read nothing.
  int64_t PagesOf(v1::ReevaluationReason reason) {
    DueQuery query{.due_by_us = INT64_MAX, .reasons = {reason}, .limit = kPageSize};
    query.after = sqlite::ListDue(*Open(false), query)->next;
    EXPECT_TRUE(query.after.has_value());
    const auto connection = Open(false);
    connection->Execute("SELECT count(*) FROM sqlite_schema");
    const int64_t before = sqlite::PagesRead(connection->database());
    EXPECT_EQ(sqlite::ListDue(*connection, query)->rows.size(), size_t{kPageSize});
    return sqlite::PagesRead(connection->database()) - before;
  }

 private:
  std::unique_ptr<sqlite::Connection> Open(bool writes) {
    sqlite::ConnectionOptions options;
    options.path = path_;
    options.writes = writes;
    options.cache_bytes = kCacheBytes;
    return std::make_unique<sqlite::Connection>(options);
  }

  TemporaryDirectory directory_;
  const std::string path_;
};

TEST(SqlitePagesTest, ListDue_TouchesPagesByThePageAndNotByThePortfolio) {
  DueFile few(kFewAccounts);
  DueFile many(kManyAccounts);
  const int64_t quarterly_few = few.PagesOf(v1::REEVALUATION_REASON_QUARTERLY);
  const int64_t quarterly_many = many.PagesOf(v1::REEVALUATION_REASON_QUARTERLY);
  const int64_t events_few = few.PagesOf(v1::REEVALUATION_REASON_EVENT);
  const int64_t events_many = many.PagesOf(v1::REEVALUATION_REASON_EVENT);
  RecordProperty("quarterly", std::to_string(quarterly_few) + " " + std::to_string(quarterly_many));
  RecordProperty("events", std::to_string(events_few) + " " + std::to_string(events_many));
  EXPECT_GT(quarterly_few, 5);
  EXPECT_LE(2 * quarterly_many, 3 * quarterly_few);
  // Accounts in no order would be a page each.
  EXPECT_LT(events_many, kPageSize / 4);
  EXPECT_LE(2 * events_many, 3 * events_few) << events_few;
}

// A row that keeps its size is rewritten where it stands.
TEST(SqlitePagesTest, Evaluations_WithRequestIds_KeepTheSizeOfTheRow) {
  FakeClock clock;
  SqliteUnderTest under_test(&clock);
  const auto evaluate = [&under_test](int score) {
    std::promise<bool> written;
    AccountWrite write = WriteOf("account", [score](const DecideInput& input) {
      ChangeSet changes = Evaluated(input, score);
      if (input.account == nullptr) changes.facts = FactsOf("name", "MX", "ana");
      return changes;
    });
    write.request = Tag(std::to_string(score), "body");
    write.done = [&written](const absl::StatusOr<CommitResult>& result) {
      written.set_value(result.ok());
    };
    under_test.store().Apply(std::move(write));
    ASSERT_TRUE(written.get_future().get());
  };
  const auto row_bytes = [&under_test] {
    SQLite::Database database(under_test.path(), SQLite::OPEN_READONLY);
    return database.execAndGet("SELECT length(state) + length(facts) FROM account").getInt();
  };
  evaluate(50);
  evaluate(51);
  const int bytes = row_bytes();
  EXPECT_EQ(bytes % 64, 0);
  for (int score = 52; score < 60; ++score) {
    evaluate(score);
    EXPECT_EQ(row_bytes(), bytes) << score;
  }
  const auto read = under_test.store().ReadAccount(kDefaultTenant, "account");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->state.room().empty());
}

}  // namespace
}  // namespace tiermark
