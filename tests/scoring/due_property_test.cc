// Due days against a reference that walks a calendar day by day, over ten years of days and in
// zones whose clocks change.
#include <array>

#include "scoring/calendar.h"
#include "scoring/reevaluation.h"
#include "support.h"

namespace tiermark {
namespace {

using absl::CivilDay;

constexpr CivilDay kFirst(2016, 1, 1);
constexpr CivilDay kLast(2025, 12, 31);

// The same day of the month so many months on: walks to that month, and stops at its last day.
CivilDay WalkMonths(CivilDay day, int months) {
  CivilDay walk = day;
  for (int entered = 0; entered < months;) {
    ++walk;
    if (walk.day() == 1) ++entered;
  }
  if (months == 0) return day;
  while (walk.day() < day.day() && (walk + 1).month() == walk.month()) ++walk;
  return walk;
}

CivilDay WalkToQuarter(CivilDay day) {
  do {
    ++day;
  } while (day.day() != 1 ||
           (day.month() != 1 && day.month() != 4 && day.month() != 7 && day.month() != 10));
  return day;
}

// The first instant of a day: clocks change on quarters of an hour.
int64_t WalkToStart(CivilDay day, absl::TimeZone zone) {
  absl::Time walk = absl::FromCivil(absl::CivilHour(day) - 15, absl::UTCTimeZone());
  while (absl::ToCivilDay(walk, zone) != day) walk += absl::Minutes(15);
  return absl::ToUnixMicros(walk);
}

struct Account {
  bool client;
  CivilDay created;
  absl::optional<CivilDay> client_since;
  absl::optional<CivilDay> stage_date;
  absl::optional<CivilDay> meeting;
  absl::optional<CivilDay> last;
};

struct Expected {
  v1::ReevaluationReason reason;
  CivilDay due;
  CivilDay overdue;
};

Expected Reference(const Account& account, const v1::ReevaluationPolicy& policy) {
  const auto next_review = [&](CivilDay day) {
    return policy.quarterly_interval() == v1::QUARTERLY_INTERVAL_ROLLING ? WalkMonths(day, 3)
                                                                         : WalkToQuarter(day);
  };
  if (!account.last && account.client) {
    return {v1::REEVALUATION_REASON_QUARTERLY, account.created, next_review(account.created)};
  }
  if (!account.last) {
    CivilDay overdue = account.created;
    if (account.meeting && *account.meeting > overdue) overdue = *account.meeting;
    return {v1::REEVALUATION_REASON_FIRST_MEETING, account.created, overdue};
  }
  CivilDay since = account.created;
  if (account.client && account.stage_date) since = *account.stage_date;
  if (account.client && account.client_since) since = *account.client_since;
  const CivilDay monthly = WalkMonths(*account.last, policy.new_account_interval_months());
  if (monthly < WalkMonths(since, policy.new_account_months())) {
    return {v1::REEVALUATION_REASON_MONTHLY, monthly, monthly};
  }
  const CivilDay review = next_review(*account.last);
  return {v1::REEVALUATION_REASON_QUARTERLY, review, next_review(review)};
}

class DueDays : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Zones, DueDays,
                         testing::Values("UTC", "America/Bogota", "America/Santiago",
                                         "America/Sao_Paulo", "America/Havana", "America/Asuncion",
                                         "Europe/Madrid", "Pacific/Kiritimati"));

TEST_P(DueDays, AgreeWithACalendarWalkedDayByDay) {
  Chance chance;
  v1::ReevaluationPolicy policy = DefaultPolicy().policy;
  policy.set_time_zone(GetParam());
  std::array<int, 6> seen = {};
  for (CivilDay day = kFirst; day <= kLast; ++day) {
    policy.set_quarterly_interval(chance.OneIn(2) ? v1::QUARTERLY_INTERVAL_CALENDAR
                                                  : v1::QUARTERLY_INTERVAL_ROLLING);
    policy.set_new_account_months(static_cast<int>(chance.Between(0, 6)));
    policy.set_new_account_interval_months(static_cast<int>(chance.Between(1, 3)));
    const absl::StatusOr<CompiledPolicy> compiled = CompilePolicy(policy);
    ASSERT_TRUE(compiled.ok());
    const auto near = [&] { return day - chance.Between(-20, 250); };

    Account account = {chance.OneIn(2), near(), {}, {}, {}, {}};
    v1::AccountFacts facts;
    store::v1::AccountState state;
    *state.mutable_first_write_date() = DateOf(account.created);
    if (chance.OneIn(2)) {
      *state.mutable_first_write_date() = DateOf(near());
      *facts.mutable_created_date() = DateOf(account.created);
    }
    if (account.client) facts.set_lifecycle_stage(v1::LIFECYCLE_STAGE_CLIENT);
    if (chance.OneIn(2)) {
      account.client_since = near();
      *facts.mutable_client_since_date() = DateOf(*account.client_since);
    }
    if (chance.OneIn(2)) {
      account.stage_date = near();
      *state.mutable_client_stage_date() = DateOf(*account.stage_date);
    }
    if (chance.OneIn(2)) {
      account.meeting = near();
      *facts.mutable_first_meeting_date() = DateOf(*account.meeting);
    }
    if (!chance.OneIn(4)) {
      // Any instant of the day, its first and last among them.
      account.last = day;
      const int64_t start = WalkToStart(day, compiled->zone);
      const int64_t length = WalkToStart(day + 1, compiled->zone) - start;
      store::v1::LatestScore* score = state.add_scores();
      score->set_counted(true);
      score->set_evaluate_us(start + (chance.OneIn(3)   ? 0
                                      : chance.OneIn(3) ? length - 1
                                                        : chance.Between(0, length - 1)));
    }

    const Expected expected = Reference(account, policy);
    const std::vector<store::v1::Due> due = DueReasons(facts, state, *compiled);
    ASSERT_EQ(due.size(), 1u);
    ASSERT_EQ(due[0].reason(), expected.reason) << day << policy.DebugString();
    ASSERT_EQ(due[0].due_us(), WalkToStart(expected.due, compiled->zone))
        << day << " " << expected.due << policy.DebugString();
    ASSERT_EQ(due[0].overdue_us(), WalkToStart(expected.overdue, compiled->zone))
        << day << " " << expected.overdue << policy.DebugString();
    ++seen[expected.reason];
  }
  EXPECT_GT(seen[v1::REEVALUATION_REASON_FIRST_MEETING], 100);
  EXPECT_GT(seen[v1::REEVALUATION_REASON_MONTHLY], 100);
  EXPECT_GT(seen[v1::REEVALUATION_REASON_QUARTERLY], 100);
}

}  // namespace
}  // namespace tiermark
