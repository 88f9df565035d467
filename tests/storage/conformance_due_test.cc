// Who is due.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/storage/store_test.h"

namespace tiermark {
namespace {

using v1::REEVALUATION_REASON_EVENT;
using v1::REEVALUATION_REASON_FIRST_MEETING;
using v1::REEVALUATION_REASON_MONTHLY;
using v1::REEVALUATION_REASON_QUARTERLY;

// "account:reason" of every row of every page, a page at a time.
std::vector<std::string> ListAll(Store& store, DueQuery query) {
  std::vector<std::string> listed;
  while (true) {
    const absl::StatusOr<DuePage> page = store.ListDue(query);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) return listed;
    EXPECT_LE(page->rows.size(), static_cast<size_t>(query.limit));
    for (const DueRow& row : page->rows) {
      listed.push_back(absl::StrCat(row.account_id, ":", static_cast<int>(row.reason)));
    }
    if (!page->next.has_value()) return listed;
    EXPECT_EQ(page->rows.size(), static_cast<size_t>(query.limit));
    query.after = page->next;
  }
}

using Strings = std::vector<std::string>;

class DueTest : public StoreTest {
 protected:
  void Due(const std::string& account_id, const std::vector<store::v1::Due>& due,
           TenantId tenant = kDefaultTenant) {
    AccountWrite write =
        WriteOf(account_id, [due](const DecideInput& input) { return DueAt(input, due); });
    write.tenant = tenant;
    ASSERT_TRUE(Write(std::move(write)).ok());
  }

