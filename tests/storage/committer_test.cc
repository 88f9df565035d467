// The committer over a backend that fails when it is told to.
#include "storage/committer.h"

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "scoring/error.h"
#include "tests/storage/counting_observer.h"
#include "tests/storage/fake_clock.h"
#include "tests/storage/store_test.h"

namespace tiermark {
namespace {

// Keeps what was committed; used by the committer's thread alone, and by the test after Close.
class FakeBackend : public CommitBackend {
 public:
  absl::Status Begin() override { return begin_status; }

  std::vector<Account> LoadAccounts(absl::Span<const AccountKey> keys) override {
    std::vector<Account> loaded;
    for (const AccountKey& key : keys) {
      if (key.account_id == damaged_account) {
        loaded.emplace_back(absl::DataLossError("damaged"));
      } else if (const auto known = accounts.find(key.account_id); known != accounts.end()) {
        loaded.emplace_back(known->second);
      } else {
        loaded.emplace_back(std::nullopt);
      }
    }
    return loaded;
  }

  int64_t NextPosition() override { return static_cast<int64_t>(entries.size()) + 1; }
  int64_t NextAccountNo() override { return static_cast<int64_t>(accounts.size()) + 1; }

  absl::StatusOr<ItemMap> LoadItems(int64_t, ItemKind) override { return ItemMap(); }
  absl::StatusOr<std::vector<AccountRecord>> LoadErased(const AccountKey&, int64_t) override {
    return std::vector<AccountRecord>();
  }
  absl::StatusOr<TenantRecordMap> LoadTenantRecords(TenantId,
                                                    const std::vector<std::string>&) override {
    return tenant_records;
  }
  absl::Status WriteTenantRecords(TenantId, const std::vector<TenantRecord>& records,
                                  const std::vector<std::string>&) override {
    for (const TenantRecord& record : records) tenant_records[record.key] = record;
    return write_status;
  }
  absl::Status AppendAudit(const NewAuditEntry&) override { return absl::OkStatus(); }
  absl::StatusOr<bool> OverwriteErased() override { return false; }

  absl::StatusOr<StoredEntry> ReadEntry(int64_t position) override {
    ++entries_read;
    return entries.at(static_cast<size_t>(position - 1));
  }

  absl::Status Write(const GroupChange& change) override {
    pending_accounts.clear();
    pending_entries.clear();
    for (const AccountChange& account : change.accounts) {
      if (account.after->account_id == poisoned_account) return poison;
      pending_accounts[account.after->account_id] = *account.after;
    }
    for (const NewEntry& entry : change.entries) {
      pending_entries.push_back({*entry.record, entry.applied_us});
    }
    return write_status;
  }

  CommitOutcome Commit() override {
    groups.push_back(pending_entries.size());
    if (commit_outcome.status.ok()) {
      for (auto& [id, account] : pending_accounts) accounts[id] = account;
      entries.insert(entries.end(), pending_entries.begin(), pending_entries.end());
    }
    return commit_outcome;
  }

  absl::Status Flush() override {
    if (on_flush) on_flush();
    return flush_status;
  }

  void Rollback() override { ++rollbacks; }
  absl::Status Maintain() override { return maintain_status; }

  absl::Status begin_status;
  absl::Status write_status;
  CommitOutcome commit_outcome;
  absl::Status flush_status;
  absl::Status maintain_status;
  std::function<void()> on_flush;
  std::string damaged_account;
  std::string poisoned_account;
  absl::Status poison;
  std::map<std::string, AccountRecord> accounts;
  std::vector<StoredEntry> entries;
  TenantRecordMap tenant_records;
  std::map<std::string, AccountRecord> pending_accounts;
  std::vector<StoredEntry> pending_entries;
  std::vector<size_t> groups;
  int rollbacks = 0;
  int entries_read = 0;
};

using Answered = std::future<absl::StatusOr<CommitResult>>;

class CommitterTest : public testing::Test {
 protected:
  CommitterTest() {
    CommitterOptions options;
    options.clock = &clock_;
    options.observer = &observer_;
    options.on_fatal = [this](const absl::Status& status) { fatal_.set_value(status); };
    committer_ = std::make_unique<Committer>(&backend_, options);
  }

