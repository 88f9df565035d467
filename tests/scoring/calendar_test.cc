#include "scoring/calendar.h"

#include <algorithm>

#include "support.h"

namespace tiermark {
namespace {

using absl::CivilDay;

google::type::Date MakeDate(int year, int month, int day) {
  google::type::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

bool IsLeap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int DaysIn(int64_t year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}

// Month by month, as a person counts on a calendar.
CivilDay SlowAddMonths(CivilDay day, int months) {
  int64_t year = day.year();
  int month = day.month();
  for (; months > 0; --months) {
    if (++month == 13) month = 1, ++year;
  }
  for (; months < 0; ++months) {
    if (--month == 0) month = 12, --year;
  }
  return CivilDay(year, month, std::min(day.day(), DaysIn(year, month)));
}

TEST(IsValidDate, HoldsEveryBound) {
  EXPECT_TRUE(IsValidDate(MakeDate(1900, 1, 1)));
  EXPECT_TRUE(IsValidDate(MakeDate(2199, 12, 31)));
  EXPECT_TRUE(IsValidDate(MakeDate(2024, 2, 29)));
  EXPECT_FALSE(IsValidDate(MakeDate(1899, 12, 31)));
  EXPECT_FALSE(IsValidDate(MakeDate(2200, 1, 1)));
  EXPECT_FALSE(IsValidDate(MakeDate(2023, 2, 29)));
  EXPECT_FALSE(IsValidDate(MakeDate(1900, 2, 29)));
  EXPECT_FALSE(IsValidDate(MakeDate(2024, 4, 31)));
  EXPECT_FALSE(IsValidDate(MakeDate(2024, 0, 1)));
  EXPECT_FALSE(IsValidDate(MakeDate(2024, 13, 1)));
  EXPECT_FALSE(IsValidDate(MakeDate(2024, 1, 0)));
  EXPECT_FALSE(IsValidDate(MakeDate(2024, 1, 32)));
  EXPECT_FALSE(IsValidDate(MakeDate(0, 0, 0)));
  EXPECT_FALSE(IsValidDate(MakeDate(2024, -1, 1)));
  EXPECT_FALSE(IsValidDate(MakeDate(2024, 2'000'000'000, 2'000'000'000)));
}

TEST(IsValidDate, AgreesWithAWallCalendar) {
  for (int year = 1899; year <= 2200; ++year) {
    for (int month = 0; month <= 13; ++month) {
      for (int day = 0; day <= 32; ++day) {
        const bool valid = year >= 1900 && year <= 2199 && month >= 1 && month <= 12 && day >= 1 &&
                           day <= DaysIn(year, month);
        ASSERT_EQ(IsValidDate(MakeDate(year, month, day)), valid) << year << month << day;
      }
    }
  }
}

TEST(Dates, GoToDaysAndBack) {
  for (CivilDay day(1900, 1, 1); day < CivilDay(2200, 1, 1); ++day) {
    ASSERT_EQ(DayOf(DateOf(day)), day);
  }
}

TEST(AddMonths, EndsOnTheLastDayOfAShorterMonth) {
  EXPECT_EQ(AddMonths(CivilDay(2025, 1, 31), 1), CivilDay(2025, 2, 28));
  EXPECT_EQ(AddMonths(CivilDay(2024, 1, 31), 1), CivilDay(2024, 2, 29));
  EXPECT_EQ(AddMonths(CivilDay(2025, 8, 31), 1), CivilDay(2025, 9, 30));
  EXPECT_EQ(AddMonths(CivilDay(2025, 12, 31), 2), CivilDay(2026, 2, 28));
  EXPECT_EQ(AddMonths(CivilDay(2024, 3, 31), -1), CivilDay(2024, 2, 29));
  EXPECT_EQ(AddMonths(CivilDay(2024, 2, 29), 12), CivilDay(2025, 2, 28));
}

TEST(AddMonths, AgreesWithCountingMonthByMonth) {
  for (CivilDay day(2019, 1, 1); day < CivilDay(2029, 1, 1); ++day) {
    for (const int months : {-25, -12, -3, -1, 0, 1, 2, 3, 4, 8, 12, 13, 24}) {
      ASSERT_EQ(AddMonths(day, months), SlowAddMonths(day, months)) << day << " " << months;
    }
  }
}

TEST(NextQuarterStart, AgreesWithWalkingDayByDay) {
  for (CivilDay day(2019, 1, 1); day < CivilDay(2029, 1, 1); ++day) {
    CivilDay walk = day + 1;
    while (walk.day() != 1 || walk.month() % 3 != 1) ++walk;
    ASSERT_EQ(NextQuarterStart(day), walk) << day;
  }
}

class Zones : public testing::TestWithParam<const char*> {
 protected:
  absl::TimeZone Load() const {
    absl::TimeZone zone;
    EXPECT_TRUE(absl::LoadTimeZone(GetParam(), &zone));
    return zone;
  }
};

TEST_P(Zones, StartOfDayIsTheFirstInstantOfTheDay) {
  const absl::TimeZone zone = Load();
  for (CivilDay day(2016, 1, 1); day < CivilDay(2027, 1, 1); ++day) {
    // Clocks change on quarters of an hour.
    absl::Time walk = absl::FromCivil(absl::CivilHour(day) - 30, absl::UTCTimeZone());
    while (absl::ToCivilDay(walk, zone) != day) walk += absl::Minutes(15);
    const int64_t start = StartOfDayMicros(day, zone);
    ASSERT_EQ(start, absl::ToUnixMicros(walk)) << day;
    ASSERT_EQ(DayAt(start, zone), day);
    ASSERT_EQ(DayAt(start - 1, zone), day - 1);
  }
}

// Havana and Asuncion skip or repeat the hour from midnight on, Lord Howe changes by half an hour.
INSTANTIATE_TEST_SUITE_P(OfTheWorld, Zones,
                         testing::Values("UTC", "America/Bogota", "America/Mexico_City",
                                         "America/Santiago", "America/Asuncion",
                                         "America/Sao_Paulo", "America/Havana", "America/St_Johns",
                                         "Europe/Madrid", "Asia/Beirut", "Asia/Kathmandu",
                                         "Australia/Lord_Howe", "Pacific/Kiritimati"));

TEST(StartOfDayMicros, IsWhereTheGapEndsIfTheClockSkipsMidnight) {
  absl::TimeZone zone;
  ASSERT_TRUE(absl::LoadTimeZone("America/Sao_Paulo", &zone));
  const int64_t start = StartOfDayMicros(CivilDay(2018, 11, 4), zone);
  EXPECT_EQ(absl::ToCivilSecond(absl::FromUnixMicros(start), zone),
            absl::CivilSecond(2018, 11, 4, 1, 0, 0));
}

TEST(StartOfDayMicros, IsWhereTheGapEndsIfItBeganTheDayBefore) {
  absl::TimeZone zone;
  ASSERT_TRUE(absl::LoadTimeZone("America/Toronto", &zone));
  const int64_t start = StartOfDayMicros(CivilDay(1919, 3, 31), zone);
  EXPECT_EQ(absl::ToCivilSecond(absl::FromUnixMicros(start), zone),
            absl::CivilSecond(1919, 3, 31, 0, 30, 0));
  EXPECT_EQ(DayAt(start - 1, zone), CivilDay(1919, 3, 30));
}

TEST(DayAt, HoldsInstantsBeforeTheEpoch) {
  EXPECT_EQ(DayAt(-1, absl::UTCTimeZone()), CivilDay(1969, 12, 31));
  EXPECT_EQ(DayAt(0, absl::UTCTimeZone()), CivilDay(1970, 1, 1));
}

}  // namespace
}  // namespace tiermark
