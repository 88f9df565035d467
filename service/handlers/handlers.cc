#include "service/handlers/handlers.h"

namespace tiermark {

void AddHandlers(const HandlerContext& context, MethodTable* methods) {
  AddEvaluateHandlers(context, methods);
  AddEvaluationHandlers(context, methods);
  AddPlaybookHandlers(context, methods);
  AddDueHandlers(context, methods);
  AddAccountHandlers(context, methods);
  AddEventHandlers(context, methods);
}

}  // namespace tiermark
