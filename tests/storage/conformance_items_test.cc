// Items of accounts, and what changes the state alone.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/storage/store_test.h"

namespace tiermark {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

class ItemsTest : public StoreTest {
 protected:
  absl::StatusOr<CommitResult> WriteItems(const std::string& account_id,
                                          std::vector<ChangeSet::Item> items) {
    AccountWrite write = WriteOf(
        account_id, [items](const DecideInput& input) { return ItemsWritten(input, items); });
    write.items = ItemKind::kTransaction;
    return Write(std::move(write));
  }

  Pairs List(ItemQuery query) {
    Pairs listed;
    while (true) {
      const absl::StatusOr<ItemPage> page = store().ListItems(query);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return listed;
      listed.insert(listed.end(), page->items.begin(), page->items.end());
      if (!page->more) return listed;
      query.after = page->items.back().first;
    }
  }
};

INSTANTIATE_TEST_SUITE_P(AllBackends, ItemsTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(ItemsTest, ListItems_OneKindByKey_BothWays) {
  ASSERT_TRUE(WriteItems("a", {{ItemKind::kTransaction, "t2", "two"},
                               {ItemKind::kLifecycleChange, "t9", "other kind"},
                               {ItemKind::kTransaction, "t1", "one"},
                               {ItemKind::kTransaction, "t3", "three"}})
                  .ok());
  ASSERT_TRUE(WriteItems("b", {{ItemKind::kTransaction, "t4", "of another"}}).ok());
  const Pairs ascending = {{"t1", "one"}, {"t2", "two"}, {"t3", "three"}};
  const Pairs descending(ascending.rbegin(), ascending.rend());
  for (int limit = 1; limit <= 4; ++limit) {
    ItemQuery query;
    query.account_id = "a";
    query.limit = limit;
    EXPECT_EQ(List(query), ascending) << limit;
    query.descending = true;
    EXPECT_EQ(List(query), descending) << limit;
  }
}

TEST_P(ItemsTest, ListItems_UnknownAccount_NotFound) {
  ItemQuery query;
  query.account_id = "nobody";
  EXPECT_CODE(store().ListItems(query), kNotFound);
}

TEST_P(ItemsTest, Apply_ItemOfAKnownKey_TakesItsPlace) {
  ASSERT_TRUE(WriteItems("a", {{ItemKind::kTransaction, "t1", "first"}}).ok());
  ASSERT_TRUE(WriteItems("a", {{ItemKind::kTransaction, "t1", "second"}}).ok());
  ItemQuery query;
  query.account_id = "a";
  EXPECT_EQ(List(query), (Pairs{{"t1", "second"}}));
}

TEST_P(ItemsTest, Decide_SeesWhatTheWritesBeforeItLeft_InItsOwnGroupToo) {
  ASSERT_TRUE(WriteItems("a", {{ItemKind::kTransaction, "t1", ""}}).ok());
  std::vector<AccountWrite> writes;
  for (const char* key : {"t1", "t2", "t2"}) {
    writes.push_back(WriteOf("a", [key](const DecideInput& input) {
      return ItemsWritten(input, {{ItemKind::kTransaction, key, ""}});
    }));
    writes.back().items = ItemKind::kTransaction;
  }
  const auto results = WriteTogether(std::move(writes));
  std::vector<int> replaced;
  for (const auto& result : results) {
    ASSERT_TRUE(result.ok()) << result.status();
    replaced.push_back(result->entries.at(0).entry.transactions().replaced());
  }
  EXPECT_EQ(replaced, (std::vector<int>{1, 0, 1}));
}

TEST_P(ItemsTest, Decide_ThatAskedForNoItems_SeesNone) {
  bool saw_items = true;
  ASSERT_TRUE(Write("a", [&saw_items](const DecideInput& input) {
                saw_items = input.items != nullptr;
                return FactsChanged(input, {});
              }).ok());
  EXPECT_FALSE(saw_items);
}

TEST_P(ItemsTest, Apply_StateOnly_ChangesTheStateAndLeavesTheLogAlone) {
  ASSERT_TRUE(Write("a", [](const DecideInput& input) { return Evaluated(input, 50); }).ok());
  const auto before = store().LastPosition(kDefaultTenant);
  AccountWrite write =
      WriteOf("a", [](const DecideInput& input) { return Claimed(input, "worker", 7); });
  write.request = Tag("id", "body");
  const auto claimed = Write(std::move(write));
  ASSERT_TRUE(claimed.ok()) << claimed.status();
  EXPECT_TRUE(claimed->entries.empty());
  ASSERT_TRUE(claimed->state.has_value());
  EXPECT_EQ(claimed->state->claim().worker_id(), "worker");
  const auto account = store().ReadAccount(kDefaultTenant, "a");
  ASSERT_TRUE(account.ok()) << account.status();
  EXPECT_EQ(account->state.claim().until_us(), 7);
  EXPECT_EQ(*store().LastPosition(kDefaultTenant), *before);
  // The request id was not recorded: it runs again.
  AccountWrite again =
      WriteOf("a", [](const DecideInput& input) { return Claimed(input, "other", 8); });
  again.request = Tag("id", "another body");
  EXPECT_TRUE(Write(std::move(again)).ok());
}

TEST_P(ItemsTest, ListDue_Unclaimed_LeavesOutWhatIsClaimedThen) {
  for (const char* id : {"a", "b", "c"}) {
    ASSERT_TRUE(Write(id, [](const DecideInput& input) {
                  return DueAt(input, {DueOf(v1::REEVALUATION_REASON_EVENT, 1),
                                       DueOf(v1::REEVALUATION_REASON_QUARTERLY, 2)});
                }).ok());
  }
  ASSERT_TRUE(Write("b", [](const DecideInput& input) { return Claimed(input, "w", 100); }).ok());
  const auto listed = [this](std::optional<int64_t> unclaimed_at_us) {
    DueQuery query;
    query.due_by_us = 10;
    query.unclaimed_at_us = unclaimed_at_us;
    std::string ids;
    const auto page = store().ListDue(query);
    EXPECT_TRUE(page.ok()) << page.status();
    for (const DueRow& row : page->rows) ids += row.account_id;
    return ids;
  };
  EXPECT_EQ(listed(std::nullopt), "abc") << "claimed accounts stay in the list";
  EXPECT_EQ(listed(99), "ac");
  EXPECT_EQ(listed(100), "abc") << "the lease has ended";
}

}  // namespace
}  // namespace tiermark
