// Stages and standings of accounts, and what they do to what is due.
#include "gmock/gmock.h"
#include "scoring/calendar.h"
#include "scoring/error.h"
#include "scoring/policy.h"
#include "service/decide_lifecycle.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using absl::CivilDay;
using testing::ElementsAre;
using testing::IsEmpty;

// As the bank before it became a client.
v1::AccountFacts ProspectFacts() {
  v1::AccountFacts facts = BankFacts();
  facts.clear_lifecycle_stage();
  facts.clear_client_since_date();
  return facts;
}

class LifecycleRpc : public testing::Test {
 protected:
  LifecycleRpc() {
    today_ = absl::ToCivilDay(service_.clock().Now(), absl::UTCTimeZone());
    EXPECT_OK(service_.Upsert("bank", ProspectFacts()));
  }

  absl::StatusOr<v1::SetLifecycleStageResponse> SetStage(v1::LifecycleStage stage,
                                                         std::optional<CivilDay> day = {}) {
    v1::SetLifecycleStageRequest request;
    request.set_account_id("bank");
    request.set_stage(stage);
    request.set_note("as agreed");
    if (day.has_value()) *request.mutable_change_date() = DateOf(*day);
    return service_.Call<v1::SetLifecycleStageResponse>(request);
  }

  absl::StatusOr<v1::SetAccountStandingResponse> SetStanding(v1::Standing standing,
                                                             std::optional<CivilDay> day = {}) {
    v1::SetAccountStandingRequest request;
    request.set_account_id("bank");
    request.set_standing(standing);
    if (day.has_value()) *request.mutable_change_date() = DateOf(*day);
    return service_.Call<v1::SetAccountStandingResponse>(request);
  }

