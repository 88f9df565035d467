// The RPCs' handlers. Each validates its request, asks the store, and fills the answer; none
// decides a score or knows SQL.
#pragma once

#include "service/account_jobs.h"
#include "service/catalog.h"
#include "service/feed_hub.h"
#include "service/method_table.h"
#include "storage/clock.h"
#include "storage/store.h"

namespace tiermark {

inline constexpr char kScoringService[] = "tiermark.v1.ScoringService";
inline constexpr char kAccountService[] = "tiermark.v1.AccountService";
inline constexpr char kAdminService[] = "tiermark.v1.AdminService";
inline constexpr char kModelService[] = "tiermark.v1.ModelService";

// What handlers work with. All of it outlives the method table.
struct HandlerContext {
  Store& store;
  Catalog& catalog;
  const Clock& clock;
  AccountJobs& jobs;
  // Is told of the store's commits.
  FeedHub& feed;
};

// EvaluateAccount, BatchEvaluateAccounts, StreamEvaluateAccounts.
void AddEvaluateHandlers(const HandlerContext& context, MethodTable* methods);

// GetEvaluation, ListEvaluations.
void AddEvaluationHandlers(const HandlerContext& context, MethodTable* methods);

// EstimateScore, CompareEvaluations, ReplayEvaluation.
void AddPastHandlers(const HandlerContext& context, MethodTable* methods);

// GetSegmentPlaybook, ListSegmentPlaybooks, UpdateSegmentPlaybook.
void AddPlaybookHandlers(const HandlerContext& context, MethodTable* methods);

// ListReevaluationDue.
void AddDueHandlers(const HandlerContext& context, MethodTable* methods);

// UpsertAccount, GetAccount, BatchGetAccounts, ListAccounts.
void AddAccountHandlers(const HandlerContext& context, MethodTable* methods);

// GetAccountGroup, SummarizePortfolio.
void AddPortfolioHandlers(const HandlerContext& context, MethodTable* methods);

// ReportAccountEvent, ListAccountEvents.
void AddEventHandlers(const HandlerContext& context, MethodTable* methods);

// DeleteAccount.
void AddDeletionHandlers(const HandlerContext& context, MethodTable* methods);

// OverrideSegment, ClearOverride.
void AddOverrideHandlers(const HandlerContext& context, MethodTable* methods);

// ClaimReevaluations, ReleaseReevaluations.
void AddClaimHandlers(const HandlerContext& context, MethodTable* methods);

// ListSegmentMovements.
void AddMovementHandlers(const HandlerContext& context, MethodTable* methods);

// GetPolicy, UpdatePolicy.
void AddAdminHandlers(const HandlerContext& context, MethodTable* methods);

// RecordTransactions, ListTransactions.
void AddActivityHandlers(const HandlerContext& context, MethodTable* methods);

// SetLifecycleStage, SetAccountStanding, ListLifecycleChanges.
void AddLifecycleHandlers(const HandlerContext& context, MethodTable* methods);

// ListAccountChanges, WatchAccounts.
void AddChangeHandlers(const HandlerContext& context, MethodTable* methods);

// ExportAccounts.
void AddExportHandlers(const HandlerContext& context, MethodTable* methods);

// ImportAccounts.
void AddImportHandlers(const HandlerContext& context, MethodTable* methods);

// ListModels, GetModel, GetMethodology, CheckModel, CompareModels.
void AddModelHandlers(const HandlerContext& context, MethodTable* methods);

// CreateDraft, UpdateDraft, DeleteDraft.
void AddDraftHandlers(const HandlerContext& context, MethodTable* methods);

// PublishModel, RetireModel.
void AddPublicationHandlers(const HandlerContext& context, MethodTable* methods);

// SimulateModel.
void AddSimulationHandlers(const HandlerContext& context, MethodTable* methods);

// GetExchangeRates, UpdateExchangeRates.
void AddExchangeRateHandlers(const HandlerContext& context, MethodTable* methods);

// All of the above.
void AddHandlers(const HandlerContext& context, MethodTable* methods);

}  // namespace tiermark
