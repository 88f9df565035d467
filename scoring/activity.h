// How active an account is on a civil day, told from its invoices.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "scoring/standing.h"
#include "tiermark/store/v1/records.pb.h"
#include "tiermark/v1/activity.pb.h"

namespace tiermark {

// What an account's activity is told from. A value.
struct ActivityDates {
  absl::CivilDay created;
  // Days of the issued invoices, ascending.
  std::vector<absl::CivilDay> issued;
  // The latest day of a planned invoice: of several, no earlier one tells more.
  std::optional<absl::CivilDay> last_planned;
  // In the order they were recorded.
  StandingChanges standings;
};

// The status on a day, by the first of these that holds. Issued: an invoice issued on or before the
// day, the last of which counts. Planned: one planned for the day or later, or one issued later.
//
//   LOST           marked lost or cancelled; or last issued more than 400 days before and nothing
//                  planned; or never issued, nothing planned, created 400 days before or earlier
//   NEW            something planned, nothing issued within the 400 days before
//   NO_ACTIVITY    nothing issued, nothing planned
//   ACTIVE         up to four calendar months after the last issue
//   SLEEPING_AWAY  up to eight
//   LEAVING        nothing planned, last issued 371 days before or earlier
//   HIBERNATING    every other
v1::ActivityStatus StatusOn(const ActivityDates& dates, absl::CivilDay day);

struct ActivityChange {
  absl::CivilDay day;
  v1::ActivityStatus status;
};

// The first day after `day` whose status is another one, if nothing happens: no transaction is
// written, and changes of standing that are recorded for later days come to hold. Nothing when the
// status never changes again.
std::optional<ActivityChange> NextChange(const ActivityDates& dates, absl::CivilDay day);

// The last issue on or before the day.
std::optional<absl::CivilDay> LastIssueOn(const ActivityDates& dates, absl::CivilDay day);

// The dates as far as an account's state knows them. What is told from them is exact on every day
// for which NeedsTransactions says no: from the last issue on, and where nothing was issued at all.
ActivityDates DatesFromState(absl::CivilDay created, const store::v1::AccountState& state);

// Whether the activity on `day` can be told from the account's transactions only.
bool NeedsTransactions(const store::v1::AccountState& state, absl::CivilDay day);

// What to do about a status, for clients; nothing for ACTIVITY_STATUS_UNSPECIFIED.
const std::vector<std::string>& AdviceFor(v1::ActivityStatus status);

// Gathers the days of invoices from an account's transactions.
class InvoiceDays {
 public:
  // Counts issued and planned invoices, and nothing else. Any order.
  void Add(const v1::Transaction& transaction);

  // The days in place of those that `dates` had.
  void MoveInto(ActivityDates* dates) &&;

  // Sets the days that a state keeps, and not the number of transactions.
  void WriteTo(store::v1::IssueDates* dates) const;

 private:
  std::vector<absl::CivilDay> issued_;
  std::optional<absl::CivilDay> last_planned_;
};

}  // namespace tiermark
