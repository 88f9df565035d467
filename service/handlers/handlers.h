// The RPCs' handlers. Each validates its request, asks the store, and fills the answer; none
// decides a score or knows SQL.
#pragma once

#include "service/account_jobs.h"
#include "service/api_keys.h"
#include "service/catalog.h"
#include "service/catalogs.h"
#include "service/feed_hub.h"
#include "service/method_table.h"
#include "storage/clock.h"
#include "storage/store.h"

namespace tiermark {

inline constexpr char kScoringService[] = "tiermark.v1.ScoringService";
inline constexpr char kAccountService[] = "tiermark.v1.AccountService";
inline constexpr char kAdminService[] = "tiermark.v1.AdminService";
inline constexpr char kModelService[] = "tiermark.v1.ModelService";

// What the server has. All of it outlives the method table.
struct ServerContext {
  Store& store;
  Catalogs& catalogs;
  const Clock& clock;
  AccountJobs& jobs;
  // Is told of the store's commits.
  FeedHub& feed;
  KeyRing& keys;
};

// What a handler works with: the same, with what the caller's tenant decided. As cheap to copy as
// it is small; what it refers to outlives every call.
struct HandlerContext {
  Store& store;
  Catalog& catalog;
  const Clock& clock;
  AccountJobs& jobs;
  FeedHub& feed;
  KeyRing& keys;
};

// EvaluateAccount, BatchEvaluateAccounts, StreamEvaluateAccounts.
void AddEvaluateHandlers(const ServerContext& server, MethodTable* methods);

// GetEvaluation, ListEvaluations.
void AddEvaluationHandlers(const ServerContext& server, MethodTable* methods);

// EstimateScore, CompareEvaluations, ReplayEvaluation.
void AddPastHandlers(const ServerContext& server, MethodTable* methods);

// GetSegmentPlaybook, ListSegmentPlaybooks, UpdateSegmentPlaybook.
void AddPlaybookHandlers(const ServerContext& server, MethodTable* methods);

// ListReevaluationDue.
void AddDueHandlers(const ServerContext& server, MethodTable* methods);

// UpsertAccount, GetAccount, BatchGetAccounts, ListAccounts.
void AddAccountHandlers(const ServerContext& server, MethodTable* methods);

// GetAccountGroup, SummarizePortfolio.
void AddPortfolioHandlers(const ServerContext& server, MethodTable* methods);

// ReportAccountEvent, ListAccountEvents.
void AddEventHandlers(const ServerContext& server, MethodTable* methods);

// DeleteAccount.
void AddDeletionHandlers(const ServerContext& server, MethodTable* methods);

// OverrideSegment, ClearOverride.
void AddOverrideHandlers(const ServerContext& server, MethodTable* methods);

// ClaimReevaluations, ReleaseReevaluations.
void AddClaimHandlers(const ServerContext& server, MethodTable* methods);

// ListSegmentMovements.
void AddMovementHandlers(const ServerContext& server, MethodTable* methods);

// GetPolicy, UpdatePolicy.
void AddAdminHandlers(const ServerContext& server, MethodTable* methods);

// RecordTransactions, ListTransactions.
void AddActivityHandlers(const ServerContext& server, MethodTable* methods);

// SetLifecycleStage, SetAccountStanding, ListLifecycleChanges.
void AddLifecycleHandlers(const ServerContext& server, MethodTable* methods);

// ListAccountChanges, WatchAccounts.
void AddChangeHandlers(const ServerContext& server, MethodTable* methods);

// ExportAccounts.
void AddExportHandlers(const ServerContext& server, MethodTable* methods);

// ImportAccounts.
void AddImportHandlers(const ServerContext& server, MethodTable* methods);

// ListModels, GetModel, GetMethodology, CheckModel, CompareModels.
void AddModelHandlers(const ServerContext& server, MethodTable* methods);

// CreateDraft, UpdateDraft, DeleteDraft.
void AddDraftHandlers(const ServerContext& server, MethodTable* methods);

// PublishModel, RetireModel.
void AddPublicationHandlers(const ServerContext& server, MethodTable* methods);

// SimulateModel.
void AddSimulationHandlers(const ServerContext& server, MethodTable* methods);

// CreateApiKey, ListApiKeys, RevokeApiKey.
void AddApiKeyHandlers(const ServerContext& server, MethodTable* methods);

// ListAuditEntries.
void AddAuditHandlers(const ServerContext& server, MethodTable* methods);

// GetExchangeRates, UpdateExchangeRates.
void AddExchangeRateHandlers(const ServerContext& server, MethodTable* methods);

// All of the above.
void AddHandlers(const ServerContext& server, MethodTable* methods);

}  // namespace tiermark
