// The demonstration portfolio in a store: what it shows, and that it can be seeded again.
#include "service/demo.h"

#include <atomic>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "scoring/error.h"
#include "service/demo/history.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

// Refuses writes after so many, as a store that is closed does.
class ClosingStore : public ForwardingStore {
 public:
  ClosingStore(Store& store, int writes) : ForwardingStore(store), left_(writes) {}

  void Apply(AccountWrite write) override {
    if (left_.fetch_sub(1) > 0) {
      ForwardingStore::Apply(std::move(write));
    } else {
      write.done(absl::UnavailableError("closed"));
    }
  }

 private:
  std::atomic<int> left_;
};

absl::Status SeedUntil(TestService& service, int writes) {
  ClosingStore store(service.store(), writes);
  MethodTable methods;
  AddHandlers({store, service.catalog(), service.clock()}, &methods);
  Pipeline pipeline(methods, service.clock(), PipelineOptions());
  return SeedDemo(pipeline, service.clock());
}

std::vector<v1::Account> AllAccounts(TestService& service) {
  std::vector<v1::Account> accounts;
  v1::ListAccountsRequest request;
  request.set_order_by(v1::ACCOUNT_ORDER_ACCOUNT_ID);
  do {
    const auto page = service.Call<v1::ListAccountsResponse>(request);
    EXPECT_OK(page);
    accounts.insert(accounts.end(), page->accounts().begin(), page->accounts().end());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return accounts;
}

std::vector<v1::Evaluation> EvaluationsOf(TestService& service, const std::string& account_id) {
  v1::ListEvaluationsRequest request;
  request.set_account_id(account_id);
  request.set_page_size(1'000);
  auto response = service.Call<v1::ListEvaluationsResponse>(request);
  EXPECT_OK(response);
  return {response->evaluations().begin(), response->evaluations().end()};
}

std::vector<v1::AccountEvent> EventsOf(TestService& service, const std::string& account_id) {
  v1::ListAccountEventsRequest request;
  request.set_account_id(account_id);
  request.set_page_size(1'000);
  auto response = service.Call<v1::ListAccountEventsResponse>(request);
  EXPECT_OK(response);
  return {response->events().begin(), response->events().end()};
}

// All that is stored of accounts, positions and instants with it.
std::string Everything(TestService& service) {
  std::string all;
  AccountQuery accounts;
  accounts.order = AccountListOrder::kAccountId;
  accounts.limit = 1'000;
  const auto account_page = service.store().ListAccounts(accounts);
  EXPECT_OK(account_page);
  for (const AccountRecord& account : account_page->accounts) {
    absl::StrAppend(&all, account.account_no, account.account_id, account.state.DebugString(),
                    account.facts.DebugString());
    EvaluationQuery evaluations;
    evaluations.account_id = account.account_id;
    const auto evaluation_page = service.store().ListEvaluations(evaluations);
    EXPECT_OK(evaluation_page);
    for (const LogRecord& record : evaluation_page->records) {
      absl::StrAppend(&all, record.position, record.entry.DebugString());
    }
    EventQuery events;
    events.account_id = account.account_id;
    const auto event_page = service.store().ListEvents(events);
    EXPECT_OK(event_page);
    for (const v1::AccountEvent& event : event_page->events) {
      absl::StrAppend(&all, event.DebugString());
    }
  }
  EXPECT_GT(all.size(), 100'000u);
  return all;
}

// Not EXPECT_EQ, which works on the difference of long texts until memory ends.
void ExpectSame(const std::string& actual, const std::string& expected) {
  if (actual == expected) return;
  size_t at = 0;
  while (at < actual.size() && at < expected.size() && actual[at] == expected[at]) ++at;
  const size_t from = at < 100 ? 0 : at - 100;
  ADD_FAILURE() << "differs at byte " << at << ":\n..." << actual.substr(from, 200)
                << "\nand not:\n..." << expected.substr(from, 200);
}

class Demo : public testing::Test {
 protected:
  Demo() { service_.clock().Set(MicrosAt("2026-05-20T15:00:00")); }

  absl::Status Seed() { return SeedDemo(service_.pipeline(), service_.clock()); }

  TestService service_;
};

TEST_F(Demo, IsTheSameInEveryStore) {
  ASSERT_OK(Seed());
  TestService other;
  other.clock().Set(MicrosAt("2026-05-20T09:00:00"));
  ASSERT_OK(SeedDemo(other.pipeline(), other.clock()));
  ExpectSame(Everything(service_), Everything(other));
}

TEST_F(Demo, ASecondStart_AddsNothing) {
  ASSERT_OK(Seed());
  const std::string before = Everything(service_);
  ASSERT_OK(Seed());
  ExpectSame(Everything(service_), before);
  // Nor does it months later.
  service_.clock().Set(MicrosAt("2027-01-07"));
  service_.Restart();
  ASSERT_OK(Seed());
  ExpectSame(Everything(service_), before);
}

TEST_F(Demo, WhatPeopleDidSince_IsLeftAsItIs) {
  ASSERT_OK(Seed());
  // With the facts goes what an account keeps of its own seeding.
  for (const v1::Account& account : AllAccounts(service_)) {
    if (!account.scores().empty()) continue;
    v1::UpsertAccountRequest replace;
    replace.set_account_id(account.account_id());
    replace.mutable_facts()->set_display_name("Renamed");
    replace.mutable_update_mask()->add_paths("*");
    ASSERT_OK(service_.Call<v1::UpsertAccountResponse>(replace));
  }
  const std::string before = Everything(service_);
  ASSERT_OK(Seed());
  ExpectSame(Everything(service_), before);
}

TEST_F(Demo, Interrupted_GoesOnWhereItStopped) {
  ASSERT_OK(Seed());
  const std::string whole = Everything(service_);
  const int steps = static_cast<int>(demo::Steps(absl::CivilDay(2026, 5, 20)).size());
  for (const int writes : {0, 1, 2, 777, steps - 100, steps - 1}) {
    SCOPED_TRACE(writes);
    TestService service;
    service.clock().Set(MicrosAt("2026-05-20T15:00:00"));
    ASSERT_EQ(SeedUntil(service, writes).code(), absl::StatusCode::kUnavailable);
    ASSERT_OK(SeedDemo(service.pipeline(), service.clock()));
    ExpectSame(Everything(service), whole);
  }
}

TEST_F(Demo, InterruptedTwiceAndOverDays_EndsAsIfItHadNotBeen) {
  ASSERT_OK(Seed());
  const std::string whole = Everything(service_);
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T23:59:59"));
  EXPECT_FALSE(SeedUntil(service, 300).ok());
  service.clock().Set(MicrosAt("2026-05-21T00:00:01"));
  service.Restart();
  EXPECT_FALSE(SeedUntil(service, 900).ok());
  service.clock().Set(MicrosAt("2026-07-02"));
  ASSERT_OK(SeedDemo(service.pipeline(), service.clock()));
  ExpectSame(Everything(service), whole);
}

TEST_F(Demo, HasAccountsOfEverySegment) {
  ASSERT_OK(Seed());
  std::map<v1::Segment, int> segments;
  std::set<v1::LifecycleStage> stages;
  for (const v1::Account& account : AllAccounts(service_)) {
    ++segments[account.segment()];
    stages.insert(account.lifecycle_stage());
  }
  for (const auto segment :
       {v1::SEGMENT_STRATEGIC, v1::SEGMENT_ENTERPRISE, v1::SEGMENT_COMMERCIAL, v1::SEGMENT_SMB}) {
    EXPECT_GE(segments[segment], 24) << v1::Segment_Name(segment);
  }
  EXPECT_GE(segments[v1::SEGMENT_UNSPECIFIED], 10) << "never scored";
  EXPECT_EQ(stages.size(), 4u);
}

TEST_F(Demo, HasHistoriesThatMove) {
  ASSERT_OK(Seed());
  std::map<v1::Movement, int> movements;
  std::map<int, int> closed;
  int with_notices = 0;
  for (const v1::Account& account : AllAccounts(service_)) {
    for (const auto& evaluation : EvaluationsOf(service_, account.account_id())) {
      ++movements[evaluation.movement()];
      for (const int reason : evaluation.closed_reasons()) ++closed[reason];
      if (!evaluation.notices().empty()) ++with_notices;
      EXPECT_LT(evaluation.evaluate_time().seconds(), MicrosAt("2026-05-20") / 1'000'000);
    }
  }
  EXPECT_GE(movements[v1::MOVEMENT_FIRST], 200);
  EXPECT_GE(movements[v1::MOVEMENT_UPGRADE], 30);
  EXPECT_GE(movements[v1::MOVEMENT_DOWNGRADE], 20);
  EXPECT_GE(movements[v1::MOVEMENT_UNCHANGED], 500);
  for (const int reason : {v1::REEVALUATION_REASON_EVENT, v1::REEVALUATION_REASON_FIRST_MEETING,
                           v1::REEVALUATION_REASON_MONTHLY, v1::REEVALUATION_REASON_QUARTERLY}) {
    EXPECT_GE(closed[reason], 20) << reason;
  }
  EXPECT_GE(with_notices, 50) << "amounts that are not local";
}

TEST_F(Demo, HasOpenEventsOfEveryKind) {
  ASSERT_OK(Seed());
  std::set<v1::AccountEventType> reported;
  std::set<v1::AccountEventType> detected;
  int settled = 0;
  for (const v1::Account& account : AllAccounts(service_)) {
    for (const auto& event : EventsOf(service_, account.account_id())) {
      if (!event.closing_evaluation_id().empty()) {
        ++settled;
      } else {
        (event.detected() ? detected : reported).insert(event.type());
      }
    }
  }
  EXPECT_GE(reported.size(), 2u);
  EXPECT_EQ(detected.size(), 3u) << "growth, country, products";
  EXPECT_GE(settled, 50);
}

class DemoDue : public testing::TestWithParam<const char*> {};

// Whatever day of a quarter it is started on.
TEST_P(DemoDue, ListsAccountsForEveryReason) {
  TestService service;
  service.clock().Set(MicrosAt(GetParam()));
  ASSERT_OK(SeedDemo(service.pipeline(), service.clock()));
  std::vector<v1::DueAccount> due;
  v1::ListReevaluationDueRequest request;
  do {
    const auto page = service.Call<v1::ListReevaluationDueResponse>(request);
    ASSERT_OK(page);
    due.insert(due.end(), page->due_accounts().begin(), page->due_accounts().end());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  std::map<v1::ReevaluationReason, int> reasons;
  int overdue_quarterly = 0;
  int meeting_ahead = 0;
  int meeting_past = 0;
  int client_never_scored = 0;
  for (const v1::DueAccount& account : due) {
    const v1::ReevaluationReason reason = account.due(0).reason();
    ++reasons[reason];
    if (reason == v1::REEVALUATION_REASON_QUARTERLY) {
      if (account.overdue_days() > 0) ++overdue_quarterly;
      if (!account.has_score()) ++client_never_scored;
    }
    if (reason == v1::REEVALUATION_REASON_FIRST_MEETING) {
      ++(account.overdue_days() > 0 ? meeting_past : meeting_ahead);
    }
  }
  EXPECT_GE(reasons[v1::REEVALUATION_REASON_EVENT], 15);
  EXPECT_GE(reasons[v1::REEVALUATION_REASON_FIRST_MEETING], 10);
  EXPECT_GE(reasons[v1::REEVALUATION_REASON_MONTHLY], 5);
  EXPECT_GE(reasons[v1::REEVALUATION_REASON_QUARTERLY], 15);
  EXPECT_GE(overdue_quarterly, 8);
  EXPECT_GE(meeting_ahead, 2);
  EXPECT_GE(meeting_past, 2);
  EXPECT_GE(client_never_scored, 2);
  EXPECT_LT(due.size(), 240u) << "some accounts are looked after";
}

INSTANTIATE_TEST_SUITE_P(Days, DemoDue,
                         testing::Values("2026-05-20T15:00:00", "2026-04-01", "2026-06-30T23:59:59",
                                         "2028-02-29T12:00:00", "2027-01-01T00:00:01",
                                         "2026-11-22T19:00:00"));

}  // namespace
}  // namespace tiermark
