#include "service/outlook.h"

#include "scoring/activity.h"
#include "scoring/calendar.h"
#include "scoring/standing.h"
#include "service/account_activity.h"
#include "service/holds.h"

namespace tiermark {

Outlook OutlookAt(const Catalog& catalog, int64_t now_us) {
  Outlook outlook;
  outlook.policy = catalog.policy();
  outlook.models = catalog.active();
  outlook.now_us = now_us;
  outlook.day = DayAt(now_us, outlook.policy->zone);
  return outlook;
}

v1::ActivityStatus ActivityOf(const AccountRecord& record, const ItemMap* transactions,
                              absl::CivilDay day) {
  return StatusOn(ActivityDatesOf(record, transactions), day);
}

AccountOnDay Seen(const AccountRecord& record, v1::ActivityStatus activity,
                  const Outlook& outlook) {
  return {record.facts, record.state, activity, StandingOn(record.state.standings(), outlook.day),
          EffectiveSegment(record.state, outlook.now_us)};
}

}  // namespace tiermark
