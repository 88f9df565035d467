// Events that callers report, and how evaluations close them.
#include "gmock/gmock.h"
#include "scoring/error.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto kMerger = v1::ACCOUNT_EVENT_TYPE_ACQUISITION_OR_MERGER;

TEST(DecideEvent, UnknownAccount_IsNotFound) {
  EXPECT_FAILS(DecideEvent({kMerger, std::nullopt, ""}, DefaultPolicy(),
                           LivingAccount().Input("2026-05-20")),
               kNotFound, "ACCOUNT_NOT_FOUND");
}

TEST(DecideEvent, WithoutADate_HappenedTodayInTheTenantsTimeZone) {
  LivingAccount account;
  account.Upsert("2026-05-01", BankFacts());
  v1::Policy policy = PolicyOf(DefaultPolicy());
  policy.mutable_reevaluation()->set_time_zone("America/Bogota");
  const ChangeSet changes =
      account.Keep(DecideEvent({kMerger, std::nullopt, "to whom it may concern"},
                               *CompilePolicy(policy), account.Input("2026-05-20T02:00:00")));
  ASSERT_EQ(changes.entries.size(), 1u);
  const v1::AccountEvent& event = changes.entries[0].event().event();
  EXPECT_EQ(event.event_date().day(), 19);
  EXPECT_EQ(event.note(), "to whom it may concern");
  EXPECT_FALSE(event.detected());
  ASSERT_EQ(changes.events.size(), 1u);
  EXPECT_EQ(changes.events[0].event->event_id(), event.event_id());
  ASSERT_EQ(account.state().open_events_size(), 1);
  EXPECT_EQ(account.state().open_events(0).due_us(), MicrosAt("2026-05-20T02:00:00"));
}

TEST(DecideEvent, IsDueFromTheLaterOfItsDayAndItsReport) {
  LivingAccount account;
  account.Evaluate("2026-05-01", BankFacts());
  account.Report("2026-05-20T08:00:00", kMerger, "2026-04-01");
  EXPECT_EQ(account.state().open_events(0).due_us(), MicrosAt("2026-05-20T08:00:00"));
  account.Report("2026-05-20T08:00:00", kMerger, "2026-06-09");
  EXPECT_EQ(account.state().open_events(1).due_us(), MicrosAt("2026-06-09"));
}

TEST(DecideEvent, OfTheFuture_StaysOpenUntilItsDay) {
  LivingAccount account;
  account.Evaluate("2026-05-01", BankFacts());
  account.Report("2026-05-20", kMerger, "2026-06-09");
  const ChangeSet before = account.Evaluate("2026-06-08T23:59:59");
  EXPECT_THAT(EvaluationOf(before).closed_reasons(), IsEmpty());
  EXPECT_THAT(before.events, IsEmpty());
  ASSERT_EQ(account.state().open_events_size(), 1);
  EXPECT_EQ(EvaluationOf(before).next().reason(), v1::REEVALUATION_REASON_EVENT);

  const ChangeSet on_the_day = account.Evaluate("2026-06-09");
  EXPECT_THAT(EvaluationOf(on_the_day).closed_reasons(),
              ElementsAre(v1::REEVALUATION_REASON_EVENT));
  EXPECT_EQ(account.state().open_events_size(), 0);
  ASSERT_EQ(account.events().size(), 1u);
  EXPECT_EQ(account.events()[0].closing_position, 4);
  EXPECT_EQ(account.events()[0].event->type(), kMerger) << "closing keeps what the row says";
  EXPECT_EQ(EvaluationOf(on_the_day).next().reason(), v1::REEVALUATION_REASON_QUARTERLY);
}

TEST(DecideEvent, AnEvaluation_ClosesAllThatAreDueAndNoOther) {
  LivingAccount account;
  account.Evaluate("2026-05-01", BankFacts());
  account.Report("2026-05-02", kMerger);
  account.Report("2026-05-03", kMerger, "2026-12-24");
  account.Report("2026-05-04", v1::ACCOUNT_EVENT_TYPE_NEW_COUNTRY);
  const ChangeSet changes = account.Evaluate("2026-05-05");
  EXPECT_THAT(EvaluationOf(changes).closed_events(), ElementsAre(2, 4));
  ASSERT_EQ(account.state().open_events_size(), 1);
  EXPECT_EQ(account.state().open_events(0).position(), 3);
  EXPECT_EQ(account.events()[0].closing_position, 5);
  EXPECT_EQ(account.events()[1].closing_position, 0);
  EXPECT_EQ(account.events()[2].closing_position, 5);
}

TEST(DecideEvent, BeyondTheMost_IsRefusedUntilTheyAreSettled) {
  LivingAccount account;
  account.Evaluate("2026-05-01", BankFacts());
  for (int i = 0; i < kOpenEventsMax; ++i) account.Report("2026-05-02", kMerger);
  EXPECT_EQ(account.state().open_events_size(), kOpenEventsMax);
  EXPECT_FAILS(
      DecideEvent({kMerger, std::nullopt, ""}, DefaultPolicy(), account.Input("2026-05-03")),
      kFailedPrecondition, "TOO_MANY_OPEN_EVENTS");
  account.Evaluate("2026-05-03");
  account.Report("2026-05-04", kMerger);
  EXPECT_EQ(account.state().open_events_size(), 1);
}

TEST(DecideEvent, ReportedOnes_AreNotOnePerType) {
  LivingAccount account;
  account.Evaluate("2026-05-01", BankFacts());
  account.Report("2026-05-02", v1::ACCOUNT_EVENT_TYPE_PORTFOLIO_GROWTH);
  account.Report("2026-05-02", v1::ACCOUNT_EVENT_TYPE_PORTFOLIO_GROWTH);
  account.Upsert("2026-05-03", Facts("past_due_cases: 900000"));
  EXPECT_EQ(account.state().open_events_size(), 3);
}

TEST(DecideEvent, OfAnAccountNeverScored_IsDueBesideTheFirstMeeting) {
  LivingAccount account;
  account.Upsert("2026-05-01", FintechFacts());
  account.Report("2026-05-02", kMerger);
  ASSERT_EQ(account.state().due_size(), 2);
  EXPECT_EQ(account.state().due(0).reason(), v1::REEVALUATION_REASON_EVENT);
  EXPECT_EQ(account.state().due(1).reason(), v1::REEVALUATION_REASON_FIRST_MEETING);
  const ChangeSet changes = account.Evaluate("2026-05-03");
  EXPECT_THAT(EvaluationOf(changes).closed_reasons(),
              ElementsAre(v1::REEVALUATION_REASON_EVENT, v1::REEVALUATION_REASON_FIRST_MEETING));
}

}  // namespace
}  // namespace tiermark
