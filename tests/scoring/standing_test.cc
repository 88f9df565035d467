// Standings of accounts, and what a lost account is left with of its due reasons.
#include "scoring/standing.h"

#include <algorithm>
#include <limits>

#include "scoring/calendar.h"
#include "support.h"

namespace tiermark {
namespace {

using absl::CivilDay;

constexpr CivilDay kDay(2026, 5, 20);

store::v1::Due DueFrom(v1::ReevaluationReason reason, int64_t due_us, int64_t overdue_us) {
  store::v1::Due due;
  due.set_reason(reason);
  due.set_due_us(due_us);
  due.set_overdue_us(overdue_us);
  return due;
}

int64_t Micros(CivilDay day) { return StartOfDayMicros(day, absl::UTCTimeZone()); }

store::v1::Due Quarterly(CivilDay day) {
  return DueFrom(v1::REEVALUATION_REASON_QUARTERLY, Micros(day), Micros(day + 90));
}

std::vector<store::v1::Due> Left(CivilDay due, const StandingChanges& changes, CivilDay now) {
  return WhileOpen({Quarterly(due)}, changes, Micros(now), absl::UTCTimeZone());
}

TEST(Standing, WithoutChanges_IsOpen) {
  EXPECT_EQ(StandingOn({}, kDay), v1::STANDING_OPEN);
  EXPECT_FALSE(IsGone(v1::STANDING_OPEN));
  EXPECT_TRUE(IsGone(v1::STANDING_LOST));
  EXPECT_TRUE(IsGone(v1::STANDING_CANCELLED));
}

TEST(Standing, TheChangeOfTheLatestDay_Holds) {
  StandingChanges changes;
  AddStanding(v1::STANDING_LOST, kDay, &changes);
  AddStanding(v1::STANDING_OPEN, kDay - 5, &changes);
  EXPECT_EQ(StandingOn(changes, kDay - 6), v1::STANDING_OPEN);
  EXPECT_EQ(StandingOn(changes, kDay - 1), v1::STANDING_OPEN);
  EXPECT_EQ(StandingOn(changes, kDay), v1::STANDING_LOST);
}

TEST(Standing, OfSeveralForOneDay_TheLastRecordedHolds) {
  StandingChanges changes;
  AddStanding(v1::STANDING_LOST, kDay, &changes);
  AddStanding(v1::STANDING_OPEN, kDay, &changes);
  AddStanding(v1::STANDING_CANCELLED, kDay, &changes);
  EXPECT_EQ(StandingOn(changes, kDay), v1::STANDING_CANCELLED);
  EXPECT_EQ(changes.size(), 1);
}

TEST(Standing, BeyondTheMost_TheEarliestDayIsForgotten) {
  StandingChanges changes;
  for (int i = 0; i < kStandingsMax; ++i) AddStanding(v1::STANDING_LOST, kDay - i, &changes);
  EXPECT_EQ(changes.size(), kStandingsMax);
  AddStanding(v1::STANDING_CANCELLED, kDay + 1, &changes);
  EXPECT_EQ(changes.size(), kStandingsMax);
  EXPECT_EQ(StandingOn(changes, kDay - kStandingsMax + 1), v1::STANDING_OPEN);
  EXPECT_EQ(StandingOn(changes, kDay - kStandingsMax + 2), v1::STANDING_LOST);
  EXPECT_EQ(StandingOn(changes, kDay + 1), v1::STANDING_CANCELLED);
}

TEST(WhileOpen, OpenAccount_KeepsItsReasons) {
  StandingChanges changes;
  AddStanding(v1::STANDING_OPEN, kDay - 5, &changes);
  const auto left = Left(kDay + 3, changes, kDay);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].SerializeAsString(), Quarterly(kDay + 3).SerializeAsString());
}

TEST(WhileOpen, LostAccount_IsLeftWithNothing) {
  StandingChanges changes;
  AddStanding(v1::STANDING_LOST, kDay, &changes);
  EXPECT_TRUE(Left(kDay - 30, changes, kDay).empty());
  EXPECT_TRUE(Left(kDay + 30, changes, kDay).empty());
}

