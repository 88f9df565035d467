// What is about a tenant as a whole: its records, the log as a feed, movements, and orders of
// lists.
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "scoring/error.h"
#include "tests/storage/store_test.h"

namespace tiermark {
namespace {

class TenantTest : public StoreTest {
 protected:
  absl::StatusOr<TenantCommit> Put(const std::string& key, const std::string& value,
                                   const std::string& request_id = "",
                                   const std::string& body = "body") {
    TenantWrite write;
    write.keys = {key};
    write.decide = [key, value](const TenantRecordMap& records, absl::Time) {
      const auto seen = records.find(key);
      TenantChangeSet changes;
      changes.records = {{key, value}};
      changes.answer = seen == records.end() ? "none" : seen->second.value;
      return changes;
    };
    if (!request_id.empty()) write.request = Tag(request_id, body);
    return WriteTenant(std::move(write));
  }
};

INSTANTIATE_TEST_SUITE_P(AllBackends, TenantTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(TenantTest, ApplyTenant_DecidesOnWhatIsThere_AndCountsVersions) {
  ASSERT_EQ(Put("policy", "one")->answer, "none");
  const auto second = Put("policy", "two");
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->answer, "one");
  EXPECT_EQ(second->versions, (std::vector<int64_t>{2}));
  ASSERT_TRUE(Put("playbook/1", "x").ok());
  const auto records = store().ReadTenantRecords(kDefaultTenant, "pol");
  ASSERT_TRUE(records.ok()) << records.status();
  ASSERT_EQ(records->size(), 1u);
  EXPECT_EQ(records->at("policy").value, "two");
  EXPECT_EQ(records->at("policy").version, 2);
  EXPECT_TRUE(store().ReadTenantRecords(2, "")->empty()) << "another tenant has none";
}

TEST_P(TenantTest, ApplyTenant_SameRequest_GetsTheFirstAnswer) {
  ASSERT_TRUE(Put("policy", "one", "id").ok());
  const auto repeated = Put("policy", "one", "id");
  ASSERT_TRUE(repeated.ok()) << repeated.status();
  EXPECT_TRUE(repeated->repeated);
  EXPECT_EQ(repeated->answer, "none");
  EXPECT_EQ(store().ReadTenantRecords(kDefaultTenant, "policy")->at("policy").version, 1);
  const auto reused = Put("policy", "one", "id", "another body");
  EXPECT_CODE(reused, kAlreadyExists);
  EXPECT_EQ(ReasonOf(reused.status()), "REQUEST_ID_REUSED");
  clock_.Advance(kRequestIdLifetime);
  EXPECT_FALSE(Put("policy", "two", "id", "another body")->repeated);
}

TEST_P(TenantTest, ApplyTenant_RefusedByItsDecision_LeavesTheRequestIdFree) {
  TenantWrite write;
  write.decide = [](const TenantRecordMap&, absl::Time) -> absl::StatusOr<TenantChangeSet> {
    return absl::FailedPreconditionError("refused");
  };
  write.request = Tag("id", "body");
  EXPECT_CODE(WriteTenant(std::move(write)), kFailedPrecondition);
  EXPECT_TRUE(Put("policy", "one", "id", "another body").ok());
}

TEST_P(TenantTest, ApplyTenant_Late_IsNotBegun) {
  TenantWrite write;
  write.decide = [](const TenantRecordMap&, absl::Time) -> absl::StatusOr<TenantChangeSet> {
    ADD_FAILURE() << "decided after its deadline";
    return TenantChangeSet();
  };
  write.deadline = clock_.Now() - absl::Seconds(1);
  EXPECT_CODE(WriteTenant(std::move(write)), kDeadlineExceeded);
}

TEST_P(TenantTest, TenantRecords_OutliveTheServer) {
  ASSERT_TRUE(Put("policy", "one", "id").ok());
  if (!Reopen()) GTEST_SKIP() << "keeps nothing when closed";
  EXPECT_EQ(store().ReadTenantRecords(kDefaultTenant, "")->at("policy").value, "one");
  EXPECT_TRUE(Put("policy", "one", "id")->repeated);
}

TEST_P(TenantTest, ApplyTenant_FirstAfterReopening_LeavesAccountsAndPositionsAsTheyWere) {
  const auto write = [this](const std::string& account_id, int score) {
    return Write(account_id, [score](const DecideInput& input) { return Evaluated(input, score); });
  };
  ASSERT_TRUE(write("first", 1).ok());
  ASSERT_TRUE(write("second", 2).ok());
  if (!Reopen()) GTEST_SKIP() << "keeps nothing when closed";
  ASSERT_TRUE(Put("policy", "one").ok());
  EXPECT_EQ(*store().LastPosition(kDefaultTenant), 2);
  const auto third = write("third", 3);
  ASSERT_TRUE(third.ok()) << third.status();
  EXPECT_EQ(third->entries[0].position, 3);
  EXPECT_EQ(store().ReadAccount(kDefaultTenant, "third")->account_no, 3);
  EXPECT_EQ(*store().LastAccountNo(kDefaultTenant), 3);
  EXPECT_EQ(store().ReadAccount(kDefaultTenant, "first")->state.scores(0).score(), 1);
}

TEST_P(TenantTest, ListChanges_InCommitOrder_FromAnyPositionOn) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(Write(absl::StrCat("a", i % 2), [i](const DecideInput& input) {
                  return Evaluated(input, i);
                }).ok());
  }
  AccountWrite other =
      WriteOf("other", [](const DecideInput& input) { return Evaluated(input, 99); });
  other.tenant = 2;
  ASSERT_TRUE(Write(std::move(other)).ok());
  for (int limit = 1; limit <= 7; ++limit) {
    std::vector<int> scores;
    ChangeQuery query;
    query.limit = limit;
    for (bool at_end = false; !at_end;) {
      const auto page = store().ListChanges(query);
      ASSERT_TRUE(page.ok()) << page.status();
      for (const LogRecord& record : page->records) {
        scores.push_back(record.entry.evaluation().score());
      }
      query.after_position = page->next_after_position;
      at_end = page->at_end;
    }
    EXPECT_EQ(scores, (std::vector<int>{0, 1, 2, 3, 4})) << limit;
    EXPECT_EQ(query.after_position, *store().LastPosition(kDefaultTenant));
  }
}

