// Writes of facts, scored or not, as EvaluateAccount, UpsertAccount and ImportAccounts make them. A
// Request here is any message that has their account_id, facts, update_mask and request_id.
#pragma once

#include "scoring/error.h"
#include "scoring/facts.h"
#include "service/decisions.h"
#include "service/handlers/handlers.h"
#include "service/handlers/validation.h"
#include "service/handlers/writes.h"

namespace tiermark {

// Checks the fields that all of them have.
template <typename Request>
void ValidateFactsWrite(const Request& request, Violations* violations) {
  ValidateId(request.account_id(), "account_id", violations);
  ValidateGivenFacts(request, violations);
  ValidateRequestId(request.request_id(), violations);
}

// The facts that come with `request`, which must outlive them.
template <typename Request>
GivenFacts FactsGivenBy(const Request& request) {
  return {request.has_facts() ? &request.facts() : nullptr,
          request.has_update_mask() ? &request.update_mask() : nullptr};
}

// A write that merges the facts of `request` and scores the account with a version of a model, 0
// being the one that is active while it is decided; the last entry that it makes is the evaluation.
// `request` must live until the write is done, and so must the text behind `model_id`.
// Errors of the decision are those of Catalog::FindModel too.
template <typename Request>
AccountWrite EvaluationWrite(const HandlerContext& context, const CallInfo& info,
                             const Request& request, absl::string_view model_id,
                             int model_version) {
  AccountWrite write = WriteFor(info, request);
  write.decide = [&catalog = context.catalog, &request, model_id,
                  model_version](const DecideInput& input) -> absl::StatusOr<ChangeSet> {
    const auto model = catalog.FindModel(model_id, model_version);
    if (!model.ok()) return model.status();
    return DecideEvaluation(FactsGivenBy(request), **model, catalog.Counts(**model),
                            catalog.playbook_versions(), *catalog.policy(), input);
  };
  return write;
}

// A write that merges the facts of `request`; it makes no entry when that changes nothing.
template <typename Request>
AccountWrite UpsertWrite(const HandlerContext& context, const CallInfo& info,
                         const Request& request) {
  AccountWrite write = WriteFor(info, request);
  write.decide = [&catalog = context.catalog, &request](const DecideInput& input) {
    return DecideUpsert(FactsGivenBy(request), *catalog.policy(), input);
  };
  return write;
}

}  // namespace tiermark
