// The demonstration portfolio in a store: what it shows, and that it can be seeded again.
#include "service/demo.h"

#include <atomic>
#include <cstring>
#include <map>
#include <set>
#include <variant>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "scoring/error.h"
#include "service/demo/history.h"
#include "tests/service/support.h"
#include "tiermark/v1/admin_service.pb.h"

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
  AddHandlers(service.ContextWith(store), &methods);
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
    for (const ItemKind kind : {ItemKind::kTransaction, ItemKind::kLifecycleChange}) {
      ItemQuery items;
      items.account_id = account.account_id;
      items.kind = kind;
      const auto item_page = service.store().ListItems(items);
      EXPECT_OK(item_page);
      for (const auto& [key, value] : item_page->items) absl::StrAppend(&all, key, value);
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

// How many accounts have each value of a dimension.
std::map<std::string, int64_t> CountBy(TestService& service, v1::Dimension dimension) {
  v1::SummarizePortfolioRequest request;
  request.add_group_by(dimension);
  const auto response = service.Call<v1::SummarizePortfolioResponse>(request);
  EXPECT_OK(response);
  std::map<std::string, int64_t> accounts;
  for (const v1::PortfolioGroup& group : response->groups()) {
    accounts[group.values(0)] = group.accounts();
  }
  return accounts;
}

// Every value of an enum occurs; UNSPECIFIED stands for what is unknown of some accounts.
void ExpectAllValues(TestService& service, v1::Dimension dimension,
                     const google::protobuf::EnumDescriptor& values, bool some_unknown) {
  const auto accounts = CountBy(service, dimension);
  const std::string unspecified = values.value(0)->name();
  const std::string prefix = unspecified.substr(0, unspecified.size() - strlen("UNSPECIFIED"));
  for (int i = some_unknown ? 0 : 1; i < values.value_count(); ++i) {
    const std::string value = values.value(i)->name().substr(prefix.size());
    EXPECT_EQ(accounts.count(value), 1u) << values.value(i)->name();
  }
}

TEST_F(Demo, HasEveryValueOfEveryDimension) {
  ASSERT_OK(Seed());
  const auto expect = [&](v1::Dimension dimension, const google::protobuf::EnumDescriptor* values,
                          bool some_unknown) {
    ExpectAllValues(service_, dimension, *values, some_unknown);
  };
  expect(v1::DIMENSION_SEGMENT, v1::Segment_descriptor(), true);
  expect(v1::DIMENSION_EFFECTIVE_SEGMENT, v1::Segment_descriptor(), true);
  expect(v1::DIMENSION_ACTIVITY, v1::ActivityStatus_descriptor(), false);
  expect(v1::DIMENSION_LIFECYCLE_STAGE, v1::LifecycleStage_descriptor(), false);
  expect(v1::DIMENSION_STANDING, v1::Standing_descriptor(), false);
  expect(v1::DIMENSION_CUSTOMER_KIND, v1::CustomerKind_descriptor(), false);
  expect(v1::DIMENSION_CUSTOMER_TENURE, v1::CustomerTenure_descriptor(), true);
  expect(v1::DIMENSION_CUSTOMER_ORIGIN, v1::CustomerOrigin_descriptor(), false);
  expect(v1::DIMENSION_CUSTOMER_VALUE, v1::CustomerValue_descriptor(), true);
  expect(v1::DIMENSION_SALES_ROUTE, v1::SalesRoute_descriptor(), true);
  expect(v1::DIMENSION_SALES_MEDIUM, v1::SalesMedium_descriptor(), true);
  expect(v1::DIMENSION_PROMOTION, v1::Promotion_descriptor(), true);
  expect(v1::DIMENSION_RESELLER_KIND, v1::ResellerKind_descriptor(), true);
  expect(v1::DIMENSION_SIZE_BAND, v1::SizeBand_descriptor(), true);
  expect(v1::DIMENSION_SERVICE_LEVEL, v1::ServiceLevel_descriptor(), true);
  expect(v1::DIMENSION_PAYMENT_TERMS, v1::PaymentTerms_descriptor(), true);
  expect(v1::DIMENSION_RISK_PROFILE, v1::RiskLevel_descriptor(), false);
  for (const auto dimension :
       {v1::DIMENSION_INDUSTRY_REGULATED, v1::DIMENSION_EARLY_PAYMENT_DISCOUNT}) {
    const auto accounts = CountBy(service_, dimension);
    EXPECT_EQ(accounts.count("TRUE") + accounts.count("FALSE"), 2u) << dimension;
  }
  EXPECT_GE(CountBy(service_, v1::DIMENSION_INDUSTRY).size(), 8u);
  EXPECT_GE(CountBy(service_, v1::DIMENSION_REGION).size(), 4u);
  EXPECT_GE(CountBy(service_, v1::DIMENSION_PRODUCT_LINE).size(), 7u);
  EXPECT_GE(CountBy(service_, v1::DIMENSION_CROSS_SELL).size(), 7u);
}

TEST_F(Demo, HasEveryFact) {
  ASSERT_OK(Seed());
  std::set<std::string> known;
  for (const v1::Account& account : AllAccounts(service_)) {
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    account.facts().GetReflection()->ListFields(account.facts(), &fields);
    for (const auto* field : fields) known.insert(field->name());
  }
  const auto* facts = v1::AccountFacts::descriptor();
  for (int i = 0; i < facts->field_count(); ++i) {
    EXPECT_EQ(known.count(facts->field(i)->name()), 1u) << facts->field(i)->name();
  }
}

TEST_F(Demo, HasScoresByEveryModel_WithTheirEvolution) {
  ASSERT_OK(Seed());
  std::map<std::string, int> scores;
  std::set<std::string> bands;
  int evolved = 0;
  for (const v1::Account& account : AllAccounts(service_)) {
    for (const v1::ModelScore& score : account.scores()) {
      ++scores[score.model_id()];
      bands.insert(score.model_id() + " " + score.band().band_id());
    }
    std::set<int> leads;
    for (const v1::Evaluation& evaluation : EvaluationsOf(service_, account.account_id())) {
      if (evaluation.model().model_id() == "lead-scoring") leads.insert(evaluation.score());
    }
    if (leads.size() >= 2) ++evolved;
  }
  EXPECT_GE(scores["account-segmentation"], 200);
  EXPECT_GE(scores["lead-scoring"], 40);
  EXPECT_GE(scores["risk-profile"], 60);
  EXPECT_GE(evolved, 20);
  for (const char* band : {"lead-scoring a", "lead-scoring b", "lead-scoring c", "lead-scoring d",
                           "risk-profile high", "risk-profile medium", "risk-profile low"}) {
    EXPECT_EQ(bands.count(band), 1u) << band;
  }
}

TEST_F(Demo, HasOverridesThatHoldAndOneThatEnded) {
  ASSERT_OK(Seed());
  int with_end = 0;
  int without_end = 0;
  for (const v1::Account& account : AllAccounts(service_)) {
    if (!account.has_override()) {
      EXPECT_EQ(account.effective_segment(), account.segment());
      continue;
    }
    EXPECT_EQ(account.effective_segment(), account.override().segment());
    EXPECT_NE(account.effective_segment(), account.segment());
    ++(account.override().has_expire_time() ? with_end : without_end);
  }
  EXPECT_EQ(with_end, 1);
  EXPECT_EQ(without_end, 1);
  int ended = 0;
  for (const demo::Step& step : demo::Steps(absl::CivilDay(2026, 5, 20))) {
    const auto* override = std::get_if<v1::OverrideSegmentRequest>(&step.request);
    if (override == nullptr) continue;
    const auto account = service_.Get(step.account_id);
    ASSERT_OK(account);
    if (!account->has_override()) ++ended;
  }
  EXPECT_EQ(ended, 1);
}

TEST_F(Demo, HasStagesThatPeopleChanged_AndAccountsThatCameBack) {
  ASSERT_OK(Seed());
  int stages_with_notes = 0;
  int gone = 0;
  int reopened = 0;
  std::map<v1::TransactionState, int> states;
  int credit_notes = 0;
  for (const v1::Account& account : AllAccounts(service_)) {
    v1::ListLifecycleChangesRequest list;
    list.set_account_id(account.account_id());
    const auto changes = service_.Call<v1::ListLifecycleChangesResponse>(list);
    ASSERT_OK(changes);
    for (const v1::LifecycleChange& change : changes->changes()) {
      if (change.stage() != v1::LIFECYCLE_STAGE_UNSPECIFIED && !change.note().empty()) {
        ++stages_with_notes;
      }
      if (change.standing() == v1::STANDING_OPEN) ++reopened;
    }
    if (account.standing() != v1::STANDING_OPEN) {
      ++gone;
      EXPECT_TRUE(account.due().empty()) << account.account_id();
    }
    v1::ListTransactionsRequest transactions;
    transactions.set_account_id(account.account_id());
    const auto page = service_.Call<v1::ListTransactionsResponse>(transactions);
    ASSERT_OK(page);
    for (const v1::Transaction& transaction : page->transactions()) {
      ++states[transaction.state()];
      if (transaction.kind() == v1::TRANSACTION_KIND_CREDIT_NOTE) ++credit_notes;
    }
  }
  EXPECT_GE(stages_with_notes, 15);
  EXPECT_GE(gone, 5);
  EXPECT_GE(reopened, 3);
  EXPECT_GE(states[v1::TRANSACTION_STATE_ISSUED], 400);
  EXPECT_GE(states[v1::TRANSACTION_STATE_PLANNED], 60);
  EXPECT_GE(states[v1::TRANSACTION_STATE_CANCELLED], 20);
  EXPECT_GE(credit_notes, 20);
}

TEST_F(Demo, SaysWhatTheDimensionsNeed_UnlessSomebodyHas) {
  ASSERT_OK(Seed());
  const auto policy = service_.Call<v1::GetPolicyResponse>(v1::GetPolicyRequest());
  ASSERT_OK(policy);
  EXPECT_EQ(policy->policy().version(), 1);
  EXPECT_EQ(policy->policy().home_country(), "CO");
  EXPECT_FALSE(policy->has_recomputation()) << "due dates are those of the defaults";

  TestService other;
  other.clock().Set(MicrosAt("2026-05-20T15:00:00"));
  v1::UpdatePolicyRequest update;
  *update.mutable_policy() = policy->policy();
  update.mutable_policy()->set_home_country("MX");
  ASSERT_OK(other.Call<v1::UpdatePolicyResponse>(update));
  ASSERT_OK(SeedDemo(other.pipeline(), other.clock()));
  const auto kept = other.Call<v1::GetPolicyResponse>(v1::GetPolicyRequest());
  ASSERT_OK(kept);
  EXPECT_EQ(kept->policy().home_country(), "MX");
}

class DemoDay : public testing::TestWithParam<const char*> {};

// Whatever day it is started on, somebody is in every state of activity.
TEST_P(DemoDay, HasEveryActivity) {
  TestService service;
  service.clock().Set(MicrosAt(GetParam()));
  ASSERT_OK(SeedDemo(service.pipeline(), service.clock()));
  const auto accounts = CountBy(service, v1::DIMENSION_ACTIVITY);
  for (const char* status :
       {"LOST", "NEW", "NO_ACTIVITY", "ACTIVE", "SLEEPING_AWAY", "LEAVING", "HIBERNATING"}) {
    EXPECT_EQ(accounts.count(status), 1u) << status;
  }
  // As README.md shows it.
  const auto shown = service.Get("altiverra-bank-co");
  ASSERT_OK(shown);
  EXPECT_EQ(shown->activity().status(), v1::ACTIVITY_STATUS_HIBERNATING);
  EXPECT_EQ(shown->activity().next_status(), v1::ACTIVITY_STATUS_LEAVING);
}

INSTANTIATE_TEST_SUITE_P(Days, DemoDay,
                         testing::Values("2026-05-20T15:00:00", "2026-09-30T08:00:00",
                                         "2027-01-01T00:00:01", "2027-07-08T10:00:00",
                                         "2028-02-29T12:00:00"));

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
