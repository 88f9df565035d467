#include "scoring/movement.h"

namespace tiermark {

v1::Movement MovementFrom(const store::v1::LatestScore* previous, const CompiledModel& model,
                          const ScoreCard& card) {
  if (previous == nullptr) return v1::MOVEMENT_FIRST;
  int before = model.BandIndex(previous->band_id());
  int after = card.band;
  const v1::Segment segment = model.model().bands(card.band).segment();
  if (before < 0 && segment != v1::SEGMENT_UNSPECIFIED &&
      previous->segment() != v1::SEGMENT_UNSPECIFIED) {
    before = previous->segment();
    after = segment;
  } else if (before < 0) {
    before = model.BandOfScore(previous->score());
  }
  if (after == before) return v1::MOVEMENT_UNCHANGED;
  return after < before ? v1::MOVEMENT_UPGRADE : v1::MOVEMENT_DOWNGRADE;
}

}  // namespace tiermark
