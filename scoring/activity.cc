#include "scoring/activity.h"

#include <algorithm>
#include <utility>

#include "scoring/calendar.h"

namespace tiermark {
namespace {

using absl::CivilDay;

// An issue counts so many days; an account that never had one may be as young without being lost.
constexpr int kLostAfterDays = 400;
// Within the 30 days before it is lost.
constexpr int kLeavingFromDays = 371;
constexpr int kActiveMonths = 4;
constexpr int kSleepingMonths = 8;

bool IsPlannedOn(const ActivityDates& dates, CivilDay day) {
  return (dates.last_planned.has_value() && *dates.last_planned >= day) ||
         (!dates.issued.empty() && dates.issued.back() > day);
}

// Days on which the status may become another one because of an issue.
void AddTurnsOfIssue(CivilDay issue, std::vector<CivilDay>* turns) {
  turns->insert(turns->end(),
                {issue, AddMonths(issue, kActiveMonths) + 1, AddMonths(issue, kSleepingMonths) + 1,
                 issue + kLeavingFromDays, issue + kLostAfterDays + 1});
}

// Every day after `day` on which the status may become another one, ascending.
std::vector<CivilDay> TurnsAfter(const ActivityDates& dates, CivilDay day) {
  std::vector<CivilDay> turns = {dates.created + kLostAfterDays};
  if (dates.last_planned.has_value()) turns.push_back(*dates.last_planned + 1);
  // Of the issues before the day only the last one matters.
  auto issue = std::upper_bound(dates.issued.begin(), dates.issued.end(), day);
  if (issue != dates.issued.begin()) --issue;
  for (; issue != dates.issued.end(); ++issue) AddTurnsOfIssue(*issue, &turns);
  for (const store::v1::StandingChange& change : dates.standings) {
    turns.push_back(FromEpochDay(change.from_day()));
  }
  std::sort(turns.begin(), turns.end());
  turns.erase(turns.begin(), std::upper_bound(turns.begin(), turns.end(), day));
  turns.erase(std::unique(turns.begin(), turns.end()), turns.end());
  return turns;
}

}  // namespace

std::optional<CivilDay> LastIssueOn(const ActivityDates& dates, CivilDay day) {
  const auto after = std::upper_bound(dates.issued.begin(), dates.issued.end(), day);
  if (after == dates.issued.begin()) return std::nullopt;
  return *std::prev(after);
}

v1::ActivityStatus StatusOn(const ActivityDates& dates, CivilDay day) {
  if (IsGone(StandingOn(dates.standings, day))) return v1::ACTIVITY_STATUS_LOST;
  const bool planned = IsPlannedOn(dates, day);
  const std::optional<CivilDay> last = LastIssueOn(dates, day);
  if (!last.has_value() && !planned) {
    return day - dates.created >= kLostAfterDays ? v1::ACTIVITY_STATUS_LOST
                                                 : v1::ACTIVITY_STATUS_NO_ACTIVITY;
  }
  if (!last.has_value() || day - *last > kLostAfterDays) {
    return planned ? v1::ACTIVITY_STATUS_NEW : v1::ACTIVITY_STATUS_LOST;
  }
  if (day <= AddMonths(*last, kActiveMonths)) return v1::ACTIVITY_STATUS_ACTIVE;
  if (day <= AddMonths(*last, kSleepingMonths)) return v1::ACTIVITY_STATUS_SLEEPING_AWAY;
  if (!planned && day - *last >= kLeavingFromDays) return v1::ACTIVITY_STATUS_LEAVING;
  return v1::ACTIVITY_STATUS_HIBERNATING;
}

std::optional<ActivityChange> NextChange(const ActivityDates& dates, CivilDay day) {
  const v1::ActivityStatus now = StatusOn(dates, day);
  for (const CivilDay turn : TurnsAfter(dates, day)) {
    const v1::ActivityStatus then = StatusOn(dates, turn);
    if (then != now) return ActivityChange{turn, then};
  }
  return std::nullopt;
}

ActivityDates DatesFromState(CivilDay created, const store::v1::AccountState& state) {
  ActivityDates dates;
  dates.created = created;
  const store::v1::IssueDates& known = state.issue_dates();
  if (known.has_last_issued()) dates.issued.push_back(FromEpochDay(known.last_issued()));
  if (known.has_last_planned()) dates.last_planned = FromEpochDay(known.last_planned());
  dates.standings = state.standings();
  return dates;
}

bool NeedsTransactions(const store::v1::AccountState& state, CivilDay day) {
  return state.issue_dates().has_last_issued() && EpochDay(day) < state.issue_dates().last_issued();
}

const std::vector<std::string>& AdviceFor(v1::ActivityStatus status) {
  using Advice = std::vector<std::string>;
  static const auto* const kLost =
      new Advice{"Try to reactivate the client: propose updates, upgrades or new services."};
  static const auto* const kNew = new Advice{"Plan the coming revenues."};
  static const auto* const kNoActivity = new Advice{
      "Plan the first invoice.", "Or mark the account as cancelled if the opportunity is gone."};
  static const auto* const kActive =
      new Advice{"Plan the coming revenues.", "Or mark the account as lost."};
  static const auto* const kSleepingAway =
      new Advice{"Offer an additional product or service.", "Then plan the coming revenues.",
                 "Or mark the account as lost."};
  static const auto* const kLeaving =
      new Advice{"Play the last cards: plan the coming revenue, if there is any.",
                 "Or mark the account as lost if there is no sale in sight."};
  static const auto* const kHibernating =
      new Advice{"Propose maintenance, an upgrade or a new project.",
                 "Plan the coming revenue, if there is any.", "Or mark the account as lost."};
  static const auto* const kNone = new Advice;
  switch (status) {
    case v1::ACTIVITY_STATUS_LOST:
      return *kLost;
    case v1::ACTIVITY_STATUS_NEW:
      return *kNew;
    case v1::ACTIVITY_STATUS_NO_ACTIVITY:
      return *kNoActivity;
    case v1::ACTIVITY_STATUS_ACTIVE:
      return *kActive;
    case v1::ACTIVITY_STATUS_SLEEPING_AWAY:
      return *kSleepingAway;
    case v1::ACTIVITY_STATUS_LEAVING:
      return *kLeaving;
    case v1::ACTIVITY_STATUS_HIBERNATING:
      return *kHibernating;
    default:
      return *kNone;
  }
}

void InvoiceDays::Add(const v1::Transaction& transaction) {
  const bool invoice = transaction.kind() == v1::TRANSACTION_KIND_INVOICE ||
                       transaction.kind() == v1::TRANSACTION_KIND_UNSPECIFIED;
  if (!invoice) return;
  const CivilDay day = DayOf(transaction.issue_date());
  if (transaction.state() == v1::TRANSACTION_STATE_ISSUED) issued_.push_back(day);
  if (transaction.state() == v1::TRANSACTION_STATE_PLANNED) {
    last_planned_ = std::max(last_planned_.value_or(day), day);
  }
}

void InvoiceDays::MoveInto(ActivityDates* dates) && {
  std::sort(issued_.begin(), issued_.end());
  dates->issued = std::move(issued_);
  dates->last_planned = last_planned_;
}

void InvoiceDays::WriteTo(store::v1::IssueDates* dates) const {
  dates->clear_last_issued();
  dates->clear_last_planned();
  if (!issued_.empty()) {
    dates->set_last_issued(EpochDay(*std::max_element(issued_.begin(), issued_.end())));
  }
  if (last_planned_.has_value()) dates->set_last_planned(EpochDay(*last_planned_));
}

}  // namespace tiermark
