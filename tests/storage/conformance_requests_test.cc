// Requests that are sent again.
#include "absl/strings/str_cat.h"
#include "scoring/error.h"
#include "tests/storage/store_test.h"

namespace tiermark {
namespace {

AccountWrite Request(const std::string& account_id, const std::string& request_id, int score,
                     const std::string& body = "body") {
  AccountWrite write =
      WriteOf(account_id, [score](const DecideInput& in) { return Evaluated(in, score); });
  write.request = Tag(request_id, body);
  return write;
}

TEST_P(StoreTest, Request_SentAgain_GetsItsFirstAnswer) {
  const auto first = Write(Request("acme", "r1", 80));
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(Write("acme", [](const DecideInput& in) { return Evaluated(in, 10); }).ok());
  AccountWrite again = Request("acme", "r1", 20);
  again.decide = [](const DecideInput&) -> absl::StatusOr<ChangeSet> {
    ADD_FAILURE() << "a repeated request is not decided";
    return ChangeSet();
  };
  const auto second = Write(std::move(again));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_TRUE(second->repeated);
  ASSERT_EQ(second->entries.size(), 1U);
  EXPECT_EQ(second->entries[0].position, first->entries[0].position);
  EXPECT_EQ(second->entries[0].account_id, "acme");
  EXPECT_TRUE(Same(second->entries[0].entry, first->entries[0].entry));
  EXPECT_EQ(store().ReadAccount(kDefaultTenant, "acme")->last_position, 2);
}

TEST_P(StoreTest, Request_SeveralEntries_TheLastAnswers) {
  const auto decide = [](const DecideInput& input) {
    ChangeSet changes = Reported(input, "note");
    changes.entries.push_back(Evaluated(input, 5).entries[0]);
    return changes;
  };
  AccountWrite write = WriteOf("acme", decide);
  write.request = Tag("r1", "body");
  ASSERT_TRUE(Write(std::move(write)).ok());
  // From the state, and from the log when the state has forgotten.
  for (int round = 0; round < 2; ++round) {
    write = WriteOf("acme", decide);
    write.request = Tag("r1", "body");
    const auto again = Write(std::move(write));
    ASSERT_TRUE(again.ok()) << again.status();
    ASSERT_TRUE(again->repeated);
    EXPECT_EQ(again->entries[0].position, 2);
    EXPECT_TRUE(again->entries[0].entry.has_evaluation());
    for (int i = 0; i < kRequestsInState; ++i) {
      ASSERT_TRUE(Write(Request("acme", absl::StrCat("other", i), 1)).ok());
    }
  }
}

TEST_P(StoreTest, Request_SentTwiceAtOnce_IsAppliedOnce) {
  std::vector<AccountWrite> writes;
  for (int i = 0; i < 10; ++i) writes.push_back(Request("acme", "r1", i));
  const auto results = WriteTogether(std::move(writes));
  for (size_t i = 0; i < results.size(); ++i) {
    ASSERT_TRUE(results[i].ok()) << results[i].status();
    EXPECT_EQ(results[i]->repeated, i > 0);
    EXPECT_EQ(results[i]->entries[0].position, 1);
    EXPECT_EQ(results[i]->entries[0].entry.evaluation().score(), 0);
  }
}

TEST_P(StoreTest, Request_OtherBody_IsAnError) {
  ASSERT_TRUE(Write(Request("acme", "r1", 80)).ok());
  const auto other = Write(Request("acme", "r1", 80, "other body"));
  EXPECT_CODE(other, kAlreadyExists);
  EXPECT_EQ(ReasonOf(other.status()), "REQUEST_ID_REUSED");
  // Also at once, and when the id is found in the log.
  std::vector<AccountWrite> writes;
  writes.push_back(Request("acme", "r2", 80));
  writes.push_back(Request("acme", "r2", 80, "other body"));
  for (int i = 0; i < 2 * kRequestsInState; ++i) {
    writes.push_back(Request("acme", absl::StrCat("more", i), 80));
  }
  writes.push_back(Request("acme", "r2", 80, "other body"));
  const auto results = WriteTogether(std::move(writes));
  EXPECT_TRUE(results[0].ok()) << results[0].status();
  EXPECT_CODE(results[1], kAlreadyExists);
  EXPECT_CODE(results.back(), kAlreadyExists);
}

TEST_P(StoreTest, Request_AfterReopening_GetsItsFirstAnswer) {
  for (int i = 0; i < 3 * kRequestsInState; ++i) {
    ASSERT_TRUE(Write(Request("acme", absl::StrCat("r", i), i)).ok());
  }
  if (!Reopen()) GTEST_SKIP() << "keeps nothing when closed";
  for (int i = 0; i < 3 * kRequestsInState; ++i) {
    const auto again = Write(Request("acme", absl::StrCat("r", i), i));
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(again->repeated);
    EXPECT_EQ(again->entries[0].entry.evaluation().score(), i);
  }
}

TEST_P(StoreTest, Request_ManyOthersSince_IsFoundInTheLog) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(Write(Request("acme", absl::StrCat("r", i), i)).ok());
    ASSERT_TRUE(Write("acme", [](const DecideInput& in) { return Reported(in, "n"); }).ok());
    ASSERT_TRUE(Write(Request("other", absl::StrCat("o", i), i)).ok());
    clock_.Advance(absl::Minutes(10));
  }
  for (int i = 0; i < 100; ++i) {
    const auto again = Write(Request("acme", absl::StrCat("r", i), i));
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(again->repeated) << i;
    EXPECT_EQ(again->entries[0].entry.evaluation().score(), i);
  }
  EXPECT_FALSE(Write(Request("acme", "o5", 5))->repeated);
}