  // The list at every page size is the same.
  Strings List(DueQuery query) {
    query.limit = 100;
    Strings listed = ListAll(store(), query);
    for (int limit = 1; limit <= 4; ++limit) {
      query.limit = limit;
      EXPECT_EQ(ListAll(store(), query), listed) << "pages of " << limit;
    }
    return listed;
  }
};

TEST_P(StoreTest, ListDue_NothingStored_IsEmpty) {
  const absl::StatusOr<DuePage> page = store().ListDue({});
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_TRUE(page->rows.empty());
  EXPECT_FALSE(page->next.has_value());
}

TEST_P(DueTest, ListDue_ByUrgencyThenDueTimeThenAge) {
  Due("quarterly", {DueOf(REEVALUATION_REASON_QUARTERLY, 10)});
  Due("younger", {DueOf(REEVALUATION_REASON_MONTHLY, 20)});
  Due("youngest", {DueOf(REEVALUATION_REASON_MONTHLY, 20)});
  Due("longer due", {DueOf(REEVALUATION_REASON_MONTHLY, -5)});
  Due("urgent", {DueOf(REEVALUATION_REASON_EVENT, 90)});
  Due("not due yet", {DueOf(REEVALUATION_REASON_EVENT, 101)});
  Due("never", {});
  EXPECT_EQ(List({.due_by_us = 100}),
            (Strings{"urgent:1", "longer due:4", "younger:4", "youngest:4", "quarterly:5"}));
}

TEST_P(DueTest, ListDue_SeveralReasons_ListedOnceUnderTheMostUrgentDue) {
  Due("both due", {DueOf(REEVALUATION_REASON_EVENT, 50), DueOf(REEVALUATION_REASON_MONTHLY, 10)});
  Due("one due", {DueOf(REEVALUATION_REASON_EVENT, 200), DueOf(REEVALUATION_REASON_MONTHLY, 20)});
  Due("all", {DueOf(REEVALUATION_REASON_EVENT, 60), DueOf(REEVALUATION_REASON_FIRST_MEETING, 1),
              DueOf(REEVALUATION_REASON_QUARTERLY, 1)});
  EXPECT_EQ(List({.due_by_us = 100}), (Strings{"both due:1", "all:1", "one due:4"}));
  EXPECT_EQ(List({.due_by_us = 55}), (Strings{"both due:1", "all:2", "one due:4"}));
  EXPECT_EQ(List({.due_by_us = 300}), (Strings{"both due:1", "all:1", "one due:1"}));
}

TEST_P(DueTest, ListDue_ReasonsAsked_OnlyTheyCount) {
  Due("both", {DueOf(REEVALUATION_REASON_EVENT, 50), DueOf(REEVALUATION_REASON_MONTHLY, 10)});
  Due("monthly", {DueOf(REEVALUATION_REASON_MONTHLY, 20)});
  Due("quarterly", {DueOf(REEVALUATION_REASON_QUARTERLY, 20)});
  EXPECT_EQ(List({.due_by_us = 100, .reasons = {REEVALUATION_REASON_MONTHLY}}),
            (Strings{"both:4", "monthly:4"}));
  EXPECT_EQ(List({.due_by_us = 100,
                  .reasons = {REEVALUATION_REASON_QUARTERLY, REEVALUATION_REASON_MONTHLY,
                              REEVALUATION_REASON_QUARTERLY}}),
            (Strings{"both:4", "monthly:4", "quarterly:5"}));
}

TEST_P(DueTest, CountDue_ByReason_WhateverElseTheAccountIsDueFor) {
  Due("both", {DueOf(REEVALUATION_REASON_EVENT, 50), DueOf(REEVALUATION_REASON_MONTHLY, 10)});
  Due("monthly", {DueOf(REEVALUATION_REASON_MONTHLY, 20)});
  Due("later", {DueOf(REEVALUATION_REASON_MONTHLY, 30)});
  const auto count = [this](DueCountQuery query) {
    const auto counted = store().CountDue(query);
    EXPECT_TRUE(counted.ok()) << counted.status();
    EXPECT_FALSE(counted->next.has_value());
    return counted->rows;
  };
  EXPECT_EQ(count({.reason = REEVALUATION_REASON_MONTHLY, .due_by_us = 9}), 0);
  EXPECT_EQ(count({.reason = REEVALUATION_REASON_MONTHLY, .due_by_us = 20}), 2);
  EXPECT_EQ(count({.reason = REEVALUATION_REASON_MONTHLY, .due_by_us = 30}), 3);
  EXPECT_EQ(count({.reason = REEVALUATION_REASON_EVENT, .due_by_us = 50}), 1);
  EXPECT_EQ(count({.reason = REEVALUATION_REASON_QUARTERLY, .due_by_us = 100}), 0);
  EXPECT_EQ(count({.tenant = 2, .reason = REEVALUATION_REASON_MONTHLY, .due_by_us = 100}), 0);
  const DueCursor first{REEVALUATION_REASON_MONTHLY, 10, 1};
  EXPECT_EQ(count({.reason = REEVALUATION_REASON_MONTHLY, .due_by_us = 30, .after = first}), 2);
}

TEST_P(DueTest, ListDue_Row_SaysWhatTheAccountIs) {
  ASSERT_TRUE(Write("acme", [](const DecideInput& input) {
                ChangeSet changes = DueAt(input, {DueOf(REEVALUATION_REASON_MONTHLY, 20)});
                changes.facts = FactsOf("Acme", "MX", "ana");
                return changes;
              }).ok());
  const absl::StatusOr<DuePage> page = store().ListDue({.due_by_us = 20});
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->rows.size(), 1U);
  EXPECT_EQ(page->rows[0].account_id, "acme");
  EXPECT_EQ(page->rows[0].display_name, "Acme");
  EXPECT_EQ(page->rows[0].reason, REEVALUATION_REASON_MONTHLY);
  EXPECT_EQ(page->rows[0].state.due(0).due_us(), 20);
  EXPECT_TRUE(store().ListDue({.due_by_us = 19})->rows.empty());
}