  Answered Apply(AccountWrite write) {
    auto answer = std::make_shared<std::promise<absl::StatusOr<CommitResult>>>();
    write.done = [answer](absl::StatusOr<CommitResult> result) {
      answer->set_value(std::move(result));
    };
    Answered answered = answer->get_future();
    committer_->Apply(std::move(write));
    return answered;
  }

  static AccountWrite Evaluation(const std::string& account_id, int score = 50) {
    return WriteOf(account_id, [score](const DecideInput& in) { return Evaluated(in, score); });
  }

  // Holds the committer up until Go; what is applied meanwhile waits for one group.
  void HoldUp() {
    auto held = std::make_shared<std::promise<void>>();
    go_ = std::promise<void>();
    Apply(WriteOf("holds up", [this, held](const DecideInput&) {
      held->set_value();
      go_.get_future().wait();
      return ChangeSet();
    }));
    held->get_future().wait();
  }
  void Go() { go_.set_value(); }

  CountingObserver observer_;
  FakeClock clock_;
  FakeBackend backend_;
  std::promise<absl::Status> fatal_;
  std::promise<void> go_;
  std::unique_ptr<Committer> committer_;
};

TEST_F(CommitterTest, Group_HoldsWhatWaited_UpToItsBound) {
  HoldUp();
  for (size_t i = 0; i < kGroupItemsMax + 10; ++i) Apply(Evaluation(absl::StrCat(i)));
  Go();
  committer_->Close();
  EXPECT_EQ(backend_.groups, (std::vector<size_t>{kGroupItemsMax, 10}));
}

TEST_F(CommitterTest, Group_Bytes_AreBounded_ButOneWriteAlwaysGoes) {
  HoldUp();
  for (const size_t bytes :
       {kGroupBytesMax + 1, kGroupBytesMax / 2, kGroupBytesMax / 2, size_t{1}}) {
    AccountWrite write = Evaluation("a");
    write.bytes = bytes;
    Apply(std::move(write));
  }
  Go();
  committer_->Close();
  EXPECT_EQ(backend_.groups, (std::vector<size_t>{1, 2, 1}));
}

TEST_F(CommitterTest, Group_BulkTakesHalf_WhileInteractiveWaits) {
  HoldUp();
  for (size_t i = 0; i < 2 * kGroupItemsMax; ++i) {
    AccountWrite write = Evaluation("bulk", 1);
    write.bulk = true;
    Apply(std::move(write));
  }
  for (size_t i = 0; i < kGroupItemsMax; ++i) Apply(Evaluation("interactive", 2));
  Go();
  committer_->Close();
  // Half and half while both wait, and then bulk alone.
  EXPECT_EQ(backend_.groups, (std::vector<size_t>(3, kGroupItemsMax)));
  for (size_t group = 0; group < 2; ++group) {
    size_t interactive = 0;
    for (size_t i = 0; i < kGroupItemsMax; ++i) {
      const StoredEntry& entry = backend_.entries[group * kGroupItemsMax + i];
      interactive += entry.record.account_id == "interactive" ? 1 : 0;
    }
    EXPECT_EQ(interactive, kGroupItemsMax / 2);
  }
}

TEST_F(CommitterTest, Queue_ItemsFull_RefusedAtOnceWithRetryInfo) {
  HoldUp();
  std::vector<Answered> accepted;
  for (size_t i = 0; i < kQueueItemsMax; ++i) accepted.push_back(Apply(Evaluation("a")));
  const absl::Status refused = Apply(Evaluation("a")).get().status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(refused.GetPayload(kRetryInfoUrl).has_value());
  // The bulk queue is another.
  AccountWrite bulk = Evaluation("b");
  bulk.bulk = true;
  accepted.push_back(Apply(std::move(bulk)));
  Go();
  for (Answered& answered : accepted) EXPECT_TRUE(answered.get().ok());
  EXPECT_TRUE(Apply(Evaluation("a")).get().ok());
}

TEST_F(CommitterTest, Queue_BytesFull_RefusedAtOnce) {
  HoldUp();
  for (int i = 0; i < 2; ++i) {
    AccountWrite write = Evaluation("a");
    write.bytes = kQueueBytesMax / 2;
    Apply(std::move(write));
  }
  AccountWrite write = Evaluation("a");
  write.bytes = 1;
  EXPECT_CODE(Apply(std::move(write)).get(), kResourceExhausted);
  Go();
}

TEST_F(CommitterTest, LoadFails_OnlyThatAccountsWritesFail) {
  backend_.damaged_account = "damaged";
  HoldUp();
  Answered damaged = Apply(Evaluation("damaged"));
  Answered sound = Apply(Evaluation("sound"));
  Go();
  EXPECT_CODE(damaged.get(), kDataLoss);
  EXPECT_TRUE(sound.get().ok());
}

TEST_F(CommitterTest, BeginFails_EveryWriteFails) {
  backend_.begin_status = absl::UnavailableError("locked");
  EXPECT_CODE(Apply(Evaluation("a")).get(), kUnavailable);
}

TEST_F(CommitterTest, WriteFails_WhatLeanedOnTheGroupFails_OthersKeepTheirAnswers) {
  HoldUp();
  backend_.write_status = absl::ResourceExhaustedError("full");
  AccountWrite first = Evaluation("a");
  first.request = Tag("r", "b");
  AccountWrite repeat = Evaluation("a");
  repeat.request = Tag("r", "b");
  Answered failed = Apply(std::move(first));
  Answered repeated = Apply(std::move(repeat));
  Answered nothing_on_changed = Apply(WriteOf("a", [](const DecideInput&) { return ChangeSet(); }));
  Answered nothing = Apply(WriteOf("b", [](const DecideInput&) { return ChangeSet(); }));
  Answered refused = Apply(WriteOf("c", [](const DecideInput&) -> absl::StatusOr<ChangeSet> {
    return absl::InvalidArgumentError("no");
  }));
  Go();
  EXPECT_CODE(failed.get(), kResourceExhausted);
  EXPECT_CODE(repeated.get(), kResourceExhausted);
  EXPECT_CODE(nothing_on_changed.get(), kResourceExhausted);
  EXPECT_TRUE(nothing.get().ok());
  EXPECT_CODE(refused.get(), kInvalidArgument);
  committer_->Close();
  EXPECT_TRUE(backend_.entries.empty());
  EXPECT_GE(backend_.rollbacks, 1);
}

TEST_F(CommitterTest, WriteFails_TheNextGroupGoesOn) {
  HoldUp();
  backend_.write_status = absl::ResourceExhaustedError("full");
  Answered failed = Apply(Evaluation("a"));
  Go();
  EXPECT_CODE(failed.get(), kResourceExhausted);
  HoldUp();
  backend_.write_status = absl::OkStatus();
  Answered written = Apply(Evaluation("a"));
  Go();
  const auto result = written.get();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->entries[0].position, 1);
}

TEST_F(CommitterTest, OneRecordCannotBeWritten_FailsAlone) {
  HoldUp();
  backend_.poisoned_account = "poisoned";
  backend_.poison = absl::DataLossError("damaged");
  std::vector<Answered> sound;
  sound.reserve(10);
  Answered poisoned = Apply(Evaluation("poisoned"));
  for (int i = 0; i < 10; ++i) sound.push_back(Apply(Evaluation("sound", i)));
  Go();
  EXPECT_CODE(poisoned.get(), kDataLoss);
  for (Answered& answered : sound) EXPECT_TRUE(answered.get().ok());
  committer_->Close();
  EXPECT_EQ(backend_.entries.size(), 10U);
  EXPECT_EQ(backend_.accounts["sound"].state.scores(0).score(), 9);
}

TEST_F(CommitterTest, CommitFailsForCertain_AnswersThat) {
  HoldUp();
  backend_.commit_outcome = {absl::ResourceExhaustedError("full"), false};
  Answered failed = Apply(Evaluation("a"));
  Go();
  EXPECT_CODE(failed.get(), kResourceExhausted);
}

TEST_F(CommitterTest, CommitUnknown_SaysSo_StopsServing_AndCallsOnFatalLast) {
  HoldUp();
  backend_.commit_outcome = {absl::UnavailableError("fsync"), true};
  Answered unknown = Apply(Evaluation("a"));
  Answered untouched = Apply(WriteOf("b", [](const DecideInput&) { return ChangeSet(); }));
  std::vector<Answered> waiting;
  for (size_t i = 0; i < kGroupItemsMax; ++i) waiting.push_back(Apply(Evaluation("c")));
  Go();
  EXPECT_EQ(fatal_.get_future().get(), absl::UnavailableError("fsync"));
  ASSERT_EQ(unknown.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  const absl::Status status = unknown.get().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnknown);
  EXPECT_EQ(ReasonOf(status), "COMMIT_UNKNOWN");
  EXPECT_TRUE(untouched.get().ok());
  EXPECT_CODE(waiting.back().get(), kUnavailable);
  EXPECT_CODE(Apply(Evaluation("d")).get(), kUnavailable);
  committer_->Close();
  EXPECT_EQ(backend_.groups.size(), 1U);
}

TEST_F(CommitterTest, Answers_WaitForTheFlush_WhichTheNextGroupDoesNot) {
  std::promise<void> flushing;
  std::promise<void> flushed;
  std::atomic<int> flushes = 0;
  backend_.on_flush = [&] {
    if (++flushes > 1) return;
    flushing.set_value();
    flushed.get_future().wait();
  };
  // With something waiting behind it, the first group is not flushed on the committer's own thread.
  auto decided = std::make_shared<std::promise<void>>();
  HoldUp();
  std::vector<Answered> first;
  first.reserve(kGroupItemsMax);
  for (size_t i = 0; i < kGroupItemsMax; ++i) first.push_back(Apply(Evaluation("a")));
  Answered second = Apply(WriteOf("b", [decided](const DecideInput& input) {
    decided->set_value();
    return Evaluated(input, 1);
  }));
  Go();
  flushing.get_future().wait();
  decided->get_future().wait();
  EXPECT_EQ(first.back().wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  EXPECT_EQ(second.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  flushed.set_value();
  EXPECT_TRUE(first.back().get().ok());
  EXPECT_TRUE(second.get().ok());
}

TEST_F(CommitterTest, FlushFails_NothingCommittedIsAcknowledged_AndOnFatalComesLast) {
  std::promise<void> flushing;
  std::promise<void> failing;
  backend_.flush_status = absl::UnavailableError("fsync");
  backend_.on_flush = [&] {
    flushing.set_value();
    failing.get_future().wait();
  };
  auto decided = std::make_shared<std::promise<void>>();
  HoldUp();
  std::vector<Answered> answers;
  for (size_t i = 0; i < kGroupItemsMax - 1; ++i) {
    AccountWrite write = Evaluation(absl::StrCat(i));
    write.request = Tag("r", "b");
    answers.push_back(Apply(std::move(write)));
  }
  Answered nothing = Apply(WriteOf("x", [](const DecideInput&) { return ChangeSet(); }));
  // Of the next group: one that leans on the first, and one that does not.
  AccountWrite repeat = Evaluation("0");
  repeat.request = Tag("r", "b");
  answers.push_back(Apply(std::move(repeat)));
  answers.push_back(Apply(WriteOf("y", [decided](const DecideInput& input) {
    decided->set_value();
    return Evaluated(input, 1);
  })));
  Go();
  flushing.get_future().wait();
  decided->get_future().wait();
  failing.set_value();
  EXPECT_EQ(fatal_.get_future().get(), absl::UnavailableError("fsync"));
  for (Answered& answer : answers) {
    ASSERT_EQ(answer.wait_for(std::chrono::seconds(0)), std::future_status::ready);
    EXPECT_EQ(ReasonOf(answer.get().status()), "COMMIT_UNKNOWN");
  }
  EXPECT_TRUE(nothing.get().ok());
  EXPECT_CODE(Apply(Evaluation("d")).get(), kUnavailable);
}

TEST_F(CommitterTest, MaintenanceFails_StopsServing_WithWhatWasAnsweredKept) {
  backend_.maintain_status = absl::UnavailableError("fsync");
  Answered written = Apply(Evaluation("a"));
  EXPECT_TRUE(written.get().ok());
  EXPECT_EQ(fatal_.get_future().get(), absl::UnavailableError("fsync"));
  EXPECT_CODE(Apply(Evaluation("b")).get(), kUnavailable);
}

TEST_F(CommitterTest, Gauges_SayWhatWaits_AndTheObserverWhatWasDone) {
  HoldUp();
  std::vector<Answered> answers;
  for (int i = 0; i < 3; ++i) {
    AccountWrite write = Evaluation("a");
    write.bytes = 100;
    answers.push_back(Apply(std::move(write)));
  }
  AccountWrite bulk = Evaluation("b");
  bulk.bytes = 7;
  bulk.bulk = true;
  answers.push_back(Apply(std::move(bulk)));
  const StoreGauges waiting = committer_->Gauges();
  EXPECT_EQ(waiting.interactive.writes, 3);
  EXPECT_EQ(waiting.interactive.bytes, 300);
  EXPECT_EQ(waiting.bulk.writes, 1);
  EXPECT_EQ(waiting.bulk.bytes, 7);
  EXPECT_EQ(waiting.tenant.writes, 0);
  Go();
  for (Answered& answer : answers) EXPECT_TRUE(answer.get().ok());
  committer_->Close();
  EXPECT_EQ(committer_->Gauges().interactive.writes, 0);
  // The one that held up the others wrote nothing.
  EXPECT_EQ(observer_.groups, 1);
  EXPECT_EQ(observer_.writes, 4);
  EXPECT_EQ(observer_.flushes, 1);
}

TEST_F(CommitterTest, State_KeepsTheLastRequests) {
  for (int i = 0; i < 3 * kRequestsInState; ++i) {
    AccountWrite write = Evaluation("a");
    write.request = Tag(absl::StrCat(i), "b");
    ASSERT_TRUE(Apply(std::move(write)).get().ok());
  }
  ASSERT_TRUE(Apply(Evaluation("a")).get().ok());
  committer_->Close();
  const auto& requests = backend_.accounts["a"].state.requests();
  ASSERT_EQ(requests.size(), kRequestsInState);
  for (int i = 0; i < kRequestsInState; ++i) {
    EXPECT_EQ(requests[i].position(), 2 * kRequestsInState + i + 1);
  }
}

TEST_F(CommitterTest, Request_StateNotFull_TheLogIsNotRead) {
  for (int i = 0; i < kRequestsInState; ++i) {
    AccountWrite write = Evaluation("a");
    write.request = Tag(absl::StrCat(i), "b");
    ASSERT_TRUE(Apply(std::move(write)).get().ok());
  }
  clock_.Advance(kRequestIdLifetime);
  for (int i = 0; i < 3; ++i) {
    AccountWrite write = Evaluation("a");
    write.request = Tag(absl::StrCat("new", i), "b");
    ASSERT_TRUE(Apply(std::move(write)).get().ok());
  }
  committer_->Close();
  EXPECT_EQ(backend_.entries_read, 0);
}

}  // namespace
}  // namespace tiermark
