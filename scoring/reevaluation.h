// When an account must be scored again: detection of events, and due times.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "scoring/policy.h"
#include "tiermark/store/v1/records.pb.h"
#include "tiermark/v1/facts.pb.h"
#include "tiermark/v1/policy.pb.h"
#include "tiermark/v1/reevaluation.pb.h"

namespace tiermark {

// A change of facts that is an event in itself.
struct DetectedChange {
  v1::AccountEventType type;
  std::string country;    // Of a new country.
  v1::FactChange change;  // Without its event_id.
};

// What `facts` changed against the baseline: past-due cases above the growth threshold (any growth
// from 0), each country not there before, kinds of financial product added or dropped. A fact that
// was or is unknown changed nothing.
std::vector<DetectedChange> DetectChanges(const store::v1::DetectionBaseline& baseline,
                                          const v1::AccountFacts& facts,
                                          const v1::ReevaluationPolicy& policy);

// What later changes of these facts are detected against.
store::v1::DetectionBaseline BaselineOf(const v1::AccountFacts& facts);

// Day the account came to be: as the facts say, or the day of its first write.
absl::CivilDay CreatedDay(const v1::AccountFacts& facts, const store::v1::AccountState& state);

// Every reason for which the account is or will be due, the most urgent first, at most one of each,
// as if it were open: WhileOpen (scoring/standing.h) tells what a lost account is left with.
// A pure function of the facts, and in `state` the open events, the change of model and the last
// counted evaluation; the
// reasons stay right as time passes, without a write. Days are of the policy's zone, and the day of
// an evaluation is the one that holds its instant.
//
// EVENT: while events are open, from the earliest of them on.
// MODEL_CHANGED: while the state says that a published model moves the account, from then on.
// Never scored: FIRST_MEETING, or QUARTERLY for a client, due from the day of its creation.
// Scored: the cadence, one reason. MONTHLY when the day that comes the policy's interval after the
// evaluation lies before the end of the account's time as a new one, else QUARTERLY. A client is
// new from the day it became one as the facts say, or else as the state says, or else its creation.
// QUARTERLY is due when the next quarter begins and overdue when the one after it does; in a
// rolling policy three and six months after the evaluation.
std::vector<store::v1::Due> DueReasons(const v1::AccountFacts& facts,
                                       const store::v1::AccountState& state,
                                       const CompiledPolicy& policy);

// The reason that comes due first, or nullptr; among equals the most urgent.
const store::v1::Due* NextDue(const std::vector<store::v1::Due>& due);

// The account's latest score by the active version of the segmentation model, or nullptr.
const store::v1::LatestScore* CountedScore(const store::v1::AccountState& state);

// Whole civil days of `zone` from `overdue_us` to `as_of_us`; 0 when not overdue.
int OverdueDays(int64_t overdue_us, int64_t as_of_us, absl::TimeZone zone);

}  // namespace tiermark