  std::vector<v1::LifecycleChange> Changes() {
    v1::ListLifecycleChangesRequest request;
    request.set_account_id("bank");
    request.set_page_size(1);
    std::vector<v1::LifecycleChange> changes;
    do {
      const auto page = service_.Call<v1::ListLifecycleChangesResponse>(request);
      EXPECT_OK(page);
      if (!page.ok()) return changes;
      changes.insert(changes.end(), page->changes().begin(), page->changes().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return changes;
  }

  v1::Account Get(std::optional<CivilDay> as_of = {}) {
    v1::GetAccountRequest request;
    request.set_account_id("bank");
    if (as_of.has_value()) *request.mutable_as_of_date() = DateOf(*as_of);
    const auto response = service_.Call<v1::GetAccountResponse>(request);
    EXPECT_OK(response);
    return response.ok() ? response->account() : v1::Account();
  }

  int DueOn(CivilDay day, int horizon_days = 0) {
    v1::ListReevaluationDueRequest request;
    request.mutable_as_of_time()->set_seconds(StartOfDayMicros(day, absl::UTCTimeZone()) /
                                              1'000'000);
    request.mutable_horizon()->set_seconds(horizon_days * 86'400);
    const auto response = service_.Call<v1::ListReevaluationDueResponse>(request);
    EXPECT_OK(response);
    return response.ok() ? response->due_accounts_size() : -1;
  }

  TestService service_;
  CivilDay today_;
};

TEST_F(LifecycleRpc, SetLifecycleStage_KeepsTheChangeWithItsDay) {
  const auto response = SetStage(v1::LIFECYCLE_STAGE_CLIENT, today_ - 7);
  ASSERT_OK(response);
  EXPECT_EQ(response->change().stage(), v1::LIFECYCLE_STAGE_CLIENT);
  EXPECT_EQ(DayOf(response->change().change_date()), today_ - 7);
  EXPECT_EQ(response->next_reevaluation().reason(), v1::REEVALUATION_REASON_QUARTERLY);
  const v1::Account account = Get();
  EXPECT_EQ(account.lifecycle_stage(), v1::LIFECYCLE_STAGE_CLIENT);
  EXPECT_EQ(account.facts().lifecycle_stage(), v1::LIFECYCLE_STAGE_CLIENT);
  EXPECT_EQ(DayOf(account.client_since_date()), today_ - 7);
  const auto changes = Changes();
  ASSERT_FALSE(changes.empty());
  EXPECT_EQ(changes[0].SerializeAsString(), response->change().SerializeAsString());
  EXPECT_EQ(changes[0].note(), "as agreed");
}

TEST_F(LifecycleRpc, TheStageItHasAlready_IsNotWritten) {
  ASSERT_OK(SetStage(v1::LIFECYCLE_STAGE_LEAD));
  const size_t before = Changes().size();
  const auto again = SetStage(v1::LIFECYCLE_STAGE_LEAD);
  ASSERT_OK(again);
  EXPECT_FALSE(again->has_change());
  EXPECT_EQ(again->next_reevaluation().reason(), v1::REEVALUATION_REASON_FIRST_MEETING);
  EXPECT_EQ(Changes().size(), before);
}

TEST_F(LifecycleRpc, ListLifecycleChanges_TellsTheNewestFirst) {
  ASSERT_OK(SetStage(v1::LIFECYCLE_STAGE_LEAD));
  ASSERT_OK(SetStanding(v1::STANDING_LOST, today_ + 3));
  ASSERT_OK(SetStage(v1::LIFECYCLE_STAGE_PROSPECT, today_ - 100));
  const auto changes = Changes();
  ASSERT_GE(changes.size(), 3u);
  EXPECT_EQ(changes[0].stage(), v1::LIFECYCLE_STAGE_PROSPECT);
  EXPECT_EQ(changes[1].standing(), v1::STANDING_LOST);
  EXPECT_EQ(changes[1].stage(), v1::LIFECYCLE_STAGE_UNSPECIFIED);
  EXPECT_EQ(changes[2].stage(), v1::LIFECYCLE_STAGE_LEAD);
}

TEST_F(LifecycleRpc, MarkedLost_IsNotDueUntilReopened) {
  ASSERT_EQ(DueOn(today_ + 1), 1);
  const auto lost = SetStanding(v1::STANDING_LOST);
  ASSERT_OK(lost);
  EXPECT_FALSE(lost->has_next_reevaluation());
  EXPECT_EQ(lost->activity().status(), v1::ACTIVITY_STATUS_LOST);
  EXPECT_EQ(Get().standing(), v1::STANDING_LOST);
  EXPECT_THAT(Get().due(), IsEmpty());
  EXPECT_EQ(DueOn(today_ + 1), 0);
  const auto open = SetStanding(v1::STANDING_OPEN);
  ASSERT_OK(open);
  EXPECT_TRUE(open->has_next_reevaluation());
  EXPECT_EQ(Get().standing(), v1::STANDING_OPEN);
  EXPECT_EQ(DueOn(today_ + 1), 1);
}

TEST_F(LifecycleRpc, ToBeLostAndReopened_IsDueBeforeAndAfterWithNoWrite) {
  ASSERT_OK(SetStanding(v1::STANDING_CANCELLED, today_ + 10));
  EXPECT_EQ(DueOn(today_ + 9), 1);
  EXPECT_EQ(DueOn(today_ + 10), 0);
  EXPECT_EQ(DueOn(today_ + 900), 0);
  EXPECT_EQ(DueOn(today_ + 1, 30), 1) << "due now, whatever comes";
  ASSERT_OK(SetStanding(v1::STANDING_OPEN, today_ + 20));
  EXPECT_EQ(DueOn(today_ + 9), 1);
  EXPECT_EQ(DueOn(today_ + 10), 0);
  EXPECT_EQ(DueOn(today_ + 19), 0);
  EXPECT_EQ(DueOn(today_ + 20), 1);
  EXPECT_EQ(DueOn(today_ + 1, 30), 1) << "once";
  EXPECT_EQ(Get().due_size(), 1);
  EXPECT_EQ(Get(today_ + 9).due_size(), 1);
  EXPECT_EQ(Get(today_ + 10).due_size(), 0);
  EXPECT_EQ(Get(today_ + 10).standing(), v1::STANDING_CANCELLED);
  EXPECT_EQ(Get(today_ + 20).due_size(), 1);
  service_.clock().Advance(absl::Hours(24 * 12));
  EXPECT_EQ(DayOf(DateOf(today_ + 20)),
            DayAt(Get().due(0).due_time().seconds() * 1'000'000, absl::UTCTimeZone()));
}

TEST_F(LifecycleRpc, AsOfADay_TellsWhatIsDueByItsEnd) {
  ASSERT_OK(service_.Evaluate("bank"));
  ASSERT_EQ(Get().due_size(), 1);
  const CivilDay due = DayAt(Get().due(0).due_time().seconds() * 1'000'000, absl::UTCTimeZone());
  EXPECT_THAT(Get(due - 1).due(), IsEmpty());
  EXPECT_EQ(Get(due).due_size(), 1);
}

TEST_F(LifecycleRpc, RequestSentAgain_AnswersTheFirstChange) {
  v1::SetAccountStandingRequest request;
  request.set_account_id("bank");
  request.set_standing(v1::STANDING_LOST);
  request.set_request_id("once");
  const auto first = service_.Call<v1::SetAccountStandingResponse>(request);
  ASSERT_OK(first);
  const size_t changes = Changes().size();
  const auto again = service_.Call<v1::SetAccountStandingResponse>(request);
  ASSERT_OK(again);
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(Changes().size(), changes);
}

// Another policy comes while a write is on its way to be decided.
class OvertakenStore : public ForwardingStore {
 public:
  OvertakenStore(Store& store, Catalog& catalog) : ForwardingStore(store), catalog_(catalog) {}

  void Apply(AccountWrite write) override {
    v1::Policy policy = PolicyOf(*catalog_.policy());
    policy.set_version(policy.version() + 1);
    policy.mutable_reevaluation()->set_quarterly_interval(v1::QUARTERLY_INTERVAL_ROLLING);
    catalog_.SetPolicy(*CompilePolicy(policy));
    ForwardingStore::Apply(std::move(write));
  }

 private:
  Catalog& catalog_;
};

TEST(LifecyclePolicy, IsTheOneThatHoldsWhenTheWriteIsDecided) {
  v1::SetLifecycleStageRequest stage;
  stage.set_account_id("bank");
  stage.set_stage(v1::LIFECYCLE_STAGE_GUARANTEED_PROSPECT);
  v1::SetAccountStandingRequest standing;
  standing.set_account_id("bank");
  standing.set_standing(v1::STANDING_OPEN);
  v1::AccountFacts facts = ProspectFacts();
  *facts.mutable_created_date() = DateOf(CivilDay(2020, 1, 1));
  const auto next_of = [&facts](const auto& request, auto response) {
    TestService service;
    service.clock().Set(MicrosAt("2026-05-20T12:00:00"));
    EXPECT_OK(service.Evaluate("bank", facts));
    OvertakenStore store(service.store(), service.catalog());
    MethodTable methods;
    AddLifecycleHandlers(service.ContextWith(store), &methods);
    Pipeline pipeline(methods, service.clock(), PipelineOptions());
    EXPECT_OK(CallThrough(pipeline, methods, request, &response));
    return response.next_reevaluation().due_time().seconds() * 1'000'000;
  };
  const int64_t rolling_us = MicrosAt("2026-08-20");
  EXPECT_EQ(next_of(stage, v1::SetLifecycleStageResponse()), rolling_us);
  EXPECT_EQ(next_of(standing, v1::SetAccountStandingResponse()), rolling_us);
}

TEST_F(LifecycleRpc, FaultsOfARequest_AreListedByTheirPaths) {
  v1::SetLifecycleStageRequest stage;
  stage.mutable_change_date()->set_year(2026);
  stage.set_note(std::string(1'001, 'n'));
  EXPECT_THAT(FieldsOf(StatusFrom(service_.Call<v1::SetLifecycleStageResponse>(stage))),
              ElementsAre("account_id", "change_date", "note", "stage"));
  EXPECT_THAT(FieldsOf(StatusFrom(SetStage(v1::LIFECYCLE_STAGE_LEAD, today_ + 1))),
              ElementsAre("change_date"));
  EXPECT_THAT(FieldsOf(StatusFrom(
                  service_.Call<v1::SetAccountStandingResponse>(v1::SetAccountStandingRequest()))),
              ElementsAre("account_id", "standing"));
  stage.Clear();
  stage.set_account_id("nobody");
  stage.set_stage(v1::LIFECYCLE_STAGE_CLIENT);
  EXPECT_FAILS(service_.Call<v1::SetLifecycleStageResponse>(stage), kNotFound, "ACCOUNT_NOT_FOUND");
}

// The stages among the lifecycle items of a change set, with their days.
std::vector<std::string> StagesOf(const ChangeSet& changes) {
  std::vector<std::string> stages;
  for (const ChangeSet::Item& item : changes.items) {
    v1::LifecycleChange change;
    EXPECT_TRUE(change.ParseFromString(item.value));
    stages.push_back(v1::LifecycleStage_Name(change.stage()) + " " +
                     absl::FormatCivilTime(DayOf(change.change_date())) + " " + item.key);
  }
  return stages;
}

TEST(StageByFacts, IsKeptAsAChangeHoweverItCame) {
  LivingAccount account;
  const std::string key = LifecycleChangeKey(0);
  EXPECT_THAT(
      StagesOf(account.Upsert("2026-05-01", Facts("lifecycle_stage: LIFECYCLE_STAGE_LEAD"))),
      ElementsAre("LIFECYCLE_STAGE_LEAD 2026-05-01 " + key));
  EXPECT_THAT(StagesOf(account.Upsert("2026-05-02", Facts("past_due_cases: 7"))), IsEmpty());
  v1::AccountFacts client = BankFacts();
  client.set_lifecycle_stage(v1::LIFECYCLE_STAGE_CLIENT);
  EXPECT_THAT(StagesOf(account.Evaluate("2026-05-03", client)),
              ElementsAre("LIFECYCLE_STAGE_CLIENT 2026-05-03 " + LifecycleChangeKey(1)));
  EXPECT_EQ(account.state().client_stage_date().day(), 3);
  google::protobuf::FieldMask mask;
  mask.add_paths("lifecycle_stage");
  const v1::AccountFacts none;
  const ChangeSet cleared =
      account.Keep(DecideUpsert({&none, &mask}, DefaultPolicy(), account.Input("2026-05-04")));
  EXPECT_THAT(StagesOf(cleared),
              ElementsAre("LIFECYCLE_STAGE_PROSPECT 2026-05-04 " + LifecycleChangeKey(2)));
  EXPECT_FALSE(account.state().has_client_stage_date());
  EXPECT_EQ(account.state().lifecycle_changes(), 3);
}

TEST(StageByFacts, OfANewAccountWithoutOne_IsNoChange) {
  LivingAccount account;
  EXPECT_THAT(StagesOf(account.Upsert("2026-05-01", Facts("past_due_cases: 7"))), IsEmpty());
  EXPECT_THAT(
      StagesOf(account.Upsert("2026-05-02", Facts("lifecycle_stage: LIFECYCLE_STAGE_PROSPECT"))),
      IsEmpty());
}

TEST(DecideStage, CarriesTheFactsAndTheDueReasons) {
  LivingAccount account;
  account.Evaluate("2026-01-05", ProspectFacts());
  const ChangeSet changes =
      account.Keep(DecideStage(v1::LIFECYCLE_STAGE_CLIENT, {DateOf(CivilDay(2026, 5, 1)), ""},
                               DefaultPolicy(), account.Input("2026-05-20")));
  ASSERT_TRUE(changes.facts.has_value());
  EXPECT_EQ(changes.facts->lifecycle_stage(), v1::LIFECYCLE_STAGE_CLIENT);
  EXPECT_EQ(changes.facts->past_due_cases(), BankFacts().past_due_cases());
  EXPECT_EQ(DayOf(changes.state.client_stage_date()), CivilDay(2026, 5, 1));
  ASSERT_EQ(changes.entries.size(), 1u);
  EXPECT_EQ(changes.entries[0].lifecycle().next().due_us(), changes.state.due(0).due_us());
}

TEST(DecideStanding, LostAccount_IsScoredAndStaysUndue) {
  LivingAccount account;
  account.Evaluate("2026-01-05", BankFacts());
  account.Report("2026-01-06", v1::ACCOUNT_EVENT_TYPE_ACQUISITION_OR_MERGER);
  account.Keep(DecideStanding(v1::STANDING_LOST, {}, DefaultPolicy(), account.Input("2026-01-07")));
  EXPECT_EQ(account.state().due_size(), 0);
  account.Report("2026-01-08", v1::ACCOUNT_EVENT_TYPE_NEW_COUNTRY);
  EXPECT_EQ(account.state().due_size(), 0);
  const ChangeSet scored = account.Evaluate("2026-05-20");
  EXPECT_FALSE(EvaluationOf(scored).has_next());
  EXPECT_EQ(account.state().due_size(), 0);
}

TEST(DecideStanding, WhatEndedBefore_IsNotClosedByAnEvaluation) {
  LivingAccount account;
  account.Upsert("2026-01-05", BankFacts());
  account.Keep(DecideStanding(v1::STANDING_LOST, {DateOf(CivilDay(2026, 1, 9)), ""},
                              DefaultPolicy(), account.Input("2026-01-06")));
  ASSERT_EQ(account.state().due_size(), 1);
  EXPECT_THAT(EvaluationOf(account.Evaluate("2026-01-09")).closed_reasons(), IsEmpty());
}

}  // namespace
}  // namespace tiermark
