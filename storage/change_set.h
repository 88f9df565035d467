// What the committer and the lists derive from a change set.
#pragma once

#include <cstdint>
#include <string>

#include "storage/store.h"

namespace tiermark {

// Puts real positions in the place of every PositionOfEntry value: entry i stands at
// `first_position` + i. Fills in the ids that follow from positions.
void ResolvePositions(int64_t first_position, ChangeSet* changes);

// Brings the list of an account's event rows up to date with one more, which may only close.
void MergeEventRow(ChangeSet::EventRow row, std::vector<ChangeSet::EventRow>* rows);

// The event as it is listed.
v1::AccountEvent ListedEvent(const v1::AccountEvent& event, int64_t position,
                             int64_t closing_position);

// What an account is listed and filtered by.
struct ListColumns {
  static constexpr int kNeverScored = -1;

  std::string display_name;
  std::string country;
  std::string owner_id;
  v1::Segment segment = v1::SEGMENT_UNSPECIFIED;
  int score = kNeverScored;

  friend bool operator==(const ListColumns&, const ListColumns&) = default;
};

// Segment and score are those of the evaluation that counts.
ListColumns ListColumnsOf(const store::v1::AccountState& state, const v1::AccountFacts& facts);

}  // namespace tiermark
