// EvaluateAccount, alone, in batches and as a stream.
#include <algorithm>
#include <functional>
#include <utility>

#include "service/answers.h"
#include "service/decisions.h"
#include "service/handlers/bind.h"
#include "service/handlers/facts_writes.h"
#include "service/handlers/handlers.h"
#include "service/handlers/items.h"
#include "service/pipeline.h"
#include "service/rpc_status.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {
namespace {

using v1::EvaluateAccountRequest;
using v1::EvaluateAccountResponse;

absl::Status Validate(const EvaluateAccountRequest& request) {
  Violations violations;
  ValidateFactsWrite(request, &violations);
  ValidateModelChoice(request, &violations);
  return violations.ToStatus();
}

// The evaluation as it would be stored, with nothing stored: it has no id.
absl::Status Preview(const HandlerContext& context, const CallInfo& info,
                     const EvaluateAccountRequest& request,
                     const std::function<absl::StatusOr<ChangeSet>(const DecideInput&)>& decide,
                     EvaluateAccountResponse* response) {
  DecideInput input;
  input.now = info.at.value_or(context.clock.Now());
  const auto account = context.store.ReadAccount(info.caller.tenant, request.account_id());
  if (account.ok()) {
    input.account = &*account;
    input.now = std::max(input.now, absl::FromUnixMicros(account->state.last_write_us()));
  } else if (!absl::IsNotFound(account.status())) {
    return account.status();
  }
  auto changes = decide(input);
  if (!changes.ok()) return changes.status();
  LogRecord record;
  record.account_id = request.account_id();
  record.entry = std::move(changes->entries.back());
  return FillEvaluateAnswer(context.catalog, record, response);
}

// Evaluates one account; `info`, `request` and `response` must live until `done` is called.
void Evaluate(const HandlerContext& context, const CallInfo& info,
              const EvaluateAccountRequest& request, bool bulk, EvaluateAccountResponse* response,
              Done done) {
  if (absl::Status valid = Validate(request); !valid.ok()) return done(std::move(valid));
  // Tells at once what the decision would, and makes a version ready that is not active.
  const auto model = ChosenModel(context.catalog, request);
  if (!model.ok()) return done(model.status());
  AccountWrite write =
      EvaluationWrite(context, info, request, ChosenModelId(request), request.model_version());
  if (request.validate_only()) return done(Preview(context, info, request, write.decide, response));
  write.bulk = bulk;
  write.done = [&catalog = context.catalog, response,
                done = std::move(done)](absl::StatusOr<CommitResult> result) mutable {
    if (!result.ok()) return done(result.status());
    done(FillEvaluateAnswer(catalog, result->entries.back(), response));
  };
  context.store.Apply(std::move(write));
}

// Evaluates each item; ends when the last of them has.
template <typename Request, typename Response>
void EvaluateItems(const HandlerContext& context, const CallInfo& info, const Request& request,
                   bool bulk, Response* response, Done done) {
  const int items = request.requests_size();
  if (absl::Status valid = ValidateItemCount(items, "requests"); !valid.ok()) {
    return done(std::move(valid));
  }
  response->mutable_results()->Reserve(items);
  for (int i = 0; i < items; ++i) {
    v1::EvaluateAccountResult* result = response->add_results();
    result->set_index(i);
    result->set_account_id(request.requests(i).account_id());
    result->mutable_response();
  }
  // The call may end, and its messages go, as soon as the last item is under way.
  const std::function<void()> item_ended = AfterItems(items, std::move(done));
  for (int i = 0; i < items; ++i) {
    v1::EvaluateAccountResult* result = response->mutable_results(i);
    Evaluate(context, info, request.requests(i), bulk, result->mutable_response(),
             [result, item_ended](const absl::Status& status) {
               if (!status.ok()) *result->mutable_error() = ToRpcStatus(ForCaller(status));
               item_ended();
             });
  }
}

void EvaluateAccount(const HandlerContext& context, const CallInfo& info,
                     const EvaluateAccountRequest& request, EvaluateAccountResponse* response,
                     Done done) {
  Evaluate(context, info, request, false, response, std::move(done));
}

void BatchEvaluateAccounts(const HandlerContext& context, const CallInfo& info,
                           const v1::BatchEvaluateAccountsRequest& request,
                           v1::BatchEvaluateAccountsResponse* response, Done done) {
  EvaluateItems(context, info, request, false, response, std::move(done));
}

void StreamEvaluateAccounts(const HandlerContext& context, const CallInfo& info,
                            const v1::StreamEvaluateAccountsRequest& request,
                            v1::StreamEvaluateAccountsResponse* response, Done done) {
  EvaluateItems(context, info, request, true, response, std::move(done));
}

}  // namespace

void AddEvaluateHandlers(const ServerContext& server, MethodTable* methods) {
  methods->Add(kScoringService, "EvaluateAccount", {}, Bind(server, EvaluateAccount));

  MethodOptions batch;
  batch.request_bytes_max = 4 << 20;
  methods->Add(kScoringService, "BatchEvaluateAccounts", batch,
               Bind(server, BatchEvaluateAccounts));

  MethodOptions stream = batch;
  stream.time_max = absl::InfiniteDuration();
  methods->Add(kScoringService, "StreamEvaluateAccounts", stream,
               Bind(server, StreamEvaluateAccounts));
}

}  // namespace tiermark
