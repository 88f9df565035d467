// Accounts by id, and lists of them.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/storage/store_test.h"

namespace tiermark {
namespace {

using Strings = std::vector<std::string>;

Strings ListAll(Store& store, AccountQuery query) {
  Strings listed;
  while (true) {
    const absl::StatusOr<AccountPage> page = store.ListAccounts(query);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) return listed;
    EXPECT_LE(page->accounts.size(), static_cast<size_t>(query.limit));
    for (const AccountRecord& account : page->accounts) listed.push_back(account.account_id);
    if (!page->next.has_value()) return listed;
    EXPECT_EQ(page->accounts.size(), static_cast<size_t>(query.limit));
    query.after = page->next;
  }
}

class AccountsTest : public StoreTest {
 protected:
  // Stores an account; a score below 0 is none.
  void Stored(const std::string& account_id, int score, const char* country = "",
              const char* owner = "", TenantId tenant = kDefaultTenant) {
    AccountWrite write = WriteOf(account_id, [=](const DecideInput& input) {
      ChangeSet changes = score < 0 ? FactsChanged(input, {}) : Evaluated(input, score);
      changes.facts = FactsOf(account_id, country, owner);
      return changes;
    });
    write.tenant = tenant;
    ASSERT_TRUE(Write(std::move(write)).ok());
  }

