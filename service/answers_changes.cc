#include "service/answers_changes.h"

#include "google/protobuf/util/time_util.h"
#include "service/answers.h"

namespace tiermark {
namespace {

using google::protobuf::util::TimeUtil;
using store::v1::EvaluationEntry;
using store::v1::LogEntry;

void FillEvaluated(const Catalog& catalog, const LogRecord& record, v1::EvaluatedChange* change) {
  const EvaluationEntry& entry = record.entry.evaluation();
  change->set_evaluation_id(EvaluationId(record.position));
  change->set_model_id(entry.model().model_id());
  change->set_model_version(entry.model().version());
  change->set_score(entry.score());
  change->set_segment(entry.segment());
  change->set_movement(entry.movement());
  change->mutable_band()->set_band_id(entry.band_id());
  const auto model = catalog.FindVersion(entry.model().model_id(), entry.model().version()).model;
  if (model == nullptr) return;
  for (const v1::Band& band : model->bands()) {
    if (band.band_id() == entry.band_id()) {
      change->mutable_band()->set_display_name(band.display_name());
    }
  }
}

}  // namespace

int64_t EntryTime(const LogEntry& entry) {
  switch (entry.entry_case()) {
    case LogEntry::kEvaluation:
      return entry.evaluation().evaluate_us();
    case LogEntry::kFacts:
      return entry.facts().change_us();
    case LogEntry::kEvent:
      return TimeUtil::TimestampToMicroseconds(entry.event().event().report_time());
    case LogEntry::kTransactions:
      return entry.transactions().record_us();
    case LogEntry::kLifecycle:
      return TimeUtil::TimestampToMicroseconds(entry.lifecycle().change().record_time());
    case LogEntry::kOverride:
      return entry.override().change_us();
    case LogEntry::kDeletion:
      return entry.deletion().delete_us();
    case LogEntry::ENTRY_NOT_SET:
      break;
  }
  return 0;
}

void FillChange(const Catalog& catalog, const LogRecord& record, v1::AccountChange* change) {
  const LogEntry& entry = record.entry;
  change->set_account_id(entry.has_deletion() ? entry.deletion().account_id() : record.account_id);
  *change->mutable_change_time() = TimestampOf(EntryTime(entry));
  switch (entry.entry_case()) {
    case LogEntry::kEvaluation:
      FillEvaluated(catalog, record, change->mutable_evaluated());
      break;
    case LogEntry::kFacts:
      change->mutable_facts()->set_created(entry.facts().created());
      *change->mutable_facts()->mutable_changed_facts() = entry.facts().changed_facts();
      break;
    case LogEntry::kEvent:
      *change->mutable_event() = entry.event().event();
      break;
    case LogEntry::kTransactions:
      *change->mutable_transactions()->mutable_transaction_ids() =
          entry.transactions().transaction_ids();
      break;
    case LogEntry::kLifecycle:
      *change->mutable_lifecycle() = entry.lifecycle().change();
      break;
    case LogEntry::kOverride:
      if (entry.override().has_override()) {
        *change->mutable_override()->mutable_override() = entry.override().override();
      } else {
        change->mutable_override();
      }
      break;
    case LogEntry::kDeletion:
      change->mutable_deleted();
      break;
    case LogEntry::ENTRY_NOT_SET:
      break;
  }
}

void FillImported(const LogRecord& record, v1::ImportedAccountSummary* summary) {
  if (record.entry.has_facts()) {
    summary->set_created(record.entry.facts().created());
    summary->set_changed(true);
    return;
  }
  const EvaluationEntry& entry = record.entry.evaluation();
  summary->set_evaluation_id(EvaluationId(record.position));
  summary->set_score(entry.score());
  summary->set_segment(entry.segment());
  summary->set_movement(entry.movement());
}

}  // namespace tiermark
