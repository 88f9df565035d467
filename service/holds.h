// What holds of an account for a time only: its override and its claim. One that has run out is as
// none.
#pragma once

#include <cstdint>

#include "storage/store.h"
#include "tiermark/v1/account_service.pb.h"
#include "tiermark/v1/lifecycle.pb.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {

// The override that holds at that instant, or nullptr.
const v1::SegmentOverride* OverrideAt(const store::v1::AccountState& state, int64_t at_us);

// The lease that holds at that instant, or nullptr.
const store::v1::Claim* ClaimAt(const store::v1::AccountState& state, int64_t at_us);

// The segment by the evaluation that counts; unspecified when there is none.
v1::Segment ComputedSegment(const store::v1::AccountState& state);

// The same, or that of the override that holds at that instant.
v1::Segment EffectiveSegment(const store::v1::AccountState& state, int64_t at_us);

// What of the account holds at that instant.
void FillHolds(const store::v1::AccountState& state, int64_t at_us, v1::Account* account);
void FillClaim(const store::v1::AccountState& state, int64_t at_us, v1::DueAccount* account);

}  // namespace tiermark
