// The days of a demonstration account that have a step.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "service/demo/dice.h"
#include "service/demo/history.h"

namespace tiermark::demo {

// Finds days for more steps, so that no account has two on one day. All lie after its first step,
// which makes the account, and before `end`.
class Agenda {
 public:
  // `steps` has one step at least.
  Agenda(const std::vector<Step>& steps, absl::CivilDay end);

  // The first free day from `day` on, which is taken from then on; nothing if there is none.
  std::optional<absl::CivilDay> Take(absl::CivilDay day);

 private:
  const absl::CivilDay end_;
  absl::CivilDay begin_;
  std::set<absl::CivilDay> taken_;
};

absl::CivilDay DayOfStep(const Step& step);

// At an hour of the day when people work.
absl::Time WorkingTime(absl::CivilDay day, Dice* dice);

}  // namespace tiermark::demo
