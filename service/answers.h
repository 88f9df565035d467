// Answers made from what is stored. What can be derived is derived here, the same way for a fresh
// evaluation, a repeated request and one read years later.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "service/catalog.h"
#include "storage/store.h"
#include "tiermark/v1/account_service.pb.h"
#include "tiermark/v1/evaluation.pb.h"
#include "tiermark/v1/reevaluation.pb.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {

// The evaluation of a log record, which must be one, explained by its own model version.
// A record with position 0 was never stored and gets no id. Without `facts`.
// DATA_LOSS, MODEL_VERSION_LOST or EXCHANGE_RATES_LOST: as Catalog::ModelOf.
absl::Status FillEvaluation(const Catalog& catalog, const LogRecord& record,
                            v1::Evaluation* evaluation);

// The whole answer to the call that made the record.
absl::Status FillEvaluateAnswer(const Catalog& catalog, const LogRecord& record,
                                v1::EvaluateAccountResponse* answer);

// The playbook of the effective segment in the version that went with the evaluation, which must be
// by a model with segments, and its action for the stage that the account had.
// DATA_LOSS, PLAYBOOK_VERSION_LOST: this server has no such version.
absl::Status FillPlaybook(const Catalog& catalog, const store::v1::EvaluationEntry& entry,
                          v1::Playbook* playbook, std::string* recommended_action);

absl::Status FillOverrideAnswer(const Catalog& catalog, const LogRecord& record,
                                v1::OverrideSegmentResponse* answer);

void FillUpsertAnswer(const LogRecord& record, v1::UpsertAccountResponse* answer);
void FillEventAnswer(const LogRecord& record, v1::ReportAccountEventResponse* answer);

// What the log knows of it: all but the activity, and for transactions the notices.
void FillTransactionsAnswer(const LogRecord& record, v1::RecordTransactionsResponse* answer);
void FillStageAnswer(const LogRecord& record, v1::SetLifecycleStageResponse* answer);
void FillStandingAnswer(const LogRecord& record, v1::SetAccountStandingResponse* answer);

// That the account has an issued invoice and is no client.
void FillStageNotice(v1::Notice* notice);

// What an account is answered from. What it refers to outlives the call that is handed it.
struct AccountView {
  const AccountRecord& record;
  const CompiledPolicy& policy;
  // The instant of the call, which leases and overrides are told for.
  int64_t now_us = 0;
  // The day that activity, standing and the like are told for.
  absl::CivilDay day;
  // When set, only what is due at this instant is told, and not all that is to come.
  std::optional<int64_t> due_at_us = std::nullopt;
  // The account's transactions; null where `day` does not need them.
  const ItemMap* transactions = nullptr;
};

void FillAccount(const Catalog& catalog, const AccountView& view, v1::Account* account);

// `as_of_us` decides the days overdue; reasons not due by `due_by_us` are left out, and those that
// are over by `as_of_us`.
void FillDueAccount(const DueRow& row, int64_t as_of_us, int64_t due_by_us, absl::TimeZone zone,
                    v1::DueAccount* account);

// What comes next from now on, as the state has it; nothing when nothing is to come.
std::optional<store::v1::Due> NextOf(const store::v1::AccountState& state, int64_t now_us);

void FillNext(const store::v1::Due& due, v1::NextReevaluation* next);

google::protobuf::Timestamp TimestampOf(int64_t unix_micros);

}  // namespace tiermark
