// Activity on the days where one status ends and the next begins.
#include "scoring/activity.h"

#include <optional>
#include <string>

#include "scoring/calendar.h"
#include "support.h"

namespace tiermark {
namespace {

using absl::CivilDay;

constexpr auto kLost = v1::ACTIVITY_STATUS_LOST;
constexpr auto kNew = v1::ACTIVITY_STATUS_NEW;
constexpr auto kNoActivity = v1::ACTIVITY_STATUS_NO_ACTIVITY;
constexpr auto kActive = v1::ACTIVITY_STATUS_ACTIVE;
constexpr auto kSleepingAway = v1::ACTIVITY_STATUS_SLEEPING_AWAY;
constexpr auto kLeaving = v1::ACTIVITY_STATUS_LEAVING;
constexpr auto kHibernating = v1::ACTIVITY_STATUS_HIBERNATING;

constexpr CivilDay kCreated(2020, 1, 1);
constexpr CivilDay kIssue(2024, 10, 31);

ActivityDates Created() {
  ActivityDates dates;
  dates.created = kCreated;
  return dates;
}

ActivityDates Issued() {
  ActivityDates dates = Created();
  dates.issued = {kIssue};
  return dates;
}

ActivityDates IssuedAndPlanned() {
  ActivityDates dates = Issued();
  dates.last_planned = CivilDay(2030, 1, 1);
  return dates;
}

struct Example {
  std::string name;
  ActivityDates dates;
  CivilDay day;
  v1::ActivityStatus status;
  std::optional<CivilDay> next_day;
  v1::ActivityStatus next = v1::ACTIVITY_STATUS_UNSPECIFIED;
};

void Check(const Example& example) {
  SCOPED_TRACE(example.name);
  EXPECT_EQ(StatusOn(example.dates, example.day), example.status);
  const std::optional<ActivityChange> change = NextChange(example.dates, example.day);
  ASSERT_EQ(change.has_value(), example.next_day.has_value());
  if (!change.has_value()) return;
  EXPECT_EQ(change->day, *example.next_day);
  EXPECT_EQ(change->status, example.next);
}

TEST(Activity, EveryStatus_EndsOnItsDay) {
  const CivilDay leaving = kIssue + 371;
  const CivilDay lost = kIssue + 401;
  // Four months after 31 October is the last day of February.
  const CivilDay sleeping(2025, 3, 1);
  const CivilDay hibernating(2025, 7, 1);
  const CivilDay empty = kCreated + 400;
  const CivilDay planned_end(2030, 1, 2);
  for (const Example& example : {
           Example{"before it was created", Created(), kCreated - 900, kNoActivity, empty, kLost},
           Example{"created", Created(), kCreated, kNoActivity, empty, kLost},
           Example{"399 days old", Created(), kCreated + 399, kNoActivity, empty, kLost},
           Example{"400 days old", Created(), empty, kLost, std::nullopt},
           Example{"issued later", Issued(), kCreated + 399, kNew, kIssue, kActive},
           Example{"the day before it is issued", Issued(), kIssue - 1, kNew, kIssue, kActive},
           Example{"issued today", Issued(), kIssue, kActive, sleeping, kSleepingAway},
           Example{"four months", Issued(), sleeping - 1, kActive, sleeping, kSleepingAway},
           Example{"four months and a day", Issued(), sleeping, kSleepingAway, hibernating,
                   kHibernating},
           Example{"eight months", Issued(), hibernating - 1, kSleepingAway, hibernating,
                   kHibernating},
           Example{"eight months and a day", Issued(), hibernating, kHibernating, leaving,
                   kLeaving},
           Example{"370 days", Issued(), leaving - 1, kHibernating, leaving, kLeaving},
           Example{"371 days", Issued(), leaving, kLeaving, lost, kLost},
           Example{"400 days", Issued(), lost - 1, kLeaving, lost, kLost},
           Example{"401 days", Issued(), lost, kLost, std::nullopt},
           Example{"planned, 371 days", IssuedAndPlanned(), leaving, kHibernating, lost, kNew},
           Example{"planned, 400 days", IssuedAndPlanned(), lost - 1, kHibernating, lost, kNew},
           Example{"planned, 401 days", IssuedAndPlanned(), lost, kNew, planned_end, kLost},
           Example{"planned for today", IssuedAndPlanned(), planned_end - 1, kNew, planned_end,
                   kLost},
           Example{"planned for yesterday", IssuedAndPlanned(), planned_end, kLost, std::nullopt},
       }) {
    Check(example);
  }
}

TEST(Activity, PlannedButNeverIssued_FallsBackToItsAge) {
  ActivityDates dates = Created();
  dates.last_planned = kCreated + 100;
  Check({"planned", dates, kCreated, kNew, kCreated + 101, kNoActivity});
  Check({"no longer planned", dates, kCreated + 101, kNoActivity, kCreated + 400, kLost});
  dates.last_planned = kCreated + 399;
  Check({"planned up to its age", dates, kCreated, kNew, kCreated + 400, kLost});
}

TEST(Activity, OfALeapDay_CountsFromTheDayItself) {
  ActivityDates dates = Created();
  dates.issued = {CivilDay(2024, 2, 29)};
  Check(
      {"four months", dates, CivilDay(2024, 6, 29), kActive, CivilDay(2024, 6, 30), kSleepingAway});
  Check({"eight months", dates, CivilDay(2024, 10, 29), kSleepingAway, CivilDay(2024, 10, 30),
         kHibernating});
}

TEST(Activity, MarkedLost_StaysLostUntilReopenedWhateverIsPlanned) {
  ActivityDates dates = IssuedAndPlanned();
  AddStanding(v1::STANDING_LOST, kIssue + 10, &dates.standings);
  Check({"before", dates, kIssue + 9, kActive, kIssue + 10, kLost});
  Check({"from the day on", dates, kIssue + 10, kLost, std::nullopt});
  AddStanding(v1::STANDING_CANCELLED, kIssue + 15, &dates.standings);
  Check({"cancelled then", dates, kIssue + 15, kLost, std::nullopt});
  AddStanding(v1::STANDING_OPEN, kIssue + 20, &dates.standings);
  Check({"reopened later", dates, kIssue + 10, kLost, kIssue + 20, kActive});
  Check({"reopened", dates, kIssue + 20, kActive, CivilDay(2025, 3, 1), kSleepingAway});
}

TEST(Activity, LostByTheCalendar_IsNewAgainWithAPlannedInvoice) {
  ActivityDates dates = Issued();
  Check({"lost", dates, kIssue + 500, kLost, std::nullopt});
  dates.last_planned = kIssue + 520;
  Check({"planned", dates, kIssue + 500, kNew, kIssue + 521, kLost});
}

v1::Transaction Transaction(v1::TransactionKind kind, v1::TransactionState state, CivilDay day) {
  v1::Transaction transaction;
  transaction.set_kind(kind);
  transaction.set_state(state);
  *transaction.mutable_issue_date() = DateOf(day);
  return transaction;
}

TEST(Activity, CreditNotesAndCancelledInvoices_AreNoIssues) {
  InvoiceDays days;
  days.Add(Transaction(v1::TRANSACTION_KIND_CREDIT_NOTE, v1::TRANSACTION_STATE_ISSUED, kIssue));
  days.Add(Transaction(v1::TRANSACTION_KIND_CREDIT_NOTE, v1::TRANSACTION_STATE_PLANNED, kIssue));
  days.Add(Transaction(v1::TRANSACTION_KIND_INVOICE, v1::TRANSACTION_STATE_CANCELLED, kIssue));
  store::v1::IssueDates kept;
  days.WriteTo(&kept);
  EXPECT_FALSE(kept.has_last_issued());
  EXPECT_FALSE(kept.has_last_planned());
  ActivityDates dates = Issued();
  std::move(days).MoveInto(&dates);
  EXPECT_TRUE(dates.issued.empty());
  EXPECT_FALSE(dates.last_planned.has_value());
}

TEST(Activity, InvoicesInAnyOrder_TellTheLastDays) {
  InvoiceDays days;
  for (const int later : {5, 0, 9, 3}) {
    days.Add(
        Transaction(v1::TRANSACTION_KIND_INVOICE, v1::TRANSACTION_STATE_ISSUED, kIssue + later));
    days.Add(Transaction(v1::TRANSACTION_KIND_UNSPECIFIED, v1::TRANSACTION_STATE_PLANNED,
                         kIssue + 10 * later));
  }
  store::v1::AccountState state;
  days.WriteTo(state.mutable_issue_dates());
  EXPECT_EQ(state.issue_dates().last_issued(), EpochDay(kIssue + 9));
  EXPECT_EQ(state.issue_dates().last_planned(), EpochDay(kIssue + 90));
  EXPECT_TRUE(NeedsTransactions(state, kIssue + 8));
  EXPECT_FALSE(NeedsTransactions(state, kIssue + 9));
  EXPECT_FALSE(NeedsTransactions(store::v1::AccountState(), kIssue));
  ActivityDates dates;
  std::move(days).MoveInto(&dates);
  EXPECT_EQ(dates.issued, (std::vector<CivilDay>{kIssue, kIssue + 3, kIssue + 5, kIssue + 9}));
}

TEST(Activity, EveryStatus_HasItsAdvice) {
  EXPECT_TRUE(AdviceFor(v1::ACTIVITY_STATUS_UNSPECIFIED).empty());
  for (int status = kLost; status <= v1::ActivityStatus_MAX; ++status) {
    EXPECT_FALSE(AdviceFor(static_cast<v1::ActivityStatus>(status)).empty()) << status;
  }
}

}  // namespace
}  // namespace tiermark
