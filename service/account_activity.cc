#include "service/account_activity.h"

#include <optional>
#include <string>

#include "scoring/calendar.h"
#include "scoring/facts.h"
#include "scoring/reevaluation.h"

namespace tiermark {

InvoiceDays InvoiceDaysOf(const ItemMap& transactions) {
  InvoiceDays days;
  for (const auto& [id, value] : transactions) {
    v1::Transaction transaction;
    // The store has checked that the value is as it was written.
    if (transaction.ParseFromString(value)) days.Add(transaction);
  }
  return days;
}

ActivityDates ActivityDatesOf(const AccountRecord& record, const ItemMap* transactions) {
  ActivityDates dates = DatesFromState(CreatedDay(record.facts, record.state), record.state);
  if (transactions != nullptr) InvoiceDaysOf(*transactions).MoveInto(&dates);
  return dates;
}

void FillActivity(const AccountRecord& record, const ItemMap* transactions, absl::CivilDay day,
                  v1::Activity* activity) {
  const ActivityDates dates = ActivityDatesOf(record, transactions);
  activity->set_status(StatusOn(dates, day));
  if (const std::optional<ActivityChange> change = NextChange(dates, day)) {
    activity->set_next_status(change->status);
    *activity->mutable_next_change_date() = DateOf(change->day);
  }
  if (EffectiveStage(record.facts) == v1::LIFECYCLE_STAGE_CLIENT) {
    for (const std::string& advice : AdviceFor(activity->status())) activity->add_advice(advice);
  }
  *activity->mutable_activity_date() = DateOf(day);
  if (const std::optional<absl::CivilDay> last = LastIssueOn(dates, day)) {
    *activity->mutable_last_issue_date() = DateOf(*last);
  }
}

bool IsStageBehindInvoices(const v1::AccountFacts& facts, const store::v1::AccountState& state) {
  return state.issue_dates().has_last_issued() &&
         EffectiveStage(facts) != v1::LIFECYCLE_STAGE_CLIENT;
}

}  // namespace tiermark
