// Erasing accounts.
#include <string>
#include <utility>
#include <vector>

#include "scoring/error.h"
#include "tests/storage/store_test.h"

namespace tiermark {
namespace {

class EraseTest : public StoreTest {
 protected:
  absl::StatusOr<CommitResult> Evaluate(const std::string& request_id = "") {
    AccountWrite write = WriteOf("a", [](const DecideInput& input) {
      ChangeSet changes = Evaluated(input, 50);
      changes.facts = FactsOf("Secret Bank", "MX", "ana");
      changes.facts->set_parent_id("holding");
      *changes.state.add_due() = DueOf(v1::REEVALUATION_REASON_EVENT, 1);
      changes.items = {{ItemKind::kTransaction, "invoice", "secret"}};
      return changes;
    });
    if (!request_id.empty()) write.request = Tag(request_id, "evaluate");
    return Write(std::move(write));
  }

  absl::StatusOr<CommitResult> Erase(const std::string& request_id = "") {
    AccountWrite write = WriteOf("a", [](const DecideInput& input) -> absl::StatusOr<ChangeSet> {
      if (input.account == nullptr) return absl::NotFoundError("unknown");
      return Erased(input);
    });
    if (!request_id.empty()) write.request = Tag(request_id, "erase");
    return Write(std::move(write));
  }

  // Ids of the accounts that any list still shows.
  std::string Listed() {
    std::string listed;
    AccountQuery accounts;
    for (const AccountListOrder order :
         {AccountListOrder::kScore, AccountListOrder::kAccountId, AccountListOrder::kDisplayName,
          AccountListOrder::kLastEvaluation, AccountListOrder::kAge}) {
      accounts.order = order;
      listed += Ids(store().ListAccounts(accounts)->accounts);
    }
    accounts.parent_id = "holding";
    listed += Ids(store().ListAccounts(accounts)->accounts);
    DueQuery due;
    due.due_by_us = 10;
    listed += Ids(store().ListDue(due)->rows);
    MovementQuery movements;
    movements.end_us = INT64_MAX;
    const auto moved = store().ListMovements(movements);
    for (const MovementRow& row : moved->rows) listed += row.account.account_id;
    return listed;
  }

