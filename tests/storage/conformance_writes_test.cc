// Writes: load, decide, commit.
#include <algorithm>

#include "scoring/error.h"
#include "tests/storage/store_test.h"

namespace tiermark {
namespace {

TEST_P(StoreTest, Apply_FirstWrite_StoresTheAccount) {
  const absl::StatusOr<CommitResult> result = Write("acme", [](const DecideInput& input) {
    EXPECT_EQ(input.account, nullptr);
    ChangeSet changes = Evaluated(input, 80);
    changes.facts = FactsOf("Acme", "MX", "ana");
    return changes;
  });
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->repeated);
  ASSERT_EQ(result->entries.size(), 1U);
  EXPECT_EQ(result->entries[0].account_id, "acme");
  EXPECT_EQ(result->entries[0].previous_position, 0);
  EXPECT_EQ(result->entries[0].previous_evaluation_position, 0);

  const absl::StatusOr<AccountRecord> account = store().ReadAccount(kDefaultTenant, "acme");
  ASSERT_TRUE(account.ok()) << account.status();
  EXPECT_EQ(account->account_id, "acme");
  EXPECT_EQ(account->account_no, 1);
  EXPECT_EQ(account->last_position, result->entries[0].position);
  EXPECT_EQ(account->last_evaluation_position, result->entries[0].position);
  EXPECT_EQ(account->facts.display_name(), "Acme");
  EXPECT_EQ(account->state.scores(0).position(), result->entries[0].position);
  EXPECT_EQ(account->state.last_write_us(), clock_.now_us());
}

TEST_P(StoreTest, Apply_Stored_SurvivesReopening) {
  ASSERT_TRUE(Write("acme", [](const DecideInput& in) { return Evaluated(in, 80); }).ok());
  if (!Reopen()) GTEST_SKIP() << "keeps nothing when closed";
  const absl::StatusOr<CommitResult> second =
      Write("acme", [](const DecideInput& in) { return Evaluated(in, 70); });
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->entries[0].position, 2);
  EXPECT_EQ(second->entries[0].previous_position, 1);
  ASSERT_TRUE(Write("other", [](const DecideInput& in) { return Evaluated(in, 70); }).ok());
  EXPECT_EQ(store().ReadAccount(kDefaultTenant, "other")->account_no, 2);
}

TEST_P(StoreTest, Apply_SeveralEntries_PointBackInOrder) {
  ASSERT_TRUE(Write("a", [](const DecideInput& in) { return Evaluated(in, 10); }).ok());
  ASSERT_TRUE(Write("b", [](const DecideInput& in) { return Evaluated(in, 10); }).ok());
  const auto result = Write("a", [](const DecideInput& input) {
    ChangeSet changes = Reported(input, "merged");
    const ChangeSet evaluated = Evaluated(input, 90);
    changes.entries.push_back(evaluated.entries[0]);
    changes.state.mutable_scores(0)->set_position(PositionOfEntry(1));
    changes.entries.emplace_back().mutable_facts();
    return changes;
  });
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->entries.size(), 3U);
  const int64_t positions[] = {3, 4, 5};
  const int64_t previous[] = {1, 3, 4};
  const int64_t evaluations[] = {1, 1, 4};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(result->entries[i].position, positions[i]);
    EXPECT_EQ(result->entries[i].previous_position, previous[i]);
    EXPECT_EQ(result->entries[i].previous_evaluation_position, evaluations[i]);
  }
  const auto account = store().ReadAccount(kDefaultTenant, "a");
  EXPECT_EQ(account->last_position, 5);
  EXPECT_EQ(account->last_evaluation_position, 4);
  EXPECT_EQ(account->state.scores(0).position(), 4);
  for (const LogRecord& entry : result->entries) {
    const auto read = store().ReadLog(kDefaultTenant, entry.position);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->account_id, "a");
    EXPECT_EQ(read->previous_position, entry.previous_position);
    EXPECT_EQ(read->previous_evaluation_position, entry.previous_evaluation_position);
    EXPECT_TRUE(Same(read->entry, entry.entry));
  }
}

