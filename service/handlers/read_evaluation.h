// Past evaluations by their ids.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "scoring/error.h"
#include "service/call.h"
#include "service/handlers/handlers.h"

namespace tiermark {

// The log position behind an evaluation id; a violation when it is not one.
int64_t ReadEvaluationId(absl::string_view evaluation_id, absl::string_view field,
                         Violations* violations);

// The record of the caller's evaluation at a position. NOT_FOUND, EVALUATION_NOT_FOUND.
absl::StatusOr<LogRecord> ReadEvaluation(const HandlerContext& context, const CallInfo& info,
                                         int64_t position);

}  // namespace tiermark