  // The list at every page size is the same.
  Strings List(AccountQuery query) {
    query.limit = 100;
    const Strings listed = ListAll(store(), query);
    for (int limit = 1; limit <= 4; ++limit) {
      query.limit = limit;
      EXPECT_EQ(ListAll(store(), query), listed) << "pages of " << limit;
    }
    return listed;
  }
};

INSTANTIATE_TEST_SUITE_P(AllBackends, AccountsTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(AccountsTest, ReadAccounts_InTheOrderAsked_NothingWhereUnknown) {
  Stored("a", 10);
  Stored("b", 20);
  const auto accounts = store().ReadAccounts(kDefaultTenant, {"b", "x", "a", "b"});
  ASSERT_TRUE(accounts.ok()) << accounts.status();
  ASSERT_EQ(accounts->size(), 4U);
  EXPECT_EQ((*accounts)[0]->account_id, "b");
  EXPECT_EQ((*accounts)[0]->facts.display_name(), "b");
  EXPECT_FALSE((*accounts)[1].has_value());
  EXPECT_EQ((*accounts)[2]->account_id, "a");
  EXPECT_EQ((*accounts)[3]->account_id, "b");
  EXPECT_TRUE(store().ReadAccounts(kDefaultTenant, {})->empty());
}

TEST_P(AccountsTest, ListAccounts_NothingStored_IsEmpty) {
  EXPECT_EQ(List({}), Strings{});
  EXPECT_EQ(List({.order = AccountListOrder::kAccountId}), Strings{});
}

TEST_P(AccountsTest, ListAccounts_ByScore_HighestFirstNeverScoredLastEqualsByAge) {
  Stored("z", 50);
  Stored("never 1", -1);
  Stored("low", 0);
  Stored("a", 50);
  Stored("high", 100);
  Stored("never 0", -1);
  EXPECT_EQ(List({}), (Strings{"high", "z", "a", "low", "never 1", "never 0"}));
}

TEST_P(AccountsTest, ListAccounts_ByAccountId_Bytewise) {
  for (const char* id : {"b", "a", "B", "\xc3\xa9", "aa", "~"}) Stored(id, 50);
  EXPECT_EQ(List({.order = AccountListOrder::kAccountId}),
            (Strings{"B", "a", "aa", "b", "~", "\xc3\xa9"}));
}

TEST_P(AccountsTest, ListAccounts_WholeRecords) {
  Stored("acme", 80, "MX", "ana");
  for (const auto order : {AccountListOrder::kScore, AccountListOrder::kAccountId}) {
    const auto page = store().ListAccounts({.order = order});
    ASSERT_TRUE(page.ok()) << page.status();
    const auto read = store().ReadAccount(kDefaultTenant, "acme");
    ASSERT_EQ(page->accounts.size(), 1U);
    EXPECT_EQ(page->accounts[0].account_no, read->account_no);
    EXPECT_EQ(page->accounts[0].last_position, read->last_position);
    EXPECT_TRUE(Same(page->accounts[0].state, read->state));
    EXPECT_TRUE(Same(page->accounts[0].facts, read->facts));
  }
}

TEST_P(AccountsTest, ListAccounts_Filters_AllHaveToHold) {
  Stored("a", 90, "MX", "ana");
  Stored("b", 70, "MX", "bob");
  Stored("c", 40, "BR", "ana");
  Stored("d", -1, "BR", "bob");
  Stored("e", 10);
  for (const auto order : {AccountListOrder::kScore, AccountListOrder::kAccountId}) {
    AccountQuery query{.order = order};
    query.segments = {v1::SEGMENT_STRATEGIC, v1::SEGMENT_COMMERCIAL};
    EXPECT_EQ(List(query), (Strings{"a", "c"}));
    query.segments = {v1::SEGMENT_UNSPECIFIED};
    EXPECT_EQ(List(query), (Strings{"d"}));
    query.segments = {};
    query.countries = {"BR", "AR"};
    EXPECT_EQ(List(query).size(), 2U);
    query.owner_ids = {"ana"};
    EXPECT_EQ(List(query), (Strings{"c"}));
    query.segments = {v1::SEGMENT_SMB};
    EXPECT_EQ(List(query), Strings{});
  }
}

TEST_P(AccountsTest, ListAccounts_ScoreRange_BoundsIncludedNeverScoredNot) {
  Stored("100", 100);
  Stored("80", 80);
  Stored("79", 79);
  Stored("0", 0);
  Stored("never", -1);
  EXPECT_EQ(List({.score_min = 79, .score_max = 80}), (Strings{"80", "79"}));
  EXPECT_EQ(List({.score_min = 80}), (Strings{"100", "80"}));
  EXPECT_EQ(List({.score_max = 79}), (Strings{"79", "0"}));
  EXPECT_EQ(List({.score_min = 0, .score_max = 100}).size(), 4U);
  EXPECT_EQ(List({.score_min = 81, .score_max = 80}), Strings{});
  EXPECT_EQ(List({.score_max = 79, .order = AccountListOrder::kAccountId}), (Strings{"0", "79"}));
}

TEST_P(AccountsTest, ListAccounts_ScoreMoves_ListFollows) {
  Stored("a", 10);
  Stored("b", 50);
  Stored("a", 90, "MX", "ana");
  EXPECT_EQ(List({}), (Strings{"a", "b"}));
  EXPECT_EQ(List({.segments = {v1::SEGMENT_SMB}}), Strings{});
  EXPECT_EQ(List({.countries = {"MX"}, .owner_ids = {"ana"}}), (Strings{"a"}));
  // Facts that come without an evaluation move it too.
  ASSERT_TRUE(Write("a", [](const DecideInput& input) {
                return FactsChanged(input, FactsOf("a", "BR", "ana"));
              }).ok());
  EXPECT_EQ(List({.countries = {"MX"}}), Strings{});
  EXPECT_EQ(List({.countries = {"BR"}}), (Strings{"a"}));
}

TEST_P(AccountsTest, ListAccounts_ScoreThatDoesNotCount_IsNotListed) {
  ASSERT_TRUE(Write("a", [](const DecideInput& input) {
                ChangeSet changes = Evaluated(input, 90);
                changes.state.mutable_scores(0)->set_counted(false);
                return changes;
              }).ok());
  EXPECT_EQ(List({.segments = {v1::SEGMENT_UNSPECIFIED}}), (Strings{"a"}));
  EXPECT_EQ(List({.score_min = 0}), Strings{});
}

TEST_P(AccountsTest, ListAccounts_CursorsRowHasGone_GoesOnBehindIt) {
  for (int i = 0; i < 6; ++i) Stored(absl::StrCat(i), 90 - i);
  AccountQuery query{.limit = 3};
  const auto page = store().ListAccounts(query);
  ASSERT_TRUE(page.ok() && page->next.has_value());
  Stored("2", 1);
  query.after = page->next;
  EXPECT_EQ(ListAll(store(), query), (Strings{"3", "4", "5", "2"}));
}

TEST_P(AccountsTest, Tenants_NeverMeet) {
  Stored("a", 10, "MX", "ana", 1);
  Stored("a", 20, "BR", "bob", 2);
  Stored("b", 30, "BR", "bob", 2);
  EXPECT_EQ(store().ReadAccount(1, "a")->facts.country(), "MX");
  EXPECT_EQ(store().ReadAccount(2, "a")->facts.country(), "BR");
  EXPECT_CODE(store().ReadAccount(1, "b"), kNotFound);
  EXPECT_CODE(store().ReadAccount(3, "a"), kNotFound);
  EXPECT_FALSE((*store().ReadAccounts(1, {"b"}))[0].has_value());
  EXPECT_TRUE(store().ReadLog(1, 1).ok());
  EXPECT_CODE(store().ReadLog(1, 2), kNotFound);
  EXPECT_CODE(store().ReadLog(2, 1), kNotFound);
  EXPECT_EQ(List({.tenant = 1}), (Strings{"a"}));
  EXPECT_EQ(List({.tenant = 2}), (Strings{"b", "a"}));
  EXPECT_EQ(List({.tenant = 2, .order = AccountListOrder::kAccountId}), (Strings{"a", "b"}));
  EXPECT_CODE(store().ListEvaluations({.tenant = 1, .account_id = "b"}), kNotFound);
  EXPECT_CODE(store().ListEvents({.tenant = 1, .account_id = "b"}), kNotFound);
}

TEST_P(AccountsTest, Ids_OfAnyBytes_AreStoredVerbatim) {
  const Strings ids = {"'; DROP TABLE account; --",
                       "\"quoted\"",
                       std::string("nul\0inside", 10),
                       "nul",
                       "\xff\xfe not UTF-8",
                       "%_*?",
                       "\xf0\x9f\x8f\xa6",
                       std::string(128, 'x'),
                       " "};
  for (size_t i = 0; i < ids.size(); ++i) {
    ASSERT_TRUE(Write(ids[i], [i](const DecideInput& input) {
                  return Evaluated(input, static_cast<int>(i));
                }).ok());
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto account = store().ReadAccount(kDefaultTenant, ids[i]);
    ASSERT_TRUE(account.ok()) << account.status();
    EXPECT_EQ(account->account_id, ids[i]);
    EXPECT_EQ(account->state.scores(0).score(), static_cast<int>(i));
    EXPECT_EQ(store().ReadLog(kDefaultTenant, account->last_position)->account_id, ids[i]);
  }
  Strings sorted = ids;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(List({.order = AccountListOrder::kAccountId}), sorted);
}

TEST_P(StoreTest, ReadLog_Unknown_NotFound) {
  for (const int64_t position : {int64_t{0}, int64_t{-1}, int64_t{1}, INT64_MAX, INT64_MIN}) {
    EXPECT_CODE(store().ReadLog(kDefaultTenant, position), kNotFound);
  }
}

}  // namespace
}  // namespace tiermark
