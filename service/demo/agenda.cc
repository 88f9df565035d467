#include "service/demo/agenda.h"

#include <algorithm>

namespace tiermark::demo {

using absl::CivilDay;

Agenda::Agenda(const std::vector<Step>& steps, CivilDay end)
    : end_(end), begin_(DayOfStep(steps.front()) + 1) {
  for (const Step& step : steps) taken_.insert(DayOfStep(step));
}

std::optional<CivilDay> Agenda::Take(CivilDay day) {
  for (day = std::max(day, begin_); day < end_; ++day) {
    if (taken_.insert(day).second) return day;
  }
  return std::nullopt;
}

CivilDay DayOfStep(const Step& step) { return absl::ToCivilDay(step.at, absl::UTCTimeZone()); }

absl::Time WorkingTime(CivilDay day, Dice* dice) {
  return absl::FromCivil(day, absl::UTCTimeZone()) + absl::Hours(12) +
         absl::Seconds(dice->Below(9 * 3'600));
}

}  // namespace tiermark::demo
