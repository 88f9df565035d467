// Civil days and the arithmetic of months and quarters.
#pragma once

#include <cstdint>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/type/date.pb.h"

namespace tiermark {

// Years that the API admits in dates.
inline constexpr int kYearMin = 1900;
inline constexpr int kYearMax = 2199;

// Whether the date is whole, of the calendar, and within the years above.
bool IsValidDate(const google::type::Date& date);

absl::CivilDay DayOf(const google::type::Date& date);
google::type::Date DateOf(absl::CivilDay day);

// `months` calendar months later (or earlier); the last day of a shorter month.
absl::CivilDay AddMonths(absl::CivilDay day, int months);

// First day of the calendar quarter after the one that `day` is in.
absl::CivilDay NextQuarterStart(absl::CivilDay day);

// First instant of `day` in `zone`, in microseconds since the Unix epoch. Where the clock skips
// midnight, the first instant after the gap.
int64_t StartOfDayMicros(absl::CivilDay day, absl::TimeZone zone);

// The civil day in `zone` that holds the instant.
absl::CivilDay DayAt(int64_t unix_micros, absl::TimeZone zone);

// Days since 1970-01-01, and the day that is so many days after it.
int EpochDay(absl::CivilDay day);
absl::CivilDay FromEpochDay(int days);

}  // namespace tiermark