TEST_P(StoreTest, Apply_PlaceholderPositions_BecomeRealEverywhere) {
  ASSERT_TRUE(Write("a", [](const DecideInput& in) { return Evaluated(in, 10); }).ok());
  const auto reported = Write("a", [](const DecideInput& input) {
    ChangeSet changes = Reported(input, "grown");
    store::v1::FactsEntry* facts = changes.entries.emplace_back().mutable_facts();
    facts->add_detected_events(PositionOfEntry(0));
    *facts->add_detected() = *changes.events[0].event;
    return changes;
  });
  ASSERT_TRUE(reported.ok()) << reported.status();
  const std::string event_id = EventId(2);
  const v1::AccountEvent& event = reported->entries[0].entry.event().event();
  EXPECT_EQ(event.event_id(), event_id);
  EXPECT_EQ(event.change().event_id(), event_id);
  const store::v1::FactsEntry& facts = reported->entries[1].entry.facts();
  EXPECT_EQ(facts.detected_events(0), 2);
  EXPECT_EQ(facts.detected(0).event_id(), event_id);
  EXPECT_EQ(facts.detected(0).change().event_id(), event_id);
  const auto open = store().ReadAccount(kDefaultTenant, "a")->state.open_events(0);
  EXPECT_EQ(open.position(), 2);
  EXPECT_EQ(open.change().event_id(), event_id);

  const auto settled = Write("a", [](const DecideInput& in) { return Settled(in, 20); });
  ASSERT_TRUE(settled.ok()) << settled.status();
  const store::v1::EvaluationEntry& evaluation = settled->entries[0].entry.evaluation();
  EXPECT_EQ(evaluation.previous().position(), 1);
  EXPECT_EQ(evaluation.closed_events(0), 2);
}

TEST_P(StoreTest, Apply_OneGroup_LaterWritesSeeEarlierOnes) {
  std::vector<AccountWrite> writes;
  for (int i = 1; i <= 20; ++i) {
    writes.push_back(WriteOf("acme", [i](const DecideInput& input) {
      if (i == 1) {
        EXPECT_EQ(input.account, nullptr);
      } else {
        EXPECT_EQ(input.account->state.scores(0).score(), i - 1);
        EXPECT_EQ(input.account->last_evaluation_position, i - 1);
        EXPECT_EQ(input.account->facts.display_name(), i > 10 ? "Ten" : "");
      }
      ChangeSet changes = Evaluated(input, i);
      if (i == 10) changes.facts = FactsOf("Ten", "", "");
      return changes;
    }));
  }
  const auto results = WriteTogether(std::move(writes));
  for (size_t i = 0; i < results.size(); ++i) {
    ASSERT_TRUE(results[i].ok()) << results[i].status();
    EXPECT_EQ(results[i]->entries[0].position, static_cast<int64_t>(i) + 1);
    EXPECT_EQ(results[i]->entries[0].entry.evaluation().previous().position(),
              static_cast<int64_t>(i));
  }
  EXPECT_EQ(store().ReadAccount(kDefaultTenant, "acme")->state.scores(0).score(), 20);
  EXPECT_EQ(store().ReadAccount(kDefaultTenant, "acme")->facts.display_name(), "Ten");
}

TEST_P(StoreTest, Apply_DecisionFails_FailsAlone) {
  std::vector<AccountWrite> writes;
  writes.reserve(9);
  for (int i = 0; i < 9; ++i) {
    writes.push_back(WriteOf("acme", [i](const DecideInput& input) -> absl::StatusOr<ChangeSet> {
      if (i % 3 == 1) return absl::FailedPreconditionError("no");
      return Evaluated(input, i);
    }));
  }
  const auto results = WriteTogether(std::move(writes));
  for (size_t i = 0; i < results.size(); ++i) {
    if (i % 3 == 1) {
      EXPECT_EQ(results[i].status(), absl::FailedPreconditionError("no"));
    } else {
      EXPECT_TRUE(results[i].ok()) << results[i].status();
    }
  }
  EXPECT_EQ(store().ReadAccount(kDefaultTenant, "acme")->last_position, 6);
}

TEST_P(StoreTest, Apply_DecisionFailsOnUnknownAccount_StoresNothing) {
  EXPECT_CODE(Write("acme",
                    [](const DecideInput&) -> absl::StatusOr<ChangeSet> {
                      return absl::NotFoundError("unknown");
                    }),
              kNotFound);
  EXPECT_CODE(store().ReadAccount(kDefaultTenant, "acme"), kNotFound);
}

TEST_P(StoreTest, Apply_EmptyChangeSet_SucceedsAndStoresNothing) {
  AccountWrite write = WriteOf("acme", [](const DecideInput&) { return ChangeSet(); });
  write.request = Tag("id", "body");
  const auto result = Write(std::move(write));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->entries.empty());
  EXPECT_FALSE(result->repeated);
  EXPECT_CODE(store().ReadAccount(kDefaultTenant, "acme"), kNotFound);
}

