#include "service/answers.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "scoring/calendar.h"
#include "scoring/dimensions.h"
#include "scoring/error.h"
#include "scoring/facts.h"
#include "scoring/reevaluation.h"
#include "scoring/standing.h"
#include "service/account_activity.h"
#include "service/holds.h"

namespace tiermark {
namespace {

using store::v1::AccountState;
using store::v1::Due;
using store::v1::EvaluationEntry;
using store::v1::LatestScore;
using store::v1::OpenEvent;

v1::Segment EffectiveSegmentOf(const EvaluationEntry& entry) {
  return entry.override_segment() != v1::SEGMENT_UNSPECIFIED ? entry.override_segment()
                                                             : entry.segment();
}

absl::Status FillVersion(const Catalog& catalog, v1::Segment segment, int version,
                         v1::LifecycleStage stage, v1::Playbook* playbook, std::string* action) {
  const v1::Playbook* found = catalog.FindPlaybook(segment, version);
  if (found == nullptr) {
    return ReasonedError(absl::StatusCode::kDataLoss, "PLAYBOOK_VERSION_LOST",
                         "this server does not have the version of the playbook");
  }
  *playbook = *found;
  *action = ActionFor(*found, stage);
  return absl::OkStatus();
}

// Events that come due later than `due_by_us` are left out.
void FillDueReason(const Due& due, const AccountState& state, int64_t due_by_us,
                   v1::DueReason* reason) {
  reason->set_reason(due.reason());
  *reason->mutable_due_time() = TimestampOf(due.due_us());
  *reason->mutable_overdue_time() = TimestampOf(due.overdue_us());
  if (due.reason() != v1::REEVALUATION_REASON_EVENT) return;
  for (const OpenEvent& event : state.open_events()) {
    if (event.due_us() <= due_by_us) reason->add_event_ids(EventId(event.position()));
  }
}

// Of each reason the first that is due by `due_by_us` and not over by `as_of_us`.
std::vector<const Due*> ListedDue(const AccountState& state, int64_t as_of_us, int64_t due_by_us) {
  std::vector<const Due*> listed;
  for (const Due& due : state.due()) {
    if (due.due_us() > due_by_us || IsOver(due, as_of_us)) continue;
    if (listed.empty() || listed.back()->reason() != due.reason()) listed.push_back(&due);
  }
  return listed;
}

}  // namespace

google::protobuf::Timestamp TimestampOf(int64_t unix_micros) {
  return google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(unix_micros);
}

std::optional<Due> NextOf(const AccountState& state, int64_t now_us) {
  std::vector<Due> due(state.due().begin(), state.due().end());
  due.erase(std::remove_if(due.begin(), due.end(),
                           [now_us](const Due& one) { return IsOver(one, now_us); }),
            due.end());
  const Due* next = NextDue(due);
  return next == nullptr ? std::nullopt : std::make_optional(*next);
}

void FillNext(const Due& due, v1::NextReevaluation* next) {
  *next->mutable_due_time() = TimestampOf(due.due_us());
  next->set_reason(due.reason());
}

absl::Status FillEvaluation(const Catalog& catalog, const LogRecord& record,
                            v1::Evaluation* evaluation) {
  const EvaluationEntry& entry = record.entry.evaluation();
  const auto model = catalog.ModelOf(entry);
  if (!model.ok()) return model.status();
  const absl::CivilDay day = DayOf(entry.evaluate_date());
  ScoreCard card;
  if (absl::Status scored = (*model)->Score(entry.facts(), day, &card); !scored.ok()) {
    return scored;
  }
  (*model)->Explain(entry.facts(), day, card, evaluation);
  if (record.position != 0) evaluation->set_evaluation_id(EvaluationId(record.position));
  evaluation->set_account_id(record.account_id);
  *evaluation->mutable_evaluate_time() = TimestampOf(entry.evaluate_us());
  *evaluation->mutable_evaluate_date() = entry.evaluate_date();
  evaluation->set_movement(entry.movement());
  if (entry.has_previous()) {
    evaluation->set_previous_segment(entry.previous().segment());
    evaluation->set_previous_score(entry.previous().score());
    evaluation->set_previous_evaluation_id(EvaluationId(entry.previous().position()));
  }
  evaluation->set_effective_segment(EffectiveSegmentOf(entry));
  evaluation->set_playbook_version(entry.playbook_version());
  *evaluation->mutable_closed_reasons() = entry.closed_reasons();
  if (entry.stage_behind_invoices()) FillStageNotice(evaluation->add_notices());
  return absl::OkStatus();
}

absl::Status FillEvaluateAnswer(const Catalog& catalog, const LogRecord& record,
                                v1::EvaluateAccountResponse* answer) {
  const EvaluationEntry& entry = record.entry.evaluation();
  if (absl::Status filled = FillEvaluation(catalog, record, answer->mutable_evaluation());
      !filled.ok()) {
    return filled;
  }
  if (entry.segment() != v1::SEGMENT_UNSPECIFIED) {
    absl::Status filled = FillPlaybook(catalog, entry, answer->mutable_playbook(),
                                       answer->mutable_recommended_action());
    if (!filled.ok()) return filled;
  }
  if (entry.has_next()) FillNext(entry.next(), answer->mutable_next_reevaluation());
  return absl::OkStatus();
}

absl::Status FillPlaybook(const Catalog& catalog, const EvaluationEntry& entry,
                          v1::Playbook* playbook, std::string* recommended_action) {
  return FillVersion(catalog, EffectiveSegmentOf(entry), entry.playbook_version(),
                     EffectiveStage(entry.facts()), playbook, recommended_action);
}

absl::Status FillOverrideAnswer(const Catalog& catalog, const LogRecord& record,
                                v1::OverrideSegmentResponse* answer) {
  const store::v1::OverrideEntry& entry = record.entry.override();
  *answer->mutable_override() = entry.override();
  return FillVersion(catalog, entry.override().segment(), entry.playbook_version(), entry.stage(),
                     answer->mutable_playbook(), answer->mutable_recommended_action());
}

void FillUpsertAnswer(const LogRecord& record, v1::UpsertAccountResponse* answer) {
  const store::v1::FactsEntry& entry = record.entry.facts();
  answer->set_created(entry.created());
  answer->set_changed(true);
  *answer->mutable_detected_events() = entry.detected();
  if (entry.has_next()) FillNext(entry.next(), answer->mutable_next_reevaluation());
}

void FillEventAnswer(const LogRecord& record, v1::ReportAccountEventResponse* answer) {
  const store::v1::EventEntry& entry = record.entry.event();
  *answer->mutable_event() = entry.event();
  if (entry.has_next()) FillNext(entry.next(), answer->mutable_next_reevaluation());
}

void FillTransactionsAnswer(const LogRecord& record, v1::RecordTransactionsResponse* answer) {
  answer->set_created(record.entry.transactions().created());
  answer->set_replaced(record.entry.transactions().replaced());
}

void FillStageAnswer(const LogRecord& record, v1::SetLifecycleStageResponse* answer) {
  const store::v1::LifecycleEntry& entry = record.entry.lifecycle();
  *answer->mutable_change() = entry.change();
  if (entry.has_next()) FillNext(entry.next(), answer->mutable_next_reevaluation());
}

void FillStandingAnswer(const LogRecord& record, v1::SetAccountStandingResponse* answer) {
  const store::v1::LifecycleEntry& entry = record.entry.lifecycle();
  *answer->mutable_change() = entry.change();
  if (entry.has_next()) FillNext(entry.next(), answer->mutable_next_reevaluation());
}

void FillStageNotice(v1::Notice* notice) {
  notice->set_code("STAGE_BEHIND_INVOICES");
  notice->set_message("An invoice was issued to the account, and its stage is not client.");
}

void FillAccount(const Catalog& catalog, const AccountView& view, v1::Account* account) {
  const AccountRecord& record = view.record;
  const AccountState& state = record.state;
  account->set_account_id(record.account_id);
  *account->mutable_facts() = record.facts;
  if (const LatestScore* counted = CountedScore(state)) account->set_segment(counted->segment());
  for (const LatestScore& score : state.scores()) {
    // Of one model the later: the one that counted may stand beside one that did not.
    const bool superseded =
        std::any_of(state.scores().begin(), state.scores().end(), [&score](const LatestScore& s) {
          return s.model_id() == score.model_id() && s.position() > score.position();
        });
    if (superseded) continue;
    v1::ModelScore* out = account->add_scores();
    out->set_model_id(score.model_id());
    out->set_model_version(score.model_version());
    out->set_score(score.score());
    out->set_grade(score.grade());
    out->mutable_band()->set_band_id(score.band_id());
    out->mutable_band()->set_display_name(score.band_name());
    out->set_segment(score.segment());
    out->set_evaluation_id(EvaluationId(score.position()));
    *out->mutable_evaluate_time() = TimestampOf(score.evaluate_us());
  }
  account->set_lifecycle_stage(EffectiveStage(record.facts));
  const int64_t due_by_us = view.due_at_us.value_or(std::numeric_limits<int64_t>::max());
  for (const Due* due : ListedDue(state, view.due_at_us.value_or(view.now_us), due_by_us)) {
    FillDueReason(*due, state, due_by_us, account->add_due());
  }
  FillHolds(state, view.now_us, account);
  const std::shared_ptr<const ActiveModels> models = catalog.active();
  const DimensionBasis basis = {&view.policy, &models->rates, models->risk.get(), view.day};
  *account->mutable_dimensions() = DimensionsOf(record.facts, state, basis);
  account->set_standing(StandingOn(state.standings(), view.day));
  FillActivity(record, view.transactions, view.day, account->mutable_activity());
  *account->mutable_created_date() = DateOf(CreatedDay(record.facts, state));
  if (account->lifecycle_stage() == v1::LIFECYCLE_STAGE_CLIENT) {
    *account->mutable_client_since_date() = record.facts.has_client_since_date()
                                                ? record.facts.client_since_date()
                                                : state.client_stage_date();
  }
}

void FillDueAccount(const DueRow& row, int64_t as_of_us, int64_t due_by_us, absl::TimeZone zone,
                    v1::DueAccount* account) {
  account->set_account_id(row.account_id);
  account->set_display_name(row.display_name);
  if (const LatestScore* counted = CountedScore(row.state)) {
    account->set_segment(counted->segment());
    account->set_score(counted->score());
    *account->mutable_last_evaluate_time() = TimestampOf(counted->evaluate_us());
  }
  for (const Due* due : ListedDue(row.state, as_of_us, due_by_us)) {
    FillDueReason(*due, row.state, due_by_us, account->add_due());
    if (due->reason() == row.reason) {
      *account->mutable_due_time() = TimestampOf(due->due_us());
      account->set_overdue_days(OverdueDays(due->overdue_us(), as_of_us, zone));
    }
  }
  for (const OpenEvent& event : row.state.open_events()) {
    if (event.has_change() && event.due_us() <= due_by_us) {
      *account->add_fact_changes() = event.change();
    }
  }
}

}  // namespace tiermark