TEST(WhileOpen, ToBeLost_EndsTheReasonsBeforeAndLeavesOutThoseFromThenOn) {
  StandingChanges changes;
  AddStanding(v1::STANDING_CANCELLED, kDay + 10, &changes);
  EXPECT_TRUE(Left(kDay + 10, changes, kDay).empty());
  const auto left = Left(kDay + 9, changes, kDay);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].due_us(), Micros(kDay + 9));
  EXPECT_EQ(left[0].until_us(), Micros(kDay + 10));
  EXPECT_TRUE(IsDueAt(left[0], Micros(kDay + 10) - 1));
  EXPECT_FALSE(IsDueAt(left[0], Micros(kDay + 10)));
  EXPECT_FALSE(IsDueAt(left[0], Micros(kDay + 9) - 1));
}

TEST(WhileOpen, ToBeReopened_IsDueFromThatDay) {
  StandingChanges changes;
  AddStanding(v1::STANDING_LOST, kDay - 10, &changes);
  AddStanding(v1::STANDING_OPEN, kDay + 10, &changes);
  const auto left = Left(kDay - 5, changes, kDay);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].due_us(), Micros(kDay + 10));
  EXPECT_EQ(left[0].overdue_us(), Micros(kDay + 85));
  EXPECT_FALSE(left[0].has_until_us());
}

TEST(WhileOpen, ReopenedLongAgo_IsDueAsBefore) {
  StandingChanges changes;
  AddStanding(v1::STANDING_LOST, kDay - 300, &changes);
  AddStanding(v1::STANDING_OPEN, kDay - 200, &changes);
  const auto left = Left(kDay - 5, changes, kDay);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].due_us(), Micros(kDay - 5));
}

// At every later instant: due exactly when the account is open that day and the reason has come.
TEST(WhileOpen, AtAnyLaterTime_IsDueExactlyWhileOpen) {
  Chance chance;
  absl::TimeZone zone;
  // Its clocks change at midnight, so that a day may begin at one o'clock.
  ASSERT_TRUE(absl::LoadTimeZone("America/Asuncion", &zone));
  for (int i = 0; i < 2'000; ++i) {
    StandingChanges changes;
    const int many = static_cast<int>(chance.Between(0, 6));
    for (int c = 0; c < many; ++c) {
      AddStanding(
          static_cast<v1::Standing>(chance.Between(v1::STANDING_OPEN, v1::STANDING_CANCELLED)),
          kDay + chance.Between(-200, 300), &changes);
    }
    const auto at = [&](int least, int most) {
      return StartOfDayMicros(kDay + chance.Between(least, most), zone) +
             chance.Between(-1, 1) * chance.Between(0, 3'600'000'000);
    };
    const int64_t now_us = at(0, 30);
    std::vector<store::v1::Due> due;
    for (const auto reason : {v1::REEVALUATION_REASON_EVENT, v1::REEVALUATION_REASON_MONTHLY}) {
      const int64_t due_us = at(-100, 200);
      due.push_back(DueFrom(reason, due_us, due_us + chance.Between(0, 1'000'000)));
    }
    const std::vector<store::v1::Due> left = WhileOpen(due, changes, now_us, zone);
    for (int t = 0; t < 40; ++t) {
      const int64_t later = std::max(now_us, at(0, 320));
      for (const store::v1::Due& reason : due) {
        const auto holds = std::count_if(left.begin(), left.end(), [&](const auto& one) {
          return one.reason() == reason.reason() && IsDueAt(one, later);
        });
        const bool open = !IsGone(StandingOn(changes, DayAt(later, zone)));
        ASSERT_EQ(holds, open && reason.due_us() <= later ? 1 : 0) << absl::FromUnixMicros(later);
      }
    }
    for (size_t k = 0; k < left.size(); ++k) {
      ASSERT_LE(left[k].due_us(), left[k].overdue_us());
      ASSERT_GT(left[k].has_until_us() ? left[k].until_us() : std::numeric_limits<int64_t>::max(),
                std::max(now_us, left[k].due_us()));
      if (k > 0) {
        ASSERT_LE(left[k - 1].reason(), left[k].reason());
      }
    }
  }
}

}  // namespace
}  // namespace tiermark
