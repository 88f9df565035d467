// Activity against a reference that looks at every transaction anew on every day.
#include <array>
#include <set>
#include <vector>

#include "scoring/activity.h"
#include "scoring/calendar.h"
#include "support.h"

namespace tiermark {
namespace {

using absl::CivilDay;

struct Standing {
  v1::Standing standing;
  CivilDay from;
};

struct Account {
  CivilDay created;
  std::vector<v1::Transaction> transactions;
  std::vector<Standing> standings;
};

// The same day so many months on: in a shorter month its last day.
CivilDay MonthsOn(CivilDay day, int months) {
  auto year = day.year();
  int month = day.month();
  for (int i = 0; i < months; ++i) {
    if (++month == 13) {
      month = 1;
      ++year;
    }
  }
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  const std::array<int, 12> lengths = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return CivilDay(year, month, std::min(day.day(), lengths[month - 1]));
}

// The rules of the table, row by row.
std::vector<v1::ActivityStatus> StatusesThatFit(const Account& account, CivilDay day) {
  bool gone = false;
  CivilDay gone_from = CivilDay::min();
  for (const Standing& change : account.standings) {
    if (change.from <= day && change.from >= gone_from) {
      gone = change.standing != v1::STANDING_OPEN;
      gone_from = change.from;
    }
  }
  bool planned = false;
  bool ever_issued = false;
  CivilDay last;
  for (const v1::Transaction& transaction : account.transactions) {
    if (transaction.kind() == v1::TRANSACTION_KIND_CREDIT_NOTE) continue;
    const CivilDay date = DayOf(transaction.issue_date());
    const bool issued = transaction.state() == v1::TRANSACTION_STATE_ISSUED;
    if (transaction.state() == v1::TRANSACTION_STATE_PLANNED && date >= day) planned = true;
    if (issued && date > day) planned = true;
    if (issued && date <= day && (!ever_issued || date > last)) {
      ever_issued = true;
      last = date;
    }
  }
  const auto age = day - account.created;
  const auto since = ever_issued ? day - last : 0;
  std::vector<v1::ActivityStatus> fit;
  if (gone || (ever_issued && since > 400 && !planned) ||
      (!ever_issued && !planned && age >= 400)) {
    fit.push_back(v1::ACTIVITY_STATUS_LOST);
  }
  if (planned && (!ever_issued || since > 400)) fit.push_back(v1::ACTIVITY_STATUS_NEW);
  if (age < 400 && !ever_issued && !planned) fit.push_back(v1::ACTIVITY_STATUS_NO_ACTIVITY);
  if (ever_issued && day <= MonthsOn(last, 4)) fit.push_back(v1::ACTIVITY_STATUS_ACTIVE);
  if (ever_issued && day <= MonthsOn(last, 8)) fit.push_back(v1::ACTIVITY_STATUS_SLEEPING_AWAY);
  if (ever_issued && !planned && since >= 371 && since <= 400) {
    fit.push_back(v1::ACTIVITY_STATUS_LEAVING);
  }
  if (ever_issued && day > MonthsOn(last, 8) && fit.empty()) {
    fit.push_back(v1::ACTIVITY_STATUS_HIBERNATING);
  }
  return fit;
}

// Days near the first one, the ends of months and the days around a leap day among them.
CivilDay DrawDay(CivilDay first, int days, Chance* chance) {
  const CivilDay day = first + chance->Between(0, days);
  if (chance->OneIn(6)) return CivilDay(absl::CivilMonth(day) + 1) - 1;
  if (chance->OneIn(8)) return CivilDay(absl::CivilMonth(day.year(), 3)) - 1;
  return day;
}

Account DrawAccount(CivilDay first, int days, Chance* chance) {
  Account account;
  account.created = DrawDay(first, days / 2, chance);
  const int many = static_cast<int>(chance->Between(0, 5));
  for (int i = 0; i < many; ++i) {
    v1::Transaction transaction;
    // Tie days: now and then two on one day.
    const bool tie = i > 0 && chance->OneIn(4);
    *transaction.mutable_issue_date() =
        tie ? account.transactions.back().issue_date() : DateOf(DrawDay(first, days, chance));
    transaction.set_kind(chance->OneIn(6) ? v1::TRANSACTION_KIND_CREDIT_NOTE
                                          : v1::TRANSACTION_KIND_INVOICE);
    transaction.set_state(static_cast<v1::TransactionState>(chance->Between(1, 3)));
    account.transactions.push_back(transaction);
  }
  const int changes = chance->OneIn(2) ? 0 : static_cast<int>(chance->Between(1, 4));
  for (int i = 0; i < changes; ++i) {
    const bool tie = i > 0 && chance->OneIn(4);
    account.standings.push_back(
        {static_cast<v1::Standing>(chance->Between(v1::STANDING_OPEN, v1::STANDING_CANCELLED)),
         tie ? account.standings.back().from : DrawDay(first, days, chance)});
  }
  return account;
}

// All that is told of an account on each day of a stretch that is long enough for everything to
// have come to pass.
void WalkThrough(const Account& account, CivilDay first, int days, std::set<int>* seen) {
  ActivityDates dates;
  dates.created = account.created;
  InvoiceDays invoices;
  for (const v1::Transaction& transaction : account.transactions) invoices.Add(transaction);
  store::v1::AccountState state;
  invoices.WriteTo(state.mutable_issue_dates());
  std::move(invoices).MoveInto(&dates);
  for (const Standing& change : account.standings) {
    AddStanding(change.standing, change.from, &dates.standings);
  }
  *state.mutable_standings() = dates.standings;
  const ActivityDates known = DatesFromState(account.created, state);

  std::vector<v1::ActivityStatus> statuses;
  for (int i = 0; i <= days; ++i) {
    const auto fit = StatusesThatFit(account, first + i);
    ASSERT_FALSE(fit.empty()) << "no status on " << first + i;
    statuses.push_back(fit.front());
    seen->insert(fit.front());
  }
  for (int i = 0; i <= days; ++i) {
    const CivilDay day = first + i;
    ASSERT_EQ(StatusOn(dates, day), statuses[i]) << day;
    int next = i + 1;
    while (next <= days && statuses[next] == statuses[i]) ++next;
    const std::optional<ActivityChange> change = NextChange(dates, day);
    ASSERT_EQ(change.has_value(), next <= days) << day;
    if (change.has_value()) {
      ASSERT_EQ(change->day, first + next) << day;
      ASSERT_EQ(change->status, statuses[next]) << day;
    }
    if (NeedsTransactions(state, day)) continue;
    ASSERT_EQ(StatusOn(known, day), statuses[i]) << "told from the state, on " << day;
    const std::optional<ActivityChange> told = NextChange(known, day);
    ASSERT_EQ(told.has_value(), change.has_value()) << day;
    if (told.has_value()) {
      ASSERT_EQ(told->day, change->day) << day;
      ASSERT_EQ(told->status, change->status) << day;
    }
    ASSERT_EQ(LastIssueOn(known, day), LastIssueOn(dates, day)) << day;
  }
}

TEST(ActivityProperty, EveryDayHasOneStatusThatHoldsUntilTheAnnouncedDay) {
  constexpr int kDrawnDays = 900;
  // Months before the first dates, and beyond the last of what they bring about.
  constexpr int kBefore = 40;
  constexpr int kBehind = 500;
  Chance chance;
  std::set<int> seen;
  for (int i = 0; i < 120; ++i) {
    // The first and the last dates that are admitted, and leap years of both kinds.
    constexpr std::array<CivilDay, 5> kStarts = {CivilDay(1900, 1, 1), CivilDay(1999, 6, 1),
                                                 CivilDay(2023, 1, 15), CivilDay(2099, 1, 1),
                                                 CivilDay(2199, 12, 31) - kDrawnDays};
    const CivilDay first = kStarts[chance.Between(0, kStarts.size() - 1)];
    const Account account = DrawAccount(first, kDrawnDays, &chance);
    ASSERT_NO_FATAL_FAILURE(
        WalkThrough(account, first - kBefore, kBefore + kDrawnDays + kBehind, &seen));
  }
  EXPECT_EQ(seen.size(), static_cast<size_t>(v1::ActivityStatus_MAX));
}

}  // namespace
}  // namespace tiermark
