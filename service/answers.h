// Answers made from what is stored. What can be derived is derived here, the same way for a fresh
// evaluation, a repeated request and one read years later.
#pragma once

#include "absl/status/statusor.h"
#include "service/catalog.h"
#include "storage/store.h"
#include "tiermark/v1/account_service.pb.h"
#include "tiermark/v1/evaluation.pb.h"
#include "tiermark/v1/reevaluation.pb.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {

// The evaluation of a log record, which must be one, explained by its own model version.
// A record with position 0 was never stored and gets no id. Without `facts`.
// DATA_LOSS, MODEL_VERSION_LOST: this server has no such model version, or another under its name.
absl::Status FillEvaluation(const Catalog& catalog, const LogRecord& record,
                            v1::Evaluation* evaluation);

// The whole answer to the call that made the record.
absl::Status FillEvaluateAnswer(const Catalog& catalog, const LogRecord& record,
                                v1::EvaluateAccountResponse* answer);

void FillUpsertAnswer(const LogRecord& record, v1::UpsertAccountResponse* answer);
void FillEventAnswer(const LogRecord& record, v1::ReportAccountEventResponse* answer);

void FillAccount(const AccountRecord& record, v1::Account* account);

// `as_of_us` decides the days overdue; reasons not due by `due_by_us` are left out.
void FillDueAccount(const DueRow& row, int64_t as_of_us, int64_t due_by_us, absl::TimeZone zone,
                    v1::DueAccount* account);

void FillNext(const store::v1::Due& due, v1::NextReevaluation* next);

google::protobuf::Timestamp TimestampOf(int64_t unix_micros);

}  // namespace tiermark