TEST_P(StoreTest, Apply_NoFactsInChangeSet_KeepsTheFacts) {
  ASSERT_TRUE(Write("acme", [](const DecideInput& in) {
                return FactsChanged(in, FactsOf("Acme", "MX", "ana"));
              }).ok());
  ASSERT_TRUE(Write("acme", [](const DecideInput& input) {
                EXPECT_EQ(input.account->facts.display_name(), "Acme");
                return Evaluated(input, 80);
              }).ok());
  EXPECT_EQ(store().ReadAccount(kDefaultTenant, "acme")->facts.country(), "MX");
}

TEST_P(StoreTest, Apply_DeadlinePassed_NotBegun) {
  bool decided = false;
  AccountWrite late = WriteOf("acme", [&decided](const DecideInput& input) {
    decided = true;
    return Evaluated(input, 80);
  });
  late.deadline = clock_.Now() - absl::Microseconds(1);
  EXPECT_CODE(Write(std::move(late)), kDeadlineExceeded);
  EXPECT_FALSE(decided);
  AccountWrite in_time = WriteOf("acme", [](const DecideInput& in) { return Evaluated(in, 80); });
  in_time.deadline = clock_.Now();
  EXPECT_TRUE(Write(std::move(in_time)).ok());
}

TEST_P(StoreTest, Apply_ClockRunsBack_TimeOfAccountDoesNot) {
  ASSERT_TRUE(Write("acme", [](const DecideInput& in) { return Evaluated(in, 80); }).ok());
  const absl::Time first = clock_.Now();
  clock_.Advance(-absl::Hours(24 * 3650));
  ASSERT_TRUE(Write("acme", [first](const DecideInput& input) {
                EXPECT_EQ(input.now, first);
                return Evaluated(input, 81);
              }).ok());
  ASSERT_TRUE(Write("other", [this](const DecideInput& input) {
                EXPECT_EQ(input.now, clock_.Now());
                return Evaluated(input, 81);
              }).ok());
}

TEST_P(StoreTest, Apply_At_HappensThen) {
  AccountWrite write = WriteOf("acme", [this](const DecideInput& input) {
    EXPECT_EQ(input.now, clock_.Now() - absl::Hours(48));
    return Evaluated(input, 80);
  });
  write.at = clock_.Now() - absl::Hours(48);
  ASSERT_TRUE(Write(std::move(write)).ok());
  // Neither before the account's last write.
  write = WriteOf("acme", [this](const DecideInput& input) {
    EXPECT_EQ(input.now, clock_.Now() - absl::Hours(48));
    return Evaluated(input, 80);
  });
  write.at = clock_.Now() - absl::Hours(72);
  ASSERT_TRUE(Write(std::move(write)).ok());
}

TEST_P(StoreTest, Apply_BulkAndInteractive_BothCommitInTheirOwnOrder) {
  std::vector<AccountWrite> writes;
  for (int i = 0; i < 1000; ++i) {
    const bool bulk = i % 2 == 1;
    writes.push_back(WriteOf(bulk ? "bulk" : "interactive", [i](const DecideInput& input) {
      if (input.account != nullptr) {
        EXPECT_EQ(input.account->state.scores(0).score(), i / 2 - 1);
      }
      return Evaluated(input, i / 2);
    }));
    writes.back().bulk = bulk;
  }
  for (const auto& result : WriteTogether(std::move(writes))) {
    EXPECT_TRUE(result.ok()) << result.status();
  }
}

TEST_P(StoreTest, Close_Accepted_AreCommittedAndLaterOnesRefused) {
  std::atomic<int> committed = 0;
  for (int i = 0; i < 100; ++i) {
    AccountWrite write = WriteOf("acme", [](const DecideInput& in) { return Evaluated(in, 80); });
    write.done = [&committed](absl::StatusOr<CommitResult> result) { committed += result.ok(); };
    store().Apply(std::move(write));
  }
  store().Close();
  EXPECT_EQ(committed, 100);
  EXPECT_CODE(Write("acme", [](const DecideInput& in) { return Evaluated(in, 80); }), kUnavailable);
  EXPECT_CODE(store().ReadAccount(kDefaultTenant, "acme"), kUnavailable);
  EXPECT_CODE(store().ReadAccounts(kDefaultTenant, {"acme"}), kUnavailable);
  EXPECT_CODE(store().ReadLog(kDefaultTenant, 1), kUnavailable);
  EXPECT_CODE(store().ListDue({}), kUnavailable);
  EXPECT_CODE(store().ListAccounts({}), kUnavailable);
  EXPECT_CODE(store().ListEvaluations({}), kUnavailable);
  EXPECT_CODE(store().ListEvents({}), kUnavailable);
  if (!Reopen()) return;
  EXPECT_EQ(store().ReadAccount(kDefaultTenant, "acme")->last_position, 100);
}

}  // namespace
}  // namespace tiermark
