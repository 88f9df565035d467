// DeleteAccount.
#include <utility>

#include "scoring/facts.h"
#include "service/answers.h"
#include "service/audit.h"
#include "service/decisions.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/validation.h"
#include "service/handlers/writes.h"
#include "tiermark/v1/account_service.pb.h"

namespace tiermark {
namespace {

void DeleteAccount(const HandlerContext& context, const CallInfo& info,
                   const v1::DeleteAccountRequest& request, v1::DeleteAccountResponse* response,
                   Done done) {
  Violations violations;
  ValidateId(request.account_id(), "account_id", &violations);
  ValidateRequestId(request.request_id(), &violations);
  if (!violations.empty()) return done(violations.ToStatus());

  AccountWrite write = WriteFor(info, request);
  write.decide = [entry = AuditEntryOf(info, request)](const DecideInput& input) {
    auto changes = DecideDeletion(input);
    if (changes.ok()) changes->audit = AuditEntryAt(entry, input.now);
    return changes;
  };
  write.done = [response, done = std::move(done)](absl::StatusOr<CommitResult> result) mutable {
    if (!result.ok()) return done(result.status());
    const LogRecord& record = result->entries.back();
    *response->mutable_delete_time() = TimestampOf(record.entry.deletion().delete_us());
    done(absl::OkStatus());
  };
  context.store.Apply(std::move(write));
}

}  // namespace

void AddDeletionHandlers(const ServerContext& server, MethodTable* methods) {
  methods->Add(kAccountService, "DeleteAccount", {}, Bind(server, DeleteAccount));
}

}  // namespace tiermark
