#include "storage/change_set.h"

#include <algorithm>
#include <utility>

#include "scoring/reevaluation.h"

namespace tiermark {
namespace {

// PositionOfEntry is its own inverse.
int64_t Resolved(int64_t first_position, int64_t position) {
  return position < 0 ? first_position + (-1 - position) : position;
}

void NameEvent(int64_t position, v1::AccountEvent* event) {
  event->set_event_id(EventId(position));
  if (event->has_change()) event->mutable_change()->set_event_id(EventId(position));
}

void ResolveEntry(int64_t first, int64_t own_position, store::v1::LogEntry* entry) {
  switch (entry->entry_case()) {
    case store::v1::LogEntry::kEvaluation: {
      store::v1::EvaluationEntry* evaluation = entry->mutable_evaluation();
      if (evaluation->has_previous()) {
        store::v1::PreviousScore* previous = evaluation->mutable_previous();
        previous->set_position(Resolved(first, previous->position()));
      }
      for (int64_t& position : *evaluation->mutable_closed_events()) {
        position = Resolved(first, position);
      }
      break;
    }
    case store::v1::LogEntry::kFacts: {
      store::v1::FactsEntry* facts = entry->mutable_facts();
      for (int i = 0; i < facts->detected_events_size(); ++i) {
        const int64_t position = Resolved(first, facts->detected_events(i));
        facts->set_detected_events(i, position);
        if (i < facts->detected_size()) NameEvent(position, facts->mutable_detected(i));
      }
      break;
    }
    case store::v1::LogEntry::kEvent:
      NameEvent(own_position, entry->mutable_event()->mutable_event());
      break;
    case store::v1::LogEntry::kTransactions:
    case store::v1::LogEntry::kLifecycle:
    case store::v1::LogEntry::kOverride:
    case store::v1::LogEntry::kDeletion:
    case store::v1::LogEntry::ENTRY_NOT_SET:
      break;
  }
}

}  // namespace

void ResolvePositions(int64_t first_position, ChangeSet* changes) {
  for (store::v1::LatestScore& score : *changes->state.mutable_scores()) {
    score.set_position(Resolved(first_position, score.position()));
  }
  for (store::v1::OpenEvent& event : *changes->state.mutable_open_events()) {
    event.set_position(Resolved(first_position, event.position()));
    if (event.has_change()) event.mutable_change()->set_event_id(EventId(event.position()));
  }
  for (size_t i = 0; i < changes->entries.size(); ++i) {
    ResolveEntry(first_position, first_position + static_cast<int64_t>(i), &changes->entries[i]);
  }
  for (ChangeSet::EventRow& row : changes->events) {
    row.position = Resolved(first_position, row.position);
    row.closing_position = Resolved(first_position, row.closing_position);
    if (row.event.has_value()) NameEvent(row.position, &*row.event);
  }
}

void MergeEventRow(ChangeSet::EventRow row, std::vector<ChangeSet::EventRow>* rows) {
  const auto known = std::find_if(rows->begin(), rows->end(), [&row](const auto& other) {
    return other.position == row.position;
  });
  if (known == rows->end()) {
    rows->push_back(std::move(row));
    return;
  }
  if (!row.event.has_value()) row.event = std::move(known->event);
  *known = std::move(row);
}

v1::AccountEvent ListedEvent(const v1::AccountEvent& event, int64_t position,
                             int64_t closing_position) {
  v1::AccountEvent listed = event;
  NameEvent(position, &listed);
  listed.clear_closing_evaluation_id();
  if (closing_position != 0) listed.set_closing_evaluation_id(EvaluationId(closing_position));
  return listed;
}

ListColumns ListColumnsOf(const store::v1::AccountState& state, const v1::AccountFacts& facts) {
  ListColumns columns;
  columns.display_name = facts.display_name();
  columns.country = facts.country();
  columns.owner_id = facts.owner_id();
  if (const store::v1::LatestScore* counted = CountedScore(state); counted != nullptr) {
    columns.segment = counted->segment();
    columns.score = counted->score();
  }
  return columns;
}

}  // namespace tiermark
