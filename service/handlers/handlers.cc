#include "service/handlers/handlers.h"

namespace tiermark {

void AddHandlers(const HandlerContext& context, MethodTable* methods) {
  AddEvaluateHandlers(context, methods);
  AddEvaluationHandlers(context, methods);
  AddPastHandlers(context, methods);
  AddPlaybookHandlers(context, methods);
  AddDueHandlers(context, methods);
  AddAccountHandlers(context, methods);
  AddPortfolioHandlers(context, methods);
  AddEventHandlers(context, methods);
  AddDeletionHandlers(context, methods);
  AddOverrideHandlers(context, methods);
  AddClaimHandlers(context, methods);
  AddMovementHandlers(context, methods);
  AddAdminHandlers(context, methods);
  AddActivityHandlers(context, methods);
  AddLifecycleHandlers(context, methods);
  AddChangeHandlers(context, methods);
  AddExportHandlers(context, methods);
  AddImportHandlers(context, methods);
  AddModelHandlers(context, methods);
  AddDraftHandlers(context, methods);
  AddPublicationHandlers(context, methods);
  AddSimulationHandlers(context, methods);
  AddExchangeRateHandlers(context, methods);
}

}  // namespace tiermark
