#include "service/decisions.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "scoring/calendar.h"
#include "scoring/error.h"
#include "scoring/facts.h"
#include "scoring/movement.h"
#include "scoring/standing.h"
#include "service/account_activity.h"
#include "service/draft.h"
#include "service/holds.h"

namespace tiermark {
namespace {

using google::protobuf::util::TimeUtil;
using store::v1::AccountState;
using store::v1::Due;
using store::v1::LatestScore;
using store::v1::LogEntry;
using store::v1::OpenEvent;

// Appends the report of an event to the log, as a row of its own, and to the open ones.
void OpenNewEvent(v1::AccountEvent event, int64_t due_us, Draft* draft) {
  const int64_t position = PositionOfEntry(static_cast<int>(draft->changes.entries.size()));
  OpenEvent* open = draft->state.add_open_events();
  open->set_position(position);
  open->set_type(event.type());
  open->set_due_us(due_us);
  open->set_detected(event.detected());
  if (event.has_change()) *open->mutable_change() = event.change();
  LogEntry entry;
  *entry.mutable_event()->mutable_event() = event;
  draft->changes.entries.push_back(std::move(entry));
  draft->changes.events.push_back({position, 0, std::move(event)});
}

v1::AccountEvent DetectedEvent(const v1::FactChange& change, v1::AccountEventType type,
                               const google::type::Date& date, int64_t report_us) {
  v1::AccountEvent event;
  event.set_type(type);
  *event.mutable_event_date() = date;
  *event.mutable_report_time() = TimeUtil::MicrosecondsToTimestamp(report_us);
  event.set_detected(true);
  *event.mutable_change() = change;
  return event;
}

// What the facts changed against the last counted evaluation becomes open events: one for each type
// (for each country), whose change is brought up to date when it goes on.
std::vector<v1::AccountEvent> Detect(const CompiledPolicy& policy, Draft* draft) {
  std::vector<v1::AccountEvent> detected;
  if (draft->changed_facts.empty() || !draft->state.has_baseline()) return detected;
  for (DetectedChange& found :
       DetectChanges(draft->state.baseline(), draft->facts, policy.policy)) {
    auto* open_events = draft->state.mutable_open_events();
    const auto open =
        std::find_if(open_events->begin(), open_events->end(), [&found](const OpenEvent& event) {
          return event.detected() && event.type() == found.type && event.country() == found.country;
        });
    if (open == open_events->end()) {
      detected.push_back(
          DetectedEvent(found.change, found.type, DateOf(draft->today), draft->now_us));
      OpenNewEvent(detected.back(), draft->now_us, draft);
      draft->state.mutable_open_events()->rbegin()->set_country(found.country);
      continue;
    }
    found.change.set_event_id(open->change().event_id());
    if (open->change().SerializeAsString() == found.change.SerializeAsString()) continue;
    *open->mutable_change() = found.change;
    // Reported on the day of its due time, as detected events are.
    v1::AccountEvent event = DetectedEvent(
        found.change, found.type, DateOf(DayAt(open->due_us(), policy.zone)), open->due_us());
    draft->changes.events.push_back({open->position(), 0, event});
    detected.push_back(std::move(event));
  }
  return detected;
}

// The account's latest evaluation by the model, whatever its version.
const LatestScore* PreviousScore(const AccountState& state, const std::string& model_id) {
  const LatestScore* latest = nullptr;
  for (const LatestScore& score : state.scores()) {
    if (score.model_id() == model_id &&
        (latest == nullptr || score.position() > latest->position())) {
      latest = &score;
    }
  }
  return latest;
}

// Puts the score in the place of the one it follows. A score that counted stays beside a later one
// of the same model that did not.
void KeepScore(LatestScore score, AccountState* state) {
  auto* scores = state->mutable_scores();
  for (int i = scores->size() - 1; i >= 0; --i) {
    const LatestScore& old = scores->Get(i);
    if (old.model_id() == score.model_id() && (score.counted() || !old.counted())) {
      scores->DeleteSubrange(i, 1);
    }
  }
  *scores->Add() = std::move(score);
}

// Closes the open events due by now by the evaluation at `position`.
void CloseEvents(int64_t position, Draft* draft, store::v1::EvaluationEntry* evaluation) {
  auto* open_events = draft->state.mutable_open_events();
  for (int i = 0; i < open_events->size();) {
    const OpenEvent& open = open_events->Get(i);
    if (open.due_us() > draft->now_us) {
      ++i;
      continue;
    }
    evaluation->add_closed_events(open.position());
    auto& rows = draft->changes.events;
    const auto row = std::find_if(rows.begin(), rows.end(), [&open](const ChangeSet::EventRow& r) {
      return r.position == open.position();
    });
    if (row != rows.end()) {
      row->closing_position = position;
    } else {
      // Only the closing is new; the store keeps the rest of the row as it is.
      rows.push_back({open.position(), position, std::nullopt});
    }
    open_events->DeleteSubrange(i, 1);
  }
}

}  // namespace

absl::StatusOr<ChangeSet> DecideEvaluation(const GivenFacts& given, const CompiledModel& model,
                                           bool counts, const PlaybookVersions& playbooks,
                                           const CompiledPolicy& policy, const DecideInput& input) {
  if (input.account == nullptr && given.facts == nullptr) return AccountNotFound();
  Draft draft = BeginDraft(input, policy);
  if (absl::Status merged = MergeInto(given, &draft); !merged.ok()) return merged;
  ScoreCard card;
  if (absl::Status scored = model.Score(draft.facts, draft.today, &card); !scored.ok()) {
    return scored;
  }
  Detect(policy, &draft);

  LogEntry entry;
  store::v1::EvaluationEntry* evaluation = entry.mutable_evaluation();
  const int64_t position = PositionOfEntry(static_cast<int>(draft.changes.entries.size()));
  const LatestScore* previous = PreviousScore(draft.state, model.model().model_id());
  evaluation->set_movement(MovementFrom(previous, model, card));
  if (previous != nullptr) {
    evaluation->mutable_previous()->set_position(previous->position());
    evaluation->mutable_previous()->set_score(previous->score());
    evaluation->mutable_previous()->set_segment(previous->segment());
  }
  const v1::Band& band = model.model().bands(card.band);
  LatestScore score;
  score.set_model_id(model.model().model_id());
  score.set_model_version(model.model().version());
  score.set_score(card.score);
  score.set_band_id(band.band_id());
  score.set_band_name(band.display_name());
  score.set_grade(band.grade());
  score.set_segment(band.segment());
  score.set_position(position);
  score.set_evaluate_us(draft.now_us);
  score.set_counted(counts);

  if (counts) {
    for (const Due& due : draft.state.due()) {
      if (IsDueAt(due, draft.now_us)) evaluation->add_closed_reasons(due.reason());
    }
    if (const LatestScore* before = CountedScore(draft.state)) {
      evaluation->set_segment_before(before->segment());
      evaluation->set_score_before(before->score());
    }
    draft.state.clear_claim();
    draft.state.clear_model_change();
    CloseEvents(position, &draft, evaluation);
    // Events of this very call were never due before it.
    const auto& reasons = evaluation->closed_reasons();
    if (evaluation->closed_events_size() > 0 &&
        std::find(reasons.begin(), reasons.end(), v1::REEVALUATION_REASON_EVENT) == reasons.end()) {
      evaluation->add_closed_reasons(v1::REEVALUATION_REASON_EVENT);
      std::sort(evaluation->mutable_closed_reasons()->begin(),
                evaluation->mutable_closed_reasons()->end());
    }
    *draft.state.mutable_baseline() = BaselineOf(draft.facts);
  }
  KeepScore(std::move(score), &draft.state);
  if (OverrideAt(draft.state, draft.now_us) == nullptr) draft.state.clear_override();
  if (Due next; SetDue(policy, &draft, &next)) *evaluation->mutable_next() = next;

  evaluation->set_stage_behind_invoices(IsStageBehindInvoices(draft.facts, draft.state));
  // Unchanged facts are not written beside the entry, which may have them for itself.
  if (draft.facts_change()) {
    *evaluation->mutable_facts() = draft.facts;
  } else {
    *evaluation->mutable_facts() = std::move(draft.facts);
  }
  *evaluation->mutable_model() = model.reference();
  evaluation->set_exchange_rates_version(model.exchange_rates_version());
  evaluation->set_evaluate_us(draft.now_us);
  *evaluation->mutable_evaluate_date() = DateOf(draft.today);
  evaluation->set_score(card.score);
  evaluation->set_exact_score(card.exact_score);
  evaluation->set_band_id(band.band_id());
  evaluation->set_segment(band.segment());
  if (band.segment() != v1::SEGMENT_UNSPECIFIED) {
    const v1::SegmentOverride* override = OverrideAt(draft.state, draft.now_us);
    if (override != nullptr) evaluation->set_override_segment(override->segment());
    evaluation->set_playbook_version(
        playbooks[override != nullptr ? override->segment() : band.segment()]);
  }
  evaluation->set_counted(counts);
  draft.changes.entries.push_back(std::move(entry));
  return Finish(std::move(draft));
}

absl::StatusOr<ChangeSet> DecideUpsert(const GivenFacts& given, const CompiledPolicy& policy,
                                       const DecideInput& input) {
  if (input.account == nullptr && given.facts == nullptr) return AccountNotFound();
  Draft draft = BeginDraft(input, policy);
  if (absl::Status merged = MergeInto(given, &draft); !merged.ok()) return merged;
  if (!draft.created && draft.changed_facts.empty()) return ChangeSet();
  const std::vector<v1::AccountEvent> detected = Detect(policy, &draft);

  LogEntry entry;
  store::v1::FactsEntry* facts = entry.mutable_facts();
  facts->set_change_us(draft.now_us);
  facts->set_created(draft.created);
  for (const std::string& name : draft.changed_facts) facts->add_changed_facts(name);
  for (size_t i = 0; i < detected.size(); ++i) {
    facts->add_detected_events(draft.changes.events[i].position);
    *facts->add_detected() = detected[i];
  }
  if (Due next; SetDue(policy, &draft, &next)) *facts->mutable_next() = next;
  draft.changes.entries.push_back(std::move(entry));
  return Finish(std::move(draft));
}

absl::StatusOr<ChangeSet> DecideEvent(const ReportedEvent& reported, const CompiledPolicy& policy,
                                      const DecideInput& input) {
  if (input.account == nullptr) return AccountNotFound();
  Draft draft = BeginDraft(input, policy);
  if (draft.state.open_events_size() >= kOpenEventsMax) {
    return ReasonedError(absl::StatusCode::kFailedPrecondition, "TOO_MANY_OPEN_EVENTS",
                         absl::StrCat("the account has ", kOpenEventsMax,
                                      " open events; evaluate it to settle them"));
  }
  v1::AccountEvent event;
  event.set_type(reported.type);
  *event.mutable_event_date() = reported.date.value_or(DateOf(draft.today));
  *event.mutable_report_time() = TimeUtil::MicrosecondsToTimestamp(draft.now_us);
  event.set_note(reported.note);
  const int64_t due_us =
      std::max(draft.now_us, StartOfDayMicros(DayOf(event.event_date()), policy.zone));
  OpenNewEvent(std::move(event), due_us, &draft);
  if (Due next; SetDue(policy, &draft, &next)) {
    *draft.changes.entries.back().mutable_event()->mutable_next() = next;
  }
  return Finish(std::move(draft));
}

absl::StatusOr<ChangeSet> DecideDeletion(const DecideInput& input) {
  if (input.account == nullptr) return AccountNotFound();
  ChangeSet changes;
  store::v1::DeletionEntry* deletion = changes.entries.emplace_back().mutable_deletion();
  deletion->set_account_id(input.account->account_id);
  deletion->set_delete_us(absl::ToUnixMicros(input.now));
  changes.erase = true;
  return changes;
}

}  // namespace tiermark
