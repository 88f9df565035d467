// GetEvaluation and ListEvaluations: the past.
#include "scoring/facts.h"
#include "service/answers.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/read_evaluation.h"
#include "service/handlers/validation.h"
#include "service/page.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {
namespace {

absl::Status GetEvaluation(const HandlerContext& context, const CallInfo& info,
                           const v1::GetEvaluationRequest& request,
                           v1::GetEvaluationResponse* response) {
  Violations violations;
  const int64_t position = ReadEvaluationId(request.evaluation_id(), "evaluation_id", &violations);
  if (!violations.empty()) return violations.ToStatus();
  const auto record = ReadEvaluation(context, info, position);
  if (!record.ok()) return record.status();
  v1::Evaluation* evaluation = response->mutable_evaluation();
  if (absl::Status filled = FillEvaluation(context.catalog, *record, evaluation); !filled.ok()) {
    return filled;
  }
  const store::v1::EvaluationEntry& entry = record->entry.evaluation();
  *evaluation->mutable_facts() = entry.facts();
  if (entry.segment() == v1::SEGMENT_UNSPECIFIED) return absl::OkStatus();
  return FillPlaybook(context.catalog, entry, response->mutable_playbook(),
                      response->mutable_recommended_action());
}

absl::Status ListEvaluations(const HandlerContext& context, const CallInfo& info,
                             const v1::ListEvaluationsRequest& request,
                             v1::ListEvaluationsResponse* response) {
  Violations violations;
  ValidateId(request.account_id(), "account_id", &violations);
  ValidateModelId(request.model_id(), "model_id", &violations);
  EvaluationQuery query;
  query.tenant = info.caller.tenant;
  query.account_id = request.account_id();
  query.model_id = request.model_id();
  if (request.has_start_time()) {
    query.start_us = ReadTimestamp(request.start_time(), "start_time", &violations);
  }
  if (request.has_end_time()) {
    query.end_us = ReadTimestamp(request.end_time(), "end_time", &violations);
  }
  if (violations.empty() && query.start_us > query.end_us) {
    violations.Add("end_time", "must not be before start_time");
  }
  query.limit = PageSize(request.page_size(), &violations);
  store::v1::PageToken token = StartPage(info, request, &violations);
  query.before_position = token.position();
  if (!violations.empty()) return violations.ToStatus();

  const auto page = context.store.ListEvaluations(query);
  if (!page.ok()) return page.status();
  int64_t next_before_position = page->next_before_position;
  size_t bytes = 0;
  for (const LogRecord& record : page->records) {
    v1::Evaluation* evaluation = response->add_evaluations();
    if (absl::Status filled = FillEvaluation(context.catalog, record, evaluation); !filled.ok()) {
      return filled;
    }
    bytes += evaluation->ByteSizeLong();
    if (bytes >= kPageBytesMax && &record != &page->records.back()) {
      next_before_position = record.position;
      break;
    }
  }
  if (next_before_position != 0) {
    token.set_position(next_before_position);
    response->set_next_page_token(EncodePageToken(token));
  }
  return absl::OkStatus();
}

}  // namespace

void AddEvaluationHandlers(const ServerContext& server, MethodTable* methods) {
  methods->AddBlocking(kScoringService, "GetEvaluation", {}, Bind(server, GetEvaluation));
  MethodOptions list;
  list.on_worker = true;
  methods->AddBlocking(kScoringService, "ListEvaluations", list, Bind(server, ListEvaluations));
}

}  // namespace tiermark
