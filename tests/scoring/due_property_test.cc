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
                                         "Europe/Madrid", "Europe/Berlin", "Africa/Cairo",
                                         "Pacific/Kiritimati"));

// Any policy: mostly of months that accounts come across, now and then of any that is admitted.
v1::Policy RandomPolicy(const std::string& zone, Chance& chance) {
  v1::Policy policy = PolicyOf(DefaultPolicy());
  v1::ReevaluationPolicy* reevaluation = policy.mutable_reevaluation();
  reevaluation->set_time_zone(zone);
  reevaluation->set_quarterly_interval(chance.OneIn(2) ? v1::QUARTERLY_INTERVAL_CALENDAR
                                                       : v1::QUARTERLY_INTERVAL_ROLLING);
  const bool wide = chance.OneIn(8);
  reevaluation->set_new_account_months(static_cast<int>(chance.Between(0, wide ? 24 : 6)));
  reevaluation->set_new_account_interval_months(static_cast<int>(chance.Between(1, wide ? 12 : 3)));
  reevaluation->set_growth_threshold_percent(static_cast<int>(chance.Between(0, 1'000)));
  return policy;
}

// An account that lives around `day`, as it is and as the reference has it.
struct RandomAccount {
  Account account;
  v1::AccountFacts facts;
  store::v1::AccountState state;
  // Of the earliest open event, if there are any.
  absl::optional<int64_t> event_us;
};

RandomAccount AccountAround(CivilDay day, absl::TimeZone zone, Chance& chance) {
  const auto near = [&] { return day - chance.Between(-20, 250); };
  RandomAccount random = {{chance.OneIn(2), near(), {}, {}, {}, {}}, {}, {}, {}};
  Account& account = random.account;
  *random.state.mutable_first_write_date() = DateOf(account.created);
  if (chance.OneIn(2)) {
    *random.state.mutable_first_write_date() = DateOf(near());
    *random.facts.mutable_created_date() = DateOf(account.created);
  }
  if (account.client) random.facts.set_lifecycle_stage(v1::LIFECYCLE_STAGE_CLIENT);
  if (chance.OneIn(2)) {
    account.client_since = near();
    *random.facts.mutable_client_since_date() = DateOf(*account.client_since);
  }
  if (chance.OneIn(2)) {
    account.stage_date = near();
    *random.state.mutable_client_stage_date() = DateOf(*account.stage_date);
  }
  if (chance.OneIn(2)) {
    account.meeting = near();
    *random.facts.mutable_first_meeting_date() = DateOf(*account.meeting);
  }
  if (!chance.OneIn(4)) {
    // Any instant of the day, its first and last among them.
    account.last = day;
    const int64_t start = WalkToStart(day, zone);
    const int64_t length = WalkToStart(day + 1, zone) - start;
    store::v1::LatestScore* score = random.state.add_scores();
    score->set_counted(true);
    score->set_evaluate_us(start + (chance.OneIn(3)   ? 0
                                    : chance.OneIn(3) ? length - 1
                                                      : chance.Between(0, length - 1)));
  }
  if (chance.OneIn(3)) {
    for (int64_t left = chance.Between(1, 3); left > 0; --left) {
      const int64_t due_us = WalkToStart(near(), zone) + chance.Between(0, 1'000'000);
      random.state.add_open_events()->set_due_us(due_us);
      if (!random.event_us || due_us < *random.event_us) random.event_us = due_us;
    }
  }
  return random;
}

TEST_P(DueDays, AgreeWithACalendarWalkedDayByDay) {
  Chance chance;
  std::array<int, 6> seen = {};
  for (CivilDay day = kFirst; day <= kLast; ++day) {
    const v1::Policy policy = RandomPolicy(GetParam(), chance);
    const absl::StatusOr<CompiledPolicy> compiled = CompilePolicy(policy);
    ASSERT_TRUE(compiled.ok());
    const RandomAccount random = AccountAround(day, compiled->zone, chance);
    std::vector<store::v1::Due> due = DueReasons(random.facts, random.state, *compiled);
    if (random.event_us) {
      ASSERT_EQ(due.size(), 2u);
      ASSERT_EQ(due[0].reason(), v1::REEVALUATION_REASON_EVENT);
      ASSERT_EQ(due[0].due_us(), *random.event_us);
      ASSERT_EQ(due[0].overdue_us(), *random.event_us);
      ++seen[v1::REEVALUATION_REASON_EVENT];
      due.erase(due.begin());
    }
    ASSERT_EQ(due.size(), 1u);
    const Expected expected = Reference(random.account, policy.reevaluation());
    ASSERT_EQ(due[0].reason(), expected.reason) << day << policy.DebugString();
    ASSERT_EQ(due[0].due_us(), WalkToStart(expected.due, compiled->zone))
        << day << " " << expected.due << policy.DebugString();
    ASSERT_EQ(due[0].overdue_us(), WalkToStart(expected.overdue, compiled->zone))
        << day << " " << expected.overdue << policy.DebugString();
    ++seen[expected.reason];
  }
  EXPECT_GT(seen[v1::REEVALUATION_REASON_EVENT], 100);
  EXPECT_GT(seen[v1::REEVALUATION_REASON_FIRST_MEETING], 100);
  EXPECT_GT(seen[v1::REEVALUATION_REASON_MONTHLY], 100);
  EXPECT_GT(seen[v1::REEVALUATION_REASON_QUARTERLY], 100);
}

}  // namespace
}  // namespace tiermark
