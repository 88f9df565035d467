// ImportAccounts.
#include <functional>
#include <string>
#include <utility>

#include "service/answers_changes.h"
#include "service/handlers/bind.h"
#include "service/handlers/facts_writes.h"
#include "service/handlers/handlers.h"
#include "service/handlers/items.h"
#include "service/pipeline.h"
#include "service/rpc_status.h"
#include "tiermark/v1/account_service.pb.h"

namespace tiermark {
namespace {

void Fail(const absl::Status& status, v1::ImportAccountResult* result) {
  *result->mutable_error() = ToRpcStatus(ForCaller(status));
}

// Writes one item; `ended` is called when `result` is filled in.
void Import(const HandlerContext& context, const CallInfo& info, const v1::ImportedAccount& item,
            v1::ImportAccountResult* result, std::function<void()> ended) {
  Violations violations;
  ValidateFactsWrite(item, &violations);
  if (!violations.empty()) {
    Fail(violations.ToStatus(), result);
    return ended();
  }
  AccountWrite write = item.evaluate()
                           ? EvaluationWrite(context, info, item, kSegmentationModelId, 0)
                           : UpsertWrite(context, info, item);
  write.bulk = true;
  write.done = [result, ended = std::move(ended)](const absl::StatusOr<CommitResult>& written) {
    if (!written.ok()) {
      Fail(written.status(), result);
    } else if (!written->entries.empty()) {
      FillImported(written->entries.back(), result->mutable_imported());
    } else {
      // Nothing changed.
      result->mutable_imported();
    }
    ended();
  };
  context.store.Apply(std::move(write));
}

void ImportAccounts(const HandlerContext& context, const CallInfo& info,
                    const v1::ImportAccountsRequest& request, v1::ImportAccountsResponse* response,
                    Done done) {
  const int items = request.accounts_size();
  if (absl::Status valid = ValidateItemCount(items, "accounts"); !valid.ok()) {
    return done(std::move(valid));
  }
  int64_t index = 0;
  if (info.stream != nullptr) {
    index = info.stream->items;
    info.stream->items += items;
  }
  response->mutable_results()->Reserve(items);
  for (const v1::ImportedAccount& item : request.accounts()) {
    v1::ImportAccountResult* result = response->add_results();
    result->set_index(index++);
    result->set_account_id(item.account_id());
  }
  // The call may end, and its messages go, as soon as the last item is under way.
  const std::function<void()> ended = AfterItems(items, std::move(done));
  for (int i = 0; i < items; ++i) {
    Import(context, info, request.accounts(i), response->mutable_results(i), ended);
  }
}

}  // namespace

void AddImportHandlers(const ServerContext& server, MethodTable* methods) {
  MethodOptions stream;
  stream.request_bytes_max = 4 << 20;
  stream.time_max = absl::InfiniteDuration();
  methods->Add(kAccountService, "ImportAccounts", stream, Bind(server, ImportAccounts));
}

}  // namespace tiermark
