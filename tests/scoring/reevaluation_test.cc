// When accounts are due, by example.
#include "scoring/reevaluation.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "scoring/calendar.h"
#include "support.h"

namespace tiermark {
namespace {

using absl::CivilDay;

store::v1::AccountState FirstWritten(CivilDay day) {
  store::v1::AccountState state;
  *state.mutable_first_write_date() = DateOf(day);
  return state;
}

store::v1::AccountState ScoredAt(CivilDay first_write, absl::CivilSecond evaluated,
                                 absl::TimeZone zone = absl::UTCTimeZone()) {
  store::v1::AccountState state = FirstWritten(first_write);
  store::v1::LatestScore* score = state.add_scores();
  score->set_evaluate_us(absl::ToUnixMicros(absl::FromCivil(evaluated, zone)));
  score->set_counted(true);
  return state;
}

// "QUARTERLY 2026-04-01 2026-07-01", one for each reason, in days of the policy's zone.
std::string Due(const v1::AccountFacts& facts, const store::v1::AccountState& state,
                const CompiledPolicy& policy = DefaultPolicy()) {
  std::vector<std::string> due;
  for (const store::v1::Due& one : DueReasons(facts, state, policy)) {
    const CivilDay due_day = DayAt(one.due_us(), policy.zone);
    const CivilDay overdue_day = DayAt(one.overdue_us(), policy.zone);
    EXPECT_EQ(one.due_us(), StartOfDayMicros(due_day, policy.zone));
    EXPECT_EQ(one.overdue_us(), StartOfDayMicros(overdue_day, policy.zone));
    due.push_back(absl::StrCat(v1::ReevaluationReason_Name(one.reason())
                                   .substr(std::string("REEVALUATION_REASON_").size()),
                               " ", absl::FormatCivilTime(due_day), " ",
                               absl::FormatCivilTime(overdue_day)));
  }
  return absl::StrJoin(due, ", ");
}

CompiledPolicy Rolling() {
  CompiledPolicy policy = DefaultPolicy();
  policy.policy.set_quarterly_interval(v1::QUARTERLY_INTERVAL_ROLLING);
  return policy;
}

TEST(FirstMeeting, IsDueFromCreationAndOverdueFromTheMeeting) {
  const auto state = FirstWritten(CivilDay(2026, 3, 9));
  EXPECT_EQ(Due(Facts(""), state), "FIRST_MEETING 2026-03-09 2026-03-09");
  EXPECT_EQ(Due(Facts("first_meeting_date { year: 2026 month: 4 day: 1 }"), state),
            "FIRST_MEETING 2026-03-09 2026-04-01");
  EXPECT_EQ(Due(Facts("created_date { year: 2026 month: 1 day: 2 }"), state),
            "FIRST_MEETING 2026-01-02 2026-01-02");
}

TEST(FirstMeeting, IsNotOverdueBeforeItIsDue) {
  EXPECT_EQ(Due(Facts("first_meeting_date { year: 2025 month: 4 day: 1 }"),
                FirstWritten(CivilDay(2026, 3, 9))),
            "FIRST_MEETING 2026-03-09 2026-03-09");
}

TEST(FirstMeeting, IsForEveryStageButClient) {
  const auto state = FirstWritten(CivilDay(2026, 3, 9));
  for (const char* stage : {"LEAD", "PROSPECT", "GUARANTEED_PROSPECT"}) {
    EXPECT_EQ(Due(Facts(absl::StrCat("lifecycle_stage: LIFECYCLE_STAGE_", stage)), state),
              "FIRST_MEETING 2026-03-09 2026-03-09");
  }
}

TEST(FirstMeeting, StaysWhenOnlyAnotherModelScored) {
  auto state = ScoredAt(CivilDay(2026, 3, 9), absl::CivilSecond(2026, 3, 10));
  state.mutable_scores(0)->set_counted(false);
  EXPECT_EQ(CountedScore(state), nullptr);
  EXPECT_EQ(Due(Facts(""), state), "FIRST_MEETING 2026-03-09 2026-03-09");
}

TEST(Quarterly, HoldsForAClientNeverScoredFromItsCreation) {
  const auto facts = Facts("lifecycle_stage: LIFECYCLE_STAGE_CLIENT");
  const auto state = FirstWritten(CivilDay(2026, 2, 15));
  EXPECT_EQ(Due(facts, state), "QUARTERLY 2026-02-15 2026-04-01");
  EXPECT_EQ(Due(facts, state, Rolling()), "QUARTERLY 2026-02-15 2026-05-15");
}

TEST(Monthly, HoldsForProspectsInTheThreeMonthsFromCreation) {
  const auto facts = Facts("created_date { year: 2026 month: 1 day: 31 }");
  const auto due = [&](int month, int day) {
    return Due(facts, ScoredAt(CivilDay(2026, 1, 31), absl::CivilSecond(2026, month, day, 12)));
  };
  EXPECT_EQ(due(1, 31), "MONTHLY 2026-02-28 2026-02-28");
  EXPECT_EQ(due(2, 28), "MONTHLY 2026-03-28 2026-03-28");
  // Three months end on 30 April.
  EXPECT_EQ(due(3, 29), "MONTHLY 2026-04-29 2026-04-29");
  EXPECT_EQ(due(3, 30), "QUARTERLY 2026-04-01 2026-07-01");
  EXPECT_EQ(due(4, 1), "QUARTERLY 2026-07-01 2026-10-01");
}

TEST(Monthly, HoldsForClientsInTheThreeMonthsFromBecomingOne) {
  const auto state = ScoredAt(CivilDay(2020, 1, 1), absl::CivilSecond(2026, 3, 5));
  auto facts = Facts(
      "lifecycle_stage: LIFECYCLE_STAGE_CLIENT "
      "created_date { year: 2020 month: 1 day: 1 }");
  EXPECT_EQ(Due(facts, state), "QUARTERLY 2026-04-01 2026-07-01");
  *facts.mutable_client_since_date() = DateOf(CivilDay(2026, 3, 1));
  EXPECT_EQ(Due(facts, state), "MONTHLY 2026-04-05 2026-04-05");
  facts.clear_client_since_date();
  auto staged = state;
  *staged.mutable_client_stage_date() = DateOf(CivilDay(2026, 2, 20));
  EXPECT_EQ(Due(facts, staged), "MONTHLY 2026-04-05 2026-04-05");
  // What the facts say comes first.
  *facts.mutable_client_since_date() = DateOf(CivilDay(2021, 3, 1));
  EXPECT_EQ(Due(facts, staged), "QUARTERLY 2026-04-01 2026-07-01");
}

TEST(Monthly, FollowsThePolicy) {
  CompiledPolicy policy = DefaultPolicy();
  policy.policy.set_new_account_interval_months(2);
  const auto state = ScoredAt(CivilDay(2026, 1, 10), absl::CivilSecond(2026, 1, 10));
  EXPECT_EQ(Due(Facts(""), state, policy), "MONTHLY 2026-03-10 2026-03-10");
  policy.policy.set_new_account_months(2);
  EXPECT_EQ(Due(Facts(""), state, policy), "QUARTERLY 2026-04-01 2026-07-01");
  policy.policy.set_new_account_months(0);
  EXPECT_EQ(Due(Facts(""), state, policy), "QUARTERLY 2026-04-01 2026-07-01");
}

TEST(Quarterly, GoesFromTheFirstDayOfAQuarterToTheNext) {
  const auto due = [](int year, int month, int day, const CompiledPolicy& policy) {
    return Due(Facts(""), ScoredAt(CivilDay(2020, 1, 1), absl::CivilSecond(year, month, day)),
               policy);
  };
  EXPECT_EQ(due(2026, 1, 1, DefaultPolicy()), "QUARTERLY 2026-04-01 2026-07-01");
  EXPECT_EQ(due(2026, 12, 31, DefaultPolicy()), "QUARTERLY 2027-01-01 2027-04-01");
  EXPECT_EQ(due(2026, 11, 30, Rolling()), "QUARTERLY 2027-02-28 2027-05-28");
}

TEST(Cadence, TakesTheDayOfTheTenantsZone) {
  v1::Policy given = PolicyOf(DefaultPolicy());
  given.mutable_reevaluation()->set_time_zone("America/Bogota");
  const CompiledPolicy policy = *CompilePolicy(given);
  // The last hours of 31 March in Bogota are April in UTC.
  const auto state = ScoredAt(CivilDay(2020, 1, 1), absl::CivilSecond(2026, 4, 1, 3));
  EXPECT_EQ(Due(Facts(""), state, policy), "QUARTERLY 2026-04-01 2026-07-01");
  EXPECT_EQ(Due(Facts(""), state), "QUARTERLY 2026-07-01 2026-10-01");
}

// "2026-09-06T04:00:00Z 2026-09-06T04:00:00Z": when the one reason is due and overdue, UTC.
std::string DueInstants(const char* zone, v1::QuarterlyInterval interval,
                        const v1::AccountFacts& facts, absl::CivilSecond evaluated_utc) {
  v1::Policy policy = PolicyOf(DefaultPolicy());
  policy.mutable_reevaluation()->set_time_zone(zone);
  policy.mutable_reevaluation()->set_quarterly_interval(interval);
  const auto due =
      DueReasons(facts, ScoredAt(CivilDay(2020, 1, 1), evaluated_utc), *CompilePolicy(policy));
  const auto text = [](int64_t us) {
    return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMicros(us), absl::UTCTimeZone());
  };
  return absl::StrCat(text(due.at(0).due_us()), " ", text(due.at(0).overdue_us()));
}

TEST(Cadence, StartsDaysWhereTheClockOfTheZoneDoes) {
  const auto calendar = v1::QUARTERLY_INTERVAL_CALENDAR;
  const auto rolling = v1::QUARTERLY_INTERVAL_ROLLING;
  // In Berlin the last second of 31 March, and the first of 1 April, by its summer time.
  EXPECT_EQ(
      DueInstants("Europe/Berlin", calendar, Facts(""), absl::CivilSecond(2026, 3, 31, 21, 59, 59)),
      "2026-03-31T22:00:00Z 2026-06-30T22:00:00Z");
  EXPECT_EQ(
      DueInstants("Europe/Berlin", calendar, Facts(""), absl::CivilSecond(2026, 3, 31, 22, 0, 0)),
      "2026-06-30T22:00:00Z 2026-09-30T22:00:00Z");
  // The last second of the year, and the first of the next, by its winter time; the overdue day is
  // one of summer time again.
  EXPECT_EQ(DueInstants("Europe/Berlin", calendar, Facts(""),
                        absl::CivilSecond(2026, 12, 31, 22, 59, 59)),
            "2026-12-31T23:00:00Z 2027-03-31T22:00:00Z");
  EXPECT_EQ(
      DueInstants("Europe/Berlin", calendar, Facts(""), absl::CivilSecond(2026, 12, 31, 23, 0, 0)),
      "2027-03-31T22:00:00Z 2027-06-30T22:00:00Z");
  // Rolling over a year's end into February, and on into summer time.
  EXPECT_EQ(
      DueInstants("Europe/Berlin", rolling, Facts(""), absl::CivilSecond(2026, 11, 30, 12, 0, 0)),
      "2027-02-27T23:00:00Z 2027-05-27T22:00:00Z");
  // On 6 September 2026 there is no midnight in Santiago: the day starts at one.
  EXPECT_EQ(
      DueInstants("America/Santiago", rolling, Facts(""), absl::CivilSecond(2026, 6, 6, 12, 0, 0)),
      "2026-09-06T04:00:00Z 2026-12-06T03:00:00Z");
  const auto young = Facts("created_date { year: 2026 month: 8 day: 1 }");
  EXPECT_EQ(
      DueInstants("America/Santiago", calendar, young, absl::CivilSecond(2026, 8, 6, 12, 0, 0)),
      "2026-09-06T04:00:00Z 2026-09-06T04:00:00Z");
}

TEST(Event, IsDueFromTheEarliestOpenOneAndComesFirst) {
  auto state = ScoredAt(CivilDay(2020, 1, 1), absl::CivilSecond(2026, 1, 5));
  for (const int day : {9, 7, 8}) {
    state.add_open_events()->set_due_us(
        StartOfDayMicros(CivilDay(2026, 1, day), absl::UTCTimeZone()));
  }
  EXPECT_EQ(Due(Facts(""), state), "EVENT 2026-01-07 2026-01-07, QUARTERLY 2026-04-01 2026-07-01");
}

TEST(NextDue, IsTheOneThatComesFirstAndAmongEqualsTheMostUrgent) {
  EXPECT_EQ(NextDue({}), nullptr);
  std::vector<store::v1::Due> due(3);
  due[0].set_reason(v1::REEVALUATION_REASON_EVENT);
  due[0].set_due_us(20);
  due[1].set_reason(v1::REEVALUATION_REASON_QUARTERLY);
  due[1].set_due_us(10);
  due[2].set_reason(v1::REEVALUATION_REASON_MONTHLY);
  due[2].set_due_us(10);
  EXPECT_EQ(NextDue(due), &due[2]);
}

TEST(OverdueDays, CountCivilDaysOfTheZone) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const int64_t start = StartOfDayMicros(CivilDay(2026, 4, 1), utc);
  const int64_t day = absl::ToInt64Microseconds(absl::Hours(24));
  EXPECT_EQ(OverdueDays(start, start - 1, utc), 0);
  EXPECT_EQ(OverdueDays(start, start - 400 * day, utc), 0);
  EXPECT_EQ(OverdueDays(start, start, utc), 0);
  EXPECT_EQ(OverdueDays(start, start + day - 1, utc), 0);
  EXPECT_EQ(OverdueDays(start, start + day, utc), 1);
  EXPECT_EQ(OverdueDays(start, start + 365 * day, utc), 365);
  // A day of 23 hours is a day.
  absl::TimeZone madrid;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Madrid", &madrid));
  EXPECT_EQ(OverdueDays(StartOfDayMicros(CivilDay(2026, 3, 29), madrid),
                        StartOfDayMicros(CivilDay(2026, 3, 30), madrid), madrid),
            1);
}

TEST(CreatedDay, IsWhatTheFactsSayOrTheFirstWrite) {
  const auto state = FirstWritten(CivilDay(2026, 3, 9));
  EXPECT_EQ(CreatedDay(Facts(""), state), CivilDay(2026, 3, 9));
  EXPECT_EQ(CreatedDay(Facts("created_date { year: 2025 month: 1 day: 2 }"), state),
            CivilDay(2025, 1, 2));
}

}  // namespace
}  // namespace tiermark
