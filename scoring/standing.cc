#include "scoring/standing.h"

#include <algorithm>
#include <limits>
#include <set>

#include "scoring/calendar.h"

namespace tiermark {
namespace {

constexpr int64_t kForever = std::numeric_limits<int64_t>::max();

// A stretch of time in which an account is open, its end not included.
struct Stretch {
  int64_t start_us;
  int64_t end_us;
};

std::vector<Stretch> OpenStretches(const StandingChanges& changes, absl::TimeZone zone) {
  std::set<int> days;
  for (const store::v1::StandingChange& change : changes) days.insert(change.from_day());
  std::vector<Stretch> stretches = {{std::numeric_limits<int64_t>::min(), kForever}};
  bool open = true;
  for (const int number : days) {
    const absl::CivilDay day = FromEpochDay(number);
    if (open == !IsGone(StandingOn(changes, day))) continue;
    open = !open;
    const int64_t start_us = StartOfDayMicros(day, zone);
    if (open) {
      stretches.push_back({start_us, kForever});
    } else {
      stretches.back().end_us = start_us;
    }
  }
  return stretches;
}

}  // namespace

v1::Standing StandingOn(const StandingChanges& changes, absl::CivilDay day) {
  const store::v1::StandingChange* holds = nullptr;
  for (const store::v1::StandingChange& change : changes) {
    if (change.from_day() > EpochDay(day)) continue;
    if (holds == nullptr || change.from_day() >= holds->from_day()) holds = &change;
  }
  return holds == nullptr ? v1::STANDING_OPEN : holds->standing();
}

bool IsGone(v1::Standing standing) {
  return standing == v1::STANDING_LOST || standing == v1::STANDING_CANCELLED;
}

void AddStanding(v1::Standing standing, absl::CivilDay from_day, StandingChanges* changes) {
  const int number = EpochDay(from_day);
  for (int i = changes->size() - 1; i >= 0; --i) {
    if (changes->Get(i).from_day() == number) changes->DeleteSubrange(i, 1);
  }
  store::v1::StandingChange* added = changes->Add();
  added->set_standing(standing);
  added->set_from_day(number);
  if (changes->size() <= kStandingsMax) return;
  const auto earliest =
      std::min_element(changes->begin(), changes->end(),
                       [](const auto& a, const auto& b) { return a.from_day() < b.from_day(); });
  changes->erase(earliest);
}

std::vector<store::v1::Due> WhileOpen(const std::vector<store::v1::Due>& due,
                                      const StandingChanges& changes, int64_t now_us,
                                      absl::TimeZone zone) {
  if (changes.empty()) return due;
  const std::vector<Stretch> stretches = OpenStretches(changes, zone);
  std::vector<store::v1::Due> left;
  for (const store::v1::Due& reason : due) {
    for (const Stretch& stretch : stretches) {
      if (stretch.end_us <= std::max(reason.due_us(), now_us)) continue;
      store::v1::Due held = reason;
      held.set_due_us(std::max(reason.due_us(), stretch.start_us));
      held.set_overdue_us(std::max(reason.overdue_us(), stretch.start_us));
      if (stretch.end_us != kForever) held.set_until_us(stretch.end_us);
      left.push_back(std::move(held));
    }
  }
  return left;
}

bool IsDueAt(const store::v1::Due& due, int64_t at_us) {
  return due.due_us() <= at_us && !IsOver(due, at_us);
}

bool IsOver(const store::v1::Due& due, int64_t at_us) {
  return due.has_until_us() && due.until_us() <= at_us;
}

}  // namespace tiermark
