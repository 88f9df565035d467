#include "clients/cli/dates.h"

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace tiermark::cli {

std::optional<google::type::Date> ParseDate(const std::string& text) {
  absl::CivilDay day;
  // The length keeps out what is not written in full, such as 2026-1-1.
  if (text.size() != 10 || !absl::ParseCivilTime(text, &day)) return {};
  google::type::Date date;
  date.set_year(static_cast<int>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

std::optional<google::protobuf::Timestamp> ParseTime(const std::string& text) {
  absl::Time time;
  if (const auto date = ParseDate(text)) {
    time = absl::FromCivil(absl::CivilDay(date->year(), date->month(), date->day()),
                           absl::UTCTimeZone());
  } else if (!absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) {
    return {};
  }
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(absl::ToUnixSeconds(time));
  timestamp.set_nanos(
      static_cast<int>((time - absl::FromUnixSeconds(timestamp.seconds())) / absl::Nanoseconds(1)));
  return timestamp;
}

std::string CheckDate(const std::string& text) {
  return ParseDate(text) ? "" : absl::StrCat("must be a day such as 2026-11-28, and not ", text);
}

std::string CheckTime(const std::string& text) {
  if (ParseTime(text)) return "";
  return absl::StrCat(
      "must be a day such as 2026-11-28 or an instant such as "
      "2026-11-28T08:30:00Z, and not ",
      text);
}

}  // namespace tiermark::cli
