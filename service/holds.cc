#include "service/holds.h"

#include "google/protobuf/util/time_util.h"
#include "scoring/reevaluation.h"

namespace tiermark {

using google::protobuf::util::TimeUtil;

const v1::SegmentOverride* OverrideAt(const store::v1::AccountState& state, int64_t at_us) {
  if (!state.has_override()) return nullptr;
  const v1::SegmentOverride& override = state.override();
  if (override.has_expire_time() &&
      TimeUtil::TimestampToMicroseconds(override.expire_time()) <= at_us) {
    return nullptr;
  }
  return &override;
}

const store::v1::Claim* ClaimAt(const store::v1::AccountState& state, int64_t at_us) {
  return state.has_claim() && state.claim().until_us() > at_us ? &state.claim() : nullptr;
}

v1::Segment ComputedSegment(const store::v1::AccountState& state) {
  const store::v1::LatestScore* counted = CountedScore(state);
  return counted == nullptr ? v1::SEGMENT_UNSPECIFIED : counted->segment();
}

v1::Segment EffectiveSegment(const store::v1::AccountState& state, int64_t at_us) {
  const v1::SegmentOverride* override = OverrideAt(state, at_us);
  return override == nullptr ? ComputedSegment(state) : override->segment();
}

void FillHolds(const store::v1::AccountState& state, int64_t at_us, v1::Account* account) {
  account->set_effective_segment(EffectiveSegment(state, at_us));
  if (const v1::SegmentOverride* override = OverrideAt(state, at_us)) {
    *account->mutable_override() = *override;
  }
  if (const store::v1::Claim* claim = ClaimAt(state, at_us)) {
    *account->mutable_claimed_until() = TimeUtil::MicrosecondsToTimestamp(claim->until_us());
  }
}

void FillClaim(const store::v1::AccountState& state, int64_t at_us, v1::DueAccount* account) {
  if (const store::v1::Claim* claim = ClaimAt(state, at_us)) {
    *account->mutable_claimed_until() = TimeUtil::MicrosecondsToTimestamp(claim->until_us());
    account->set_worker_id(claim->worker_id());
  }
}

}  // namespace tiermark