  template <typename Row>
  static std::string Ids(std::vector<Row> rows) {
    std::string ids;
    for (const Row& row : rows) ids += row.account_id;
    return ids;
  }
};

INSTANTIATE_TEST_SUITE_P(AllBackends, EraseTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(EraseTest, Erase_LeavesNothingToRead_ButTheDeletion) {
  const auto evaluated = Evaluate();
  ASSERT_TRUE(evaluated.ok()) << evaluated.status();
  EXPECT_EQ(Listed(), "aaaaaaaa") << "in every list before";
  const auto erased = Erase();
  ASSERT_TRUE(erased.ok()) << erased.status();
  EXPECT_CODE(store().ReadAccount(kDefaultTenant, "a"), kNotFound);
  EXPECT_EQ(Listed(), "");
  EXPECT_CODE(store().ReadLog(kDefaultTenant, evaluated->entries[0].position), kNotFound);
  EXPECT_CODE(store().ListEvaluations({.account_id = "a"}), kNotFound);
  EXPECT_CODE(store().ListEvents({.account_id = "a"}), kNotFound);
  ItemQuery items;
  items.account_id = "a";
  EXPECT_CODE(store().ListItems(items), kNotFound);

  const auto changes = store().ListChanges({});
  ASSERT_TRUE(changes.ok()) << changes.status();
  ASSERT_EQ(changes->records.size(), 1u);
  EXPECT_TRUE(changes->records[0].entry.has_deletion());
  EXPECT_EQ(changes->records[0].account_id, "a");
  EXPECT_TRUE(store().ReadLog(kDefaultTenant, erased->entries[0].position).ok());
}

TEST_P(EraseTest, Erase_TheSameIdAgain_IsANewAccount) {
  ASSERT_TRUE(Evaluate().ok());
  const int64_t old_no = store().ReadAccount(kDefaultTenant, "a")->account_no;
  ASSERT_TRUE(Erase().ok());

  ASSERT_TRUE(Evaluate().ok());
  const auto account = store().ReadAccount(kDefaultTenant, "a");
  ASSERT_TRUE(account.ok()) << account.status();
  EXPECT_NE(account->account_no, old_no);
  const auto evaluations = store().ListEvaluations({.account_id = "a"});
  ASSERT_TRUE(evaluations.ok()) << evaluations.status();
  EXPECT_EQ(evaluations->records.size(), 1u);
}

TEST_P(EraseTest, RepeatedRequest_OfAnErasedAccount_IsRefusedForADay) {
  // More of them than the state keeps.
  for (const char* id : {"r1", "r2", "r3", "r4", "r5", "r6"}) ASSERT_TRUE(Evaluate(id).ok());
  ASSERT_TRUE(Erase().ok());
  for (const char* id : {"r1", "r6"}) {
    const auto repeated = Evaluate(id);
    EXPECT_CODE(repeated, kNotFound) << id;
    EXPECT_EQ(ReasonOf(repeated.status()), "ACCOUNT_ERASED") << id;
  }
  ASSERT_TRUE(Evaluate("new").ok()) << "another request makes a new account";
  EXPECT_CODE(Evaluate("r6"), kNotFound) << "and the old ones are still those of the former one";
  clock_.Advance(kRequestIdLifetime);
  EXPECT_TRUE(Evaluate("r6").ok());
}

TEST_P(EraseTest, RepeatedErasure_GetsTheFirstAnswer) {
  ASSERT_TRUE(Evaluate().ok());
  const auto first = Erase("erase");
  ASSERT_TRUE(first.ok()) << first.status();
  const auto again = Erase("erase");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->entries.at(0).position, first->entries.at(0).position);
  EXPECT_CODE(Erase("another"), kNotFound);
}

TEST_P(EraseTest, WithinOneGroup_WritesBehindTheErasureMakeANewAccount) {
  ASSERT_TRUE(Evaluate("before").ok());
  const auto evaluate = [](const DecideInput& input) {
    ChangeSet changes = Evaluated(input, input.account == nullptr ? 10 : 90);
    return changes;
  };
  std::vector<AccountWrite> writes;
  writes.push_back(WriteOf("a", evaluate));
  writes.back().request = Tag("same group", "body");
  writes.push_back(WriteOf("a", [](const DecideInput& input) { return Erased(input); }));
  writes.push_back(WriteOf("a", evaluate));
  writes.back().request = Tag("same group", "body");
  writes.push_back(WriteOf("a", evaluate));
  const auto results = WriteTogether(std::move(writes));
  ASSERT_TRUE(results[0].ok()) << results[0].status();
  ASSERT_TRUE(results[1].ok()) << results[1].status();
  EXPECT_EQ(ReasonOf(results[2].status()), "ACCOUNT_ERASED");
  ASSERT_TRUE(results[3].ok()) << results[3].status();
  EXPECT_EQ(results[3]->entries.at(0).entry.evaluation().score(), 10);
  const auto account = store().ReadAccount(kDefaultTenant, "a");
  ASSERT_TRUE(account.ok()) << account.status();
  EXPECT_EQ(account->last_position, results[3]->entries.at(0).position);
}

TEST_P(EraseTest, CreatedAndErasedInOneGroup_IsNotThere) {
  std::vector<AccountWrite> writes;
  writes.push_back(WriteOf("a", [](const DecideInput& input) { return Evaluated(input, 1); }));
  writes.push_back(WriteOf("a", [](const DecideInput& input) { return Erased(input); }));
  for (const auto& result : WriteTogether(std::move(writes))) {
    ASSERT_TRUE(result.ok()) << result.status();
  }
  EXPECT_CODE(store().ReadAccount(kDefaultTenant, "a"), kNotFound);
  EXPECT_EQ(Listed(), "");
  ASSERT_TRUE(Evaluate().ok());
}

}  // namespace
}  // namespace tiermark
