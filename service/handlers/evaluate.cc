// EvaluateAccount, alone, in batches and as a stream.
#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scoring/facts.h"
#include "service/answers.h"
#include "service/decisions.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/validation.h"
#include "service/handlers/writes.h"
#include "service/pipeline.h"
#include "service/rpc_status.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {
namespace {

using v1::EvaluateAccountRequest;
using v1::EvaluateAccountResponse;

absl::Status Validate(const EvaluateAccountRequest& request) {
  Violations violations;
  ValidateId(request.account_id(), "account_id", &violations);
  ValidateFacts(request.facts(), "facts", &violations);
  if (request.has_update_mask()) {
    ValidateMask(request.update_mask(), request.facts(), "update_mask", "facts", &violations);
  }
  ValidateModelId(request.model_id(), "model_id", &violations);
  if (request.model_version() < 0) violations.Add("model_version", "must not be negative");
  if (request.model_version() != 0 && request.model_id().empty()) {
    violations.Add("model_version", "is given without model_id");
  }
  ValidateRequestId(request.request_id(), &violations);
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
  const CompiledModel* model = &context.catalog.segmentation();
  if (!request.model_id().empty()) {
    const auto found = context.catalog.FindModel(request.model_id(), request.model_version());
    if (!found.ok()) return done(found.status());
    model = *found;
  }
  const int playbook_version = context.catalog.playbooks().front().version();
  auto decide = [&catalog = context.catalog, &request, model,
                 playbook_version](const DecideInput& input) {
    const GivenFacts given{request.has_facts() ? &request.facts() : nullptr,
                           request.has_update_mask() ? &request.update_mask() : nullptr};
    return DecideEvaluation(given, *model, catalog.Counts(*model), playbook_version,
                            catalog.policy(), input);
  };
  if (request.validate_only()) return done(Preview(context, info, request, decide, response));

  AccountWrite write = WriteFor(info, request);
  write.decide = std::move(decide);
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
  Violations violations;
  if (request.requests().empty()) violations.Add("requests", "has no items");
  if (request.requests_size() > kBatchItemsMax) {
    violations.Add("requests", absl::StrCat("has more than ", kBatchItemsMax, " items"));
  }
  if (!violations.empty()) return done(violations.ToStatus());

  struct Progress {
    std::atomic<int> left;
    Done done;
  };
  auto progress = std::make_shared<Progress>();
  progress->left = request.requests_size();
  progress->done = std::move(done);
  response->mutable_results()->Reserve(request.requests_size());
  for (int i = 0; i < request.requests_size(); ++i) {
    v1::EvaluateAccountResult* result = response->add_results();
    result->set_index(i);
    result->set_account_id(request.requests(i).account_id());
    result->mutable_response();
  }
  // The call may end, and its messages go, as soon as the last item is under way.
  const int items = request.requests_size();
  for (int i = 0; i < items; ++i) {
    v1::EvaluateAccountResult* result = response->mutable_results(i);
    Evaluate(context, info, request.requests(i), bulk, result->mutable_response(),
             [result, progress](const absl::Status& status) {
               if (!status.ok()) *result->mutable_error() = ToRpcStatus(ForCaller(status));
               if (progress->left.fetch_sub(1) == 1) progress->done(absl::OkStatus());
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

void AddEvaluateHandlers(const HandlerContext& context, MethodTable* methods) {
  MethodOptions scorer;
  scorer.role = Role::kScorer;
  methods->Add(kScoringService, "EvaluateAccount", scorer, Bind(context, EvaluateAccount));

  MethodOptions batch = scorer;
  batch.request_bytes_max = 4 << 20;
  methods->Add(kScoringService, "BatchEvaluateAccounts", batch,
               Bind(context, BatchEvaluateAccounts));

  MethodOptions stream = batch;
  stream.time_max = absl::InfiniteDuration();
  methods->Add(kScoringService, "StreamEvaluateAccounts", stream,
               Bind(context, StreamEvaluateAccounts));
}

}  // namespace tiermark