TEST_P(StoreTest, Request_Expired_IsAppliedAnew) {
  ASSERT_TRUE(Write(Request("acme", "r1", 80)).ok());
  clock_.Advance(kRequestIdLifetime - absl::Microseconds(1));
  EXPECT_TRUE(Write(Request("acme", "r1", 80))->repeated);
  clock_.Advance(absl::Microseconds(1));
  const auto anew = Write(Request("acme", "r1", 81, "even another body"));
  ASSERT_TRUE(anew.ok()) << anew.status();
  EXPECT_FALSE(anew->repeated);
  EXPECT_EQ(anew->entries[0].entry.evaluation().score(), 81);
  EXPECT_TRUE(Write(Request("acme", "r1", 81, "even another body"))->repeated);
}

TEST_P(StoreTest, Request_ExpiredInTheLog_IsAppliedAnew) {
  for (int i = 0; i < 3 * kRequestsInState; ++i) {
    ASSERT_TRUE(Write(Request("acme", absl::StrCat("r", i), i)).ok());
    clock_.Advance(absl::Hours(1));
  }
  // The second of them is 24 hours old, the third is not.
  clock_.Advance(absl::Hours(24 - 3 * kRequestsInState + 1));
  EXPECT_TRUE(Write(Request("acme", "r2", 2))->repeated);
  EXPECT_FALSE(Write(Request("acme", "r1", 1))->repeated);
}

TEST_P(StoreTest, Request_ClockRanBack_IsStillKnown) {
  for (int i = 0; i < 2 * kRequestsInState; ++i) {
    ASSERT_TRUE(Write(Request("acme", absl::StrCat("r", i), i)).ok());
  }
  clock_.Advance(-absl::Hours(24 * 3650));
  for (int i = 0; i < 2 * kRequestsInState; ++i) {
    EXPECT_TRUE(Write(Request("acme", absl::StrCat("r", i), i))->repeated);
  }
}

TEST_P(StoreTest, Request_CallFailed_IdIsFree) {
  AccountWrite failing = Request("acme", "r1", 0);
  failing.decide = [](const DecideInput&) -> absl::StatusOr<ChangeSet> {
    return absl::FailedPreconditionError("no");
  };
  EXPECT_CODE(Write(std::move(failing)), kFailedPrecondition);
  AccountWrite late = Request("acme", "r1", 0);
  late.deadline = absl::InfinitePast();
  EXPECT_CODE(Write(std::move(late)), kDeadlineExceeded);
  AccountWrite empty = Request("acme", "r1", 0);
  empty.decide = [](const DecideInput&) { return ChangeSet(); };
  EXPECT_TRUE(Write(std::move(empty)).ok());
  const auto result = Write(Request("acme", "r1", 80, "another body"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->repeated);
}

TEST_P(StoreTest, Request_SameIdOfAnotherAccountOrTenant_IsAnother) {
  ASSERT_TRUE(Write(Request("acme", "r1", 80)).ok());
  EXPECT_FALSE(Write(Request("other", "r1", 80))->repeated);
  AccountWrite write = Request("acme", "r1", 80);
  write.tenant = 2;
  EXPECT_FALSE(Write(std::move(write))->repeated);
}

TEST_P(StoreTest, Request_SameFirstBytes_IsAnother) {
  // The state keeps eight bytes of the hash; the rest decides.
  ASSERT_TRUE(Write(Request("acme", "12345678-a", 1)).ok());
  EXPECT_FALSE(Write(Request("acme", "12345678-b", 2))->repeated);
  const auto again = Write(Request("acme", "12345678-a", 3));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->entries[0].entry.evaluation().score(), 1);
}

TEST_P(StoreTest, Request_OfAt_IsMeasuredThen) {
  const absl::Time then = clock_.Now() - absl::Hours(24 * 365);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 3 * kRequestsInState; ++i) {
      AccountWrite write = Request("acme", absl::StrCat("r", i), i);
      write.at = then + i * absl::Hours(24 * 7);
      const auto result = Write(std::move(write));
      ASSERT_TRUE(result.ok()) << result.status();
      EXPECT_EQ(result->repeated, round == 1) << i;
    }
  }
}

}  // namespace
}  // namespace tiermark
