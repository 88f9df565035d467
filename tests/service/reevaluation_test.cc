// What an evaluation closes and when the account is due next.
#include "gmock/gmock.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

v1::AccountFacts Prospect(const std::string& more = "") {
  v1::AccountFacts facts = FintechFacts();
  facts.MergeFrom(Facts("lifecycle_stage: LIFECYCLE_STAGE_PROSPECT " + more));
  return facts;
}

TEST(Reevaluation, FirstScoreOfAProspect_ClosesFirstMeeting) {
  LivingAccount account;
  const ChangeSet created = account.Upsert("2026-05-04T09:00:00", Prospect());
  const store::v1::Due& next = created.entries.back().facts().next();
  EXPECT_EQ(next.reason(), v1::REEVALUATION_REASON_FIRST_MEETING);
  EXPECT_EQ(next.due_us(), MicrosAt("2026-05-04"));
  const ChangeSet evaluated = account.Evaluate("2026-05-06");
  EXPECT_THAT(EvaluationOf(evaluated).closed_reasons(),
              ElementsAre(v1::REEVALUATION_REASON_FIRST_MEETING));
  EXPECT_EQ(EvaluationOf(evaluated).next().reason(), v1::REEVALUATION_REASON_MONTHLY);
  EXPECT_EQ(EvaluationOf(evaluated).next().due_us(), MicrosAt("2026-06-06"));
}

TEST(Reevaluation, FirstMeetingNotYetDue_IsNotClosedButGone) {
  LivingAccount account;
  account.Upsert("2026-05-04", Prospect("created_date { year: 2026 month: 5 day: 20 }"));
  const ChangeSet evaluated = account.Evaluate("2026-05-06");
  EXPECT_THAT(EvaluationOf(evaluated).closed_reasons(), IsEmpty());
  ASSERT_EQ(account.state().due_size(), 1);
  EXPECT_EQ(account.state().due(0).reason(), v1::REEVALUATION_REASON_MONTHLY);
}

TEST(Reevaluation, NewAccount_GoesFromMonthlyToQuarterly) {
  LivingAccount account;
  account.Evaluate("2026-05-04", Prospect());
  const ChangeSet june = account.Evaluate("2026-06-04");
  EXPECT_THAT(EvaluationOf(june).closed_reasons(), ElementsAre(v1::REEVALUATION_REASON_MONTHLY));
  const ChangeSet july = account.Evaluate("2026-07-04");
  EXPECT_EQ(EvaluationOf(july).next().reason(), v1::REEVALUATION_REASON_QUARTERLY)
      << "4 August is no longer within three months of 4 May";
  EXPECT_EQ(EvaluationOf(july).next().due_us(), MicrosAt("2026-10-01"));
  EXPECT_EQ(EvaluationOf(july).next().overdue_us(), MicrosAt("2027-01-01"));
}

TEST(Reevaluation, BeforeItIsDue_ClosesNothingAndStartsAnew) {
  LivingAccount account;
  account.Evaluate("2026-05-04", BankFacts());
  const ChangeSet early = account.Evaluate("2026-06-30T23:59:59");
  EXPECT_THAT(EvaluationOf(early).closed_reasons(), IsEmpty());
  EXPECT_EQ(EvaluationOf(early).next().due_us(), MicrosAt("2026-07-01"));
  const ChangeSet due = account.Evaluate("2026-07-01");
  EXPECT_THAT(EvaluationOf(due).closed_reasons(), ElementsAre(v1::REEVALUATION_REASON_QUARTERLY));
  EXPECT_EQ(EvaluationOf(due).next().due_us(), MicrosAt("2026-10-01"));
}

TEST(Reevaluation, SeveralReasons_AreClosedInOrderOfUrgency) {
  LivingAccount account;
  account.Evaluate("2026-05-04", BankFacts());
  account.Report("2026-06-15", v1::ACCOUNT_EVENT_TYPE_ACQUISITION_OR_MERGER);
  const ChangeSet both = account.Evaluate("2026-07-15");
  EXPECT_THAT(EvaluationOf(both).closed_reasons(),
              ElementsAre(v1::REEVALUATION_REASON_EVENT, v1::REEVALUATION_REASON_QUARTERLY));
}

TEST(Reevaluation, BecomingAClient_MakesItNewAgain) {
  LivingAccount account;
  account.Evaluate("2026-01-05", Prospect("created_date { year: 2024 month: 1 day: 1 }"));
  EXPECT_EQ(account.state().due(0).reason(), v1::REEVALUATION_REASON_QUARTERLY);
  const ChangeSet won =
      account.Upsert("2026-02-10", Facts("lifecycle_stage: LIFECYCLE_STAGE_CLIENT"));
  const store::v1::Due& next = won.entries.back().facts().next();
  EXPECT_EQ(next.reason(), v1::REEVALUATION_REASON_MONTHLY);
  EXPECT_EQ(next.due_us(), MicrosAt("2026-02-05"));
}

TEST(Reevaluation, NextOfTheAnswer_IsWhatComesFirst) {
  LivingAccount account;
  account.Evaluate("2026-05-04", BankFacts());
  const ChangeSet reported =
      account.Report("2026-05-10", v1::ACCOUNT_EVENT_TYPE_NEW_COUNTRY, "2026-08-01");
  EXPECT_EQ(reported.entries.back().event().next().reason(), v1::REEVALUATION_REASON_QUARTERLY)
      << "1 July comes before the event of 1 August";
  ASSERT_EQ(account.state().due_size(), 2);
  EXPECT_EQ(account.state().due(0).reason(), v1::REEVALUATION_REASON_EVENT);
}

TEST(Reevaluation, EvaluateTime_NeverRunsBackwards) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T10:00:00"));
  ASSERT_OK(service.Evaluate("bank", BankFacts()));
  service.clock().Set(MicrosAt("2026-05-20T09:00:00"));
  const auto later = service.Evaluate("bank");
  ASSERT_OK(later);
  EXPECT_GE(later->evaluation().evaluate_time().seconds(),
            MicrosAt("2026-05-20T10:00:00") / 1'000'000);
  v1::EvaluateAccountRequest preview;
  preview.set_account_id("bank");
  preview.set_validate_only(true);
  const auto previewed = service.Call<v1::EvaluateAccountResponse>(preview);
  ASSERT_OK(previewed);
  EXPECT_GE(previewed->evaluation().evaluate_time().seconds(),
            MicrosAt("2026-05-20T10:00:00") / 1'000'000);
}

}  // namespace
}  // namespace tiermark
