#include "service/handlers/read_evaluation.h"

namespace tiermark {

int64_t ReadEvaluationId(absl::string_view evaluation_id, absl::string_view field,
                         Violations* violations) {
  const auto position = PositionOfEvaluationId(evaluation_id);
  if (!position.has_value()) violations->Add(field, "must be an evaluation_id of this server");
  return position.value_or(0);
}

absl::StatusOr<LogRecord> ReadEvaluation(const HandlerContext& context, const CallInfo& info,
                                         int64_t position) {
  auto record = context.store.ReadLog(info.caller.tenant, position);
  if (!record.ok() && !absl::IsNotFound(record.status())) return record.status();
  if (!record.ok() || !record->entry.has_evaluation()) {
    return ReasonedError(absl::StatusCode::kNotFound, "EVALUATION_NOT_FOUND",
                         "there is no such evaluation");
  }
  return record;
}

}  // namespace tiermark
