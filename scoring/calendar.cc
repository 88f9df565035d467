#include "scoring/calendar.h"

#include <algorithm>

namespace tiermark {

bool IsValidDate(const google::type::Date& date) {
  if (date.year() < kYearMin || date.year() > kYearMax) return false;
  if (date.month() < 1 || date.month() > 12 || date.day() < 1 || date.day() > 31) return false;
  // A day that the month does not have is carried over into the next one.
  return DayOf(date).month() == date.month();
}

absl::CivilDay DayOf(const google::type::Date& date) {
  return absl::CivilDay(date.year(), date.month(), date.day());
}

google::type::Date DateOf(absl::CivilDay day) {
  google::type::Date date;
  date.set_year(static_cast<int>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

absl::CivilDay AddMonths(absl::CivilDay day, int months) {
  const absl::CivilMonth month = absl::CivilMonth(day) + months;
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  return std::min(absl::CivilDay(month.year(), month.month(), 1) + (day.day() - 1), last);
}

absl::CivilDay NextQuarterStart(absl::CivilDay day) {
  const absl::CivilMonth month(day);
  return absl::CivilDay(month + (3 - (month.month() - 1) % 3));
}

int64_t StartOfDayMicros(absl::CivilDay day, absl::TimeZone zone) {
  const absl::TimeZone::TimeInfo info = zone.At(absl::CivilSecond(day));
  // A skipped midnight does not exist: the day starts where the gap ends. A repeated midnight is
  // first met at `pre`.
  const absl::Time start = info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
  return absl::ToUnixMicros(start);
}

absl::CivilDay DayAt(int64_t unix_micros, absl::TimeZone zone) {
  return absl::ToCivilDay(absl::FromUnixMicros(unix_micros), zone);
}

int EpochDay(absl::CivilDay day) { return static_cast<int>(day - absl::CivilDay(1970, 1, 1)); }

absl::CivilDay FromEpochDay(int days) { return absl::CivilDay(1970, 1, 1) + days; }

}  // namespace tiermark