TEST_P(TenantTest, OnCommit_IsCalledBeforeTheAnswer_WhenReadersSeeIt) {
  std::atomic<int64_t> seen = 0;
  store().OnCommit([this, &seen] { seen = *store().LastPosition(kDefaultTenant); });
  ASSERT_TRUE(Write("a", [](const DecideInput& input) { return Evaluated(input, 1); }).ok());
  EXPECT_EQ(seen, 1);
  store().Close();
}

TEST_P(TenantTest, ListMovements_EachAccountOnce_ByItsLastMove) {
  const int64_t start_us = clock_.now_us();
  const auto evaluate = [this](const std::string& account_id, int score) {
    ASSERT_TRUE(Write(account_id, [score](const DecideInput& input) {
                  return Evaluated(input, score);
                }).ok());
    clock_.Advance(absl::Seconds(1));
  };
  evaluate("a", 10);  // 0: first
  evaluate("b", 40);  // 1: first
  evaluate("a", 12);  // 2: stays
  evaluate("a", 40);  // 3: up
  evaluate("b", 90);  // 4: up
  evaluate("b", 10);  // 5: down
  const auto moves = [&](int from_s, int to_s, int limit) {
    MovementQuery query;
    query.start_us = start_us + from_s * 1'000'000;
    query.end_us = start_us + to_s * 1'000'000;
    query.limit = limit;
    std::string text;
    while (true) {
      const auto page = store().ListMovements(query);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return text;
      for (const MovementRow& row : page->rows) {
        absl::StrAppend(&text, row.account.account_id, row.first.entry.evaluation().score(), ">",
                        row.last.entry.evaluation().score(), " ");
      }
      if (!page->next.has_value()) return text;
      query.after = page->next;
    }
  };
  for (int limit = 1; limit <= 3; ++limit) {
    EXPECT_EQ(moves(0, 6, limit), "b40>10 a10>40 ");
    EXPECT_EQ(moves(2, 5, limit), "b90>90 a40>40 ");
    EXPECT_EQ(moves(2, 3, limit), "") << "a stayed where it was";
    EXPECT_EQ(moves(0, 1, limit), "a10>10 ");
  }
}

TEST_P(TenantTest, ListAccounts_OtherOrders_AndWhatTheCallerWants) {
  const auto stored = [this](const std::string& id, const char* name, int score,
                             const char* parent) {
    ASSERT_TRUE(Write(id, [=](const DecideInput& input) {
                  ChangeSet changes = score < 0 ? FactsChanged(input, {}) : Evaluated(input, score);
                  changes.facts = FactsOf(name, "MX", "ana");
                  if (*parent != '\0') changes.facts->set_parent_id(parent);
                  return changes;
                }).ok());
  };
  stored("a", "Mango", 10, "fruit");
  stored("b", "Apple", 20, "");
  stored("c", "Mango", -1, "fruit");
  stored("b", "Apple", 30, "fruit");
  stored("d", "", 5, "other");
  const auto list = [this](AccountQuery query) {
    std::string ids;
    for (query.limit = 1;;) {
      const auto page = store().ListAccounts(query);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return ids;
      for (const AccountRecord& account : page->accounts) ids += account.account_id;
      if (!page->next.has_value()) return ids;
      query.after = page->next;
    }
  };
  AccountQuery query;
  query.order = AccountListOrder::kDisplayName;
  EXPECT_EQ(list(query), "dbac");
  query.order = AccountListOrder::kLastEvaluation;
  EXPECT_EQ(list(query), "dba");
  query.order = AccountListOrder::kAge;
  EXPECT_EQ(list(query), "abcd");
  query.parent_id = "fruit";
  EXPECT_EQ(list(query), "abc");
  query.matches = [](const AccountRecord& account, const ItemMap*) {
    return account.facts.display_name() == "Mango";
  };
  EXPECT_EQ(list(query), "ac");
  query.examine = 1;
  EXPECT_EQ(list(query), "ac") << "short pages lead on";
}

}  // namespace
}  // namespace tiermark
