// An account's evaluations and events.
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/storage/store_test.h"

namespace tiermark {
namespace {

using Positions = std::vector<int64_t>;

Positions ListAll(Store& store, EvaluationQuery query) {
  Positions listed;
  while (true) {
    const absl::StatusOr<EvaluationPage> page = store.ListEvaluations(query);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) return listed;
    for (const LogRecord& record : page->records) {
      EXPECT_TRUE(record.entry.has_evaluation());
      EXPECT_EQ(record.account_id, query.account_id);
      listed.push_back(record.position);
    }
    if (page->next_before_position == 0) return listed;
    EXPECT_EQ(page->records.size(), static_cast<size_t>(query.limit));
    query.before_position = page->next_before_position;
  }
}

// The list at every page size is the same.
Positions List(Store& store, EvaluationQuery query) {
  query.limit = 100;
  Positions listed = ListAll(store, query);
  for (int limit = 1; limit <= 3; ++limit) {
    query.limit = limit;
    EXPECT_EQ(ListAll(store, query), listed) << "pages of " << limit;
  }
  return listed;
}

TEST_P(StoreTest, ListEvaluations_NewestFirst_OnlyTheAccountsEvaluations) {
  const auto write = [this](const std::string& id, Decide decide) {
    ASSERT_TRUE(Write(id, std::move(decide)).ok());
  };
  write("a", [](const DecideInput& in) { return Evaluated(in, 1); });
  write("b", [](const DecideInput& in) { return Evaluated(in, 2); });
  write("a", [](const DecideInput& in) { return Reported(in, "note"); });
  write("a", [](const DecideInput& in) { return Evaluated(in, 3); });
  write("a", [](const DecideInput& in) { return FactsChanged(in, {}); });
  write("a", [](const DecideInput& in) { return Evaluated(in, 4); });
  write("c", [](const DecideInput& in) { return FactsChanged(in, {}); });
  EXPECT_EQ(List(store(), {.account_id = "a"}), (Positions{6, 4, 1}));
  EXPECT_EQ(List(store(), {.account_id = "b"}), (Positions{2}));
  EXPECT_EQ(List(store(), {.account_id = "c"}), Positions{});
  EXPECT_CODE(store().ListEvaluations({.account_id = "d"}), kNotFound);
}

TEST_P(StoreTest, ListEvaluations_Filters_AllHaveToHold) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(Write("a", [i](const DecideInput& input) {
                  ChangeSet changes = Evaluated(input, i);
                  changes.entries[0].mutable_evaluation()->mutable_model()->set_model_id(
                      i % 2 == 0 ? "even" : "odd");
                  return changes;
                }).ok());
    clock_.Advance(absl::Microseconds(10));
  }
  const int64_t start_us = FakeClock::kStartUs;
  EXPECT_EQ(List(store(), {.account_id = "a", .model_id = "odd"}), (Positions{10, 8, 6, 4, 2}));
  EXPECT_EQ(List(store(), {.account_id = "a", .model_id = "other"}), Positions{});
  // The start is included, the end is not.
  EXPECT_EQ(List(store(), {.account_id = "a", .start_us = start_us + 20, .end_us = start_us + 50}),
            (Positions{5, 4, 3}));
  EXPECT_EQ(List(store(), {.account_id = "a",
                           .model_id = "even",
                           .start_us = start_us + 20,
                           .end_us = start_us + 51}),
            (Positions{5, 3}));
  EXPECT_EQ(List(store(), {.account_id = "a", .start_us = 5, .end_us = 5}), Positions{});
}

