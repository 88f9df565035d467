#include "service/handlers/handlers.h"

namespace tiermark {

void AddHandlers(const ServerContext& server, MethodTable* methods) {
  AddEvaluateHandlers(server, methods);
  AddEvaluationHandlers(server, methods);
  AddPastHandlers(server, methods);
  AddPlaybookHandlers(server, methods);
  AddDueHandlers(server, methods);
  AddAccountHandlers(server, methods);
  AddPortfolioHandlers(server, methods);
  AddEventHandlers(server, methods);
  AddDeletionHandlers(server, methods);
  AddOverrideHandlers(server, methods);
  AddClaimHandlers(server, methods);
  AddMovementHandlers(server, methods);
  AddAdminHandlers(server, methods);
  AddActivityHandlers(server, methods);
  AddLifecycleHandlers(server, methods);
  AddChangeHandlers(server, methods);
  AddExportHandlers(server, methods);
  AddImportHandlers(server, methods);
  AddModelHandlers(server, methods);
  AddDraftHandlers(server, methods);
  AddPublicationHandlers(server, methods);
  AddSimulationHandlers(server, methods);
  AddExchangeRateHandlers(server, methods);
  AddApiKeyHandlers(server, methods);
  AddAuditHandlers(server, methods);
}

}  // namespace tiermark
