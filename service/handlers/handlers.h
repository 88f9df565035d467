// The RPCs' handlers. Each validates its request, asks the store, and fills the answer; none
// decides a score or knows SQL.
#pragma once

#include "service/catalog.h"
#include "service/method_table.h"
#include "storage/clock.h"
#include "storage/store.h"

namespace tiermark {

inline constexpr char kScoringService[] = "tiermark.v1.ScoringService";
inline constexpr char kAccountService[] = "tiermark.v1.AccountService";

// What handlers work with. All of it outlives the method table.
struct HandlerContext {
  Store& store;
  const Catalog& catalog;
  const Clock& clock;
};

// EvaluateAccount, BatchEvaluateAccounts, StreamEvaluateAccounts.
void AddEvaluateHandlers(const HandlerContext& context, MethodTable* methods);

// GetEvaluation, ListEvaluations.
void AddEvaluationHandlers(const HandlerContext& context, MethodTable* methods);

// GetSegmentPlaybook, ListSegmentPlaybooks.
void AddPlaybookHandlers(const HandlerContext& context, MethodTable* methods);

// ListReevaluationDue.
void AddDueHandlers(const HandlerContext& context, MethodTable* methods);

// UpsertAccount, GetAccount, BatchGetAccounts, ListAccounts.
void AddAccountHandlers(const HandlerContext& context, MethodTable* methods);

// ReportAccountEvent, ListAccountEvents.
void AddEventHandlers(const HandlerContext& context, MethodTable* methods);

// All of the above.
void AddHandlers(const HandlerContext& context, MethodTable* methods);

}  // namespace tiermark
