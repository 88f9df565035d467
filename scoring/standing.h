// Whether we still count on an account, day by day, and what that means for its due reasons.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/protobuf/repeated_field.h"
#include "tiermark/store/v1/records.pb.h"
#include "tiermark/v1/lifecycle.pb.h"

namespace tiermark {

// In the order they were recorded.
using StandingChanges = google::protobuf::RepeatedPtrField<store::v1::StandingChange>;

// How many changes of standing a state keeps.
inline constexpr int kStandingsMax = 32;

// The standing on a day: the change with the latest first day up to it, of several for one day the
// one recorded last. Open where there is none.
v1::Standing StandingOn(const StandingChanges& changes, absl::CivilDay day);

// Lost or cancelled.
bool IsGone(v1::Standing standing);

// Records a change. It takes the place of one for the same day; beyond kStandingsMax the one for
// the earliest day is forgotten, so that the days before the next one count as open.
void AddStanding(v1::Standing standing, absl::CivilDay from_day, StandingChanges* changes);

// Of `due`, as it would be were the account open, what is left from `now_us` on: an account that is
// lost or cancelled is never due. A reason holds in each stretch of time in which the account is
// open, from its due time or the beginning of the stretch, whichever is later, to the end of the
// stretch (`until_us`); stretches that end by its due time or by now are left out. So there is one
// entry for a reason, but where the account is known to be lost and reopened in time to come: then
// one for each stretch, in order. Reasons keep their order.
std::vector<store::v1::Due> WhileOpen(const std::vector<store::v1::Due>& due,
                                      const StandingChanges& changes, int64_t now_us,
                                      absl::TimeZone zone);

// Whether it holds at that instant: it is due by then, and the account has not gone since.
bool IsDueAt(const store::v1::Due& due, int64_t at_us);

// Whether it ended by that instant, because the account is lost or cancelled from then on.
bool IsOver(const store::v1::Due& due, int64_t at_us);

}  // namespace tiermark