TEST_P(StoreTest, ListEvents_NewestFirst_ClosedByTheirEvaluation) {
  for (const char* note : {"first", "second", "third"}) {
    ASSERT_TRUE(Write("a", [note](const DecideInput& in) { return Reported(in, note); }).ok());
    ASSERT_TRUE(Write("b", [note](const DecideInput& in) { return Reported(in, note); }).ok());
  }
  ASSERT_TRUE(Write("a", [](const DecideInput& in) { return Settled(in, 50); }).ok());
  ASSERT_TRUE(Write("a", [](const DecideInput& in) { return Reported(in, "fourth"); }).ok());

  const auto all = store().ListEvents({.account_id = "a"});
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->next_before_position, 0);
  ASSERT_EQ(all->events.size(), 4U);
  const char* notes[] = {"fourth", "third", "second", "first"};
  const int64_t positions[] = {8, 5, 3, 1};
  for (size_t i = 0; i < 4; ++i) {
    const v1::AccountEvent& event = all->events[i];
    EXPECT_EQ(event.note(), notes[i]);
    EXPECT_EQ(event.event_id(), EventId(positions[i]));
    EXPECT_EQ(event.change().event_id(), EventId(positions[i]));
    EXPECT_EQ(event.closing_evaluation_id(), i == 0 ? "" : EvaluationId(7));
  }
  const auto open = store().ListEvents({.account_id = "a", .open_only = true});
  ASSERT_EQ(open->events.size(), 1U);
  EXPECT_EQ(open->events[0].note(), "fourth");
  EXPECT_CODE(store().ListEvents({.account_id = "c"}), kNotFound);
}

TEST_P(StoreTest, ListEvents_Pages_EndWhereTheListDoes) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(
        Write("a", [i](const DecideInput& in) { return Reported(in, absl::StrCat(i)); }).ok());
  }
  for (int limit = 1; limit <= 6; ++limit) {
    EventQuery query{.account_id = "a", .limit = limit};
    std::string notes;
    do {
      const auto page = store().ListEvents(query);
      ASSERT_TRUE(page.ok()) << page.status();
      EXPECT_FALSE(page->events.empty());
      for (const v1::AccountEvent& event : page->events) notes += event.note();
      query.before_position = page->next_before_position;
    } while (query.before_position != 0);
    EXPECT_EQ(notes, "43210");
  }
}

TEST_P(StoreTest, EventRow_OfAKnownEvent_ReplacesAllButItsId) {
  ASSERT_TRUE(Write("a", [](const DecideInput& in) { return Reported(in, "before"); }).ok());
  ASSERT_TRUE(Write("a", [](const DecideInput& input) {
                ChangeSet changes = FactsChanged(input, {});
                v1::AccountEvent event;
                event.set_note("after");
                event.set_event_id("anything");
                changes.events.push_back({1, 0, event});
                return changes;
              }).ok());
  const auto page = store().ListEvents({.account_id = "a"});
  ASSERT_EQ(page->events.size(), 1U);
  EXPECT_EQ(page->events[0].note(), "after");
  EXPECT_EQ(page->events[0].event_id(), EventId(1));
  EXPECT_FALSE(page->events[0].has_change());
}

TEST_P(StoreTest, EventRow_ReportedChangedAndClosedInOneGroup_EndsClosed) {
  std::vector<AccountWrite> writes;
  writes.push_back(WriteOf("a", [](const DecideInput& in) { return Reported(in, "one"); }));
  writes.push_back(WriteOf("a", [](const DecideInput& input) {
    ChangeSet changes = FactsChanged(input, {});
    v1::AccountEvent event;
    event.set_note("two");
    changes.events.push_back({1, 0, event});
    return changes;
  }));
  writes.push_back(WriteOf("a", [](const DecideInput& in) { return Settled(in, 50); }));
  for (const auto& result : WriteTogether(std::move(writes))) ASSERT_TRUE(result.ok());
  const auto page = store().ListEvents({.account_id = "a"});
  ASSERT_EQ(page->events.size(), 1U);
  EXPECT_EQ(page->events[0].note(), "two");
  EXPECT_EQ(page->events[0].closing_evaluation_id(), EvaluationId(3));
}

TEST_P(StoreTest, EventRow_OfTheSameWritesEvaluation_IsClosedAtOnce) {
  ASSERT_TRUE(Write("a", [](const DecideInput& input) {
                ChangeSet changes = Reported(input, "known at once");
                changes.entries.push_back(Evaluated(input, 5).entries[0]);
                changes.events[0].closing_position = PositionOfEntry(1);
                changes.state.clear_open_events();
                return changes;
              }).ok());
  const auto page = store().ListEvents({.account_id = "a"});
  ASSERT_EQ(page->events.size(), 1U);
  EXPECT_EQ(page->events[0].closing_evaluation_id(), EvaluationId(2));
}

}  // namespace
}  // namespace tiermark