TEST_P(DueTest, ListDue_Filters_AllHaveToHold) {
  const auto stored = [this](const std::string& id, const char* country, const char* owner,
                             int score) {
    ASSERT_TRUE(Write(id, [=](const DecideInput& input) {
                  ChangeSet changes = score < 0 ? FactsChanged(input, {}) : Evaluated(input, score);
                  *changes.state.add_due() = DueOf(REEVALUATION_REASON_MONTHLY, 20);
                  changes.facts = FactsOf(id, country, owner);
                  return changes;
                }).ok());
  };
  stored("a", "MX", "ana", 90);
  stored("b", "MX", "bob", 70);
  stored("c", "BR", "ana", 40);
  stored("d", "BR", "bob", -1);
  stored("e", "", "", 10);
  EXPECT_EQ(List({.due_by_us = 20, .segments = {v1::SEGMENT_STRATEGIC, v1::SEGMENT_SMB}}),
            (Strings{"a:4", "e:4"}));
  EXPECT_EQ(List({.due_by_us = 20, .segments = {v1::SEGMENT_UNSPECIFIED}}), (Strings{"d:4"}));
  EXPECT_EQ(List({.due_by_us = 20, .owner_ids = {"bob", "eve"}}), (Strings{"b:4", "d:4"}));
  EXPECT_EQ(List({.due_by_us = 20, .countries = {"BR"}}), (Strings{"c:4", "d:4"}));
  EXPECT_EQ(List({.due_by_us = 20, .owner_ids = {"ana"}, .countries = {"MX", "BR"}}),
            (Strings{"a:4", "c:4"}));
  EXPECT_EQ(List({.due_by_us = 20,
                  .segments = {v1::SEGMENT_STRATEGIC},
                  .owner_ids = {"ana"},
                  .countries = {"BR"}}),
            Strings{});
}

TEST_P(DueTest, ListDue_AccountNoLongerDue_LeavesTheList) {
  Due("a", {DueOf(REEVALUATION_REASON_MONTHLY, 10)});
  Due("b", {DueOf(REEVALUATION_REASON_MONTHLY, 20)});
  Due("a", {DueOf(REEVALUATION_REASON_MONTHLY, 30)});
  EXPECT_EQ(List({.due_by_us = 100}), (Strings{"b:4", "a:4"}));
  Due("b", {DueOf(REEVALUATION_REASON_QUARTERLY, 20)});
  EXPECT_EQ(List({.due_by_us = 100}), (Strings{"a:4", "b:5"}));
  Due("a", {});
  EXPECT_EQ(List({.due_by_us = 100}), (Strings{"b:5"}));
}

TEST_P(DueTest, ListDue_CursorsRowHasGone_GoesOnBehindIt) {
  for (int i = 0; i < 6; ++i) {
    Due(absl::StrCat(i), {DueOf(REEVALUATION_REASON_MONTHLY, i)});
  }
  DueQuery query{.due_by_us = 100, .limit = 3};
  absl::StatusOr<DuePage> page = store().ListDue(query);
  ASSERT_TRUE(page.ok() && page->next.has_value());
  Due("2", {});
  Due("3", {DueOf(REEVALUATION_REASON_MONTHLY, 50)});
  query.after = page->next;
  EXPECT_EQ(ListAll(store(), query), (Strings{"4:4", "5:4", "3:4"}));
}

TEST_P(DueTest, ListDue_Tenants_NeverMeet) {
  Due("a", {DueOf(REEVALUATION_REASON_MONTHLY, 10)}, 1);
  Due("a", {DueOf(REEVALUATION_REASON_EVENT, 10)}, 2);
  Due("b", {DueOf(REEVALUATION_REASON_MONTHLY, 5)}, 2);
  EXPECT_EQ(List({.tenant = 1, .due_by_us = 100}), (Strings{"a:4"}));
  EXPECT_EQ(List({.tenant = 2, .due_by_us = 100}), (Strings{"a:1", "b:4"}));
  EXPECT_EQ(List({.tenant = 3, .due_by_us = 100}), Strings{});
}

INSTANTIATE_TEST_SUITE_P(AllBackends, DueTest, testing::ValuesIn(Backends()), BackendName);

}  // namespace
}  // namespace tiermark
