// RecordTransactions and ListTransactions.
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scoring/fact_checks.h"
#include "scoring/facts.h"
#include "service/account_activity.h"
#include "service/answers.h"
#include "service/decide_transactions.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/item_lists.h"
#include "service/handlers/moment.h"
#include "service/handlers/validation.h"
#include "service/handlers/writes.h"
#include "service/page.h"
#include "tiermark/v1/account_service.pb.h"

namespace tiermark {
namespace {

void ValidateTransaction(const v1::Transaction& transaction, absl::string_view path,
                         Violations* violations) {
  const auto field = [path](absl::string_view name) { return absl::StrCat(path, ".", name); };
  ValidateId(transaction.transaction_id(), field("transaction_id"), violations);
  ValidateDate(transaction.issue_date(), field("issue_date"), violations);
  if (transaction.has_amount()) {
    ValidateAmount(transaction.amount(), field("amount"), violations);
  }
  if (!v1::TransactionKind_IsValid(transaction.kind())) {
    violations->Add(field("kind"), "is no kind of transaction");
  }
  if (!v1::TransactionState_IsValid(transaction.state()) ||
      transaction.state() == v1::TRANSACTION_STATE_UNSPECIFIED) {
    violations->Add(field("state"), "must be issued, planned or cancelled");
  }
}

absl::Status Validate(const v1::RecordTransactionsRequest& request) {
  Violations violations;
  ValidateId(request.account_id(), "account_id", &violations);
  if (request.transactions().empty()) violations.Add("transactions", "has no entries");
  if (request.transactions_size() > kBatchItemsMax) {
    violations.Add("transactions", absl::StrCat("has more than ", kBatchItemsMax, " entries"));
  } else {
    std::set<absl::string_view> seen;
    for (int i = 0; i < request.transactions_size(); ++i) {
      const std::string path = absl::StrCat("transactions[", i, "]");
      ValidateTransaction(request.transactions(i), path, &violations);
      if (!seen.insert(request.transactions(i).transaction_id()).second) {
        violations.Add(absl::StrCat(path, ".transaction_id"), "is given twice");
      }
    }
  }
  ValidateRequestId(request.request_id(), &violations);
  return violations.ToStatus();
}

// What is told of the account beside what the log says: as it is now, whether or not the request is
// a repeated one.
absl::Status AnswerNow(const HandlerContext& context, const CallInfo& info,
                       const v1::RecordTransactionsRequest& request,
                       v1::RecordTransactionsResponse* response) {
  const auto account = context.store.ReadAccount(info.caller.tenant, request.account_id());
  if (!account.ok()) return account.status();
  if (IsStageBehindInvoices(account->facts, account->state)) {
    FillStageNotice(response->add_notices());
  }
  return AnswerActivity(context, info, *account, ThisMoment(context, info),
                        response->mutable_activity());
}

void RecordTransactions(const HandlerContext& context, const CallInfo& info,
                        const v1::RecordTransactionsRequest& request,
                        v1::RecordTransactionsResponse* response, Done done) {
  if (absl::Status valid = Validate(request); !valid.ok()) return done(std::move(valid));
  AccountWrite write = WriteFor(info, request);
  write.items = ItemKind::kTransaction;
  write.decide = [&request](const DecideInput& input) {
    return DecideTransactions(request.transactions(), input);
  };
  write.done = [context, &info, &request, response,
                done = std::move(done)](absl::StatusOr<CommitResult> result) mutable {
    if (!result.ok()) return done(result.status());
    // Where nothing was written, nothing was created nor replaced.
    FillTransactionsAnswer(result->entries.empty() ? LogRecord() : result->entries.back(),
                           response);
    done(AnswerNow(context, info, request, response));
  };
  context.store.Apply(std::move(write));
}

absl::Status ListTransactions(const HandlerContext& context, const CallInfo& info,
                              const v1::ListTransactionsRequest& request,
                              v1::ListTransactionsResponse* response) {
  return ListItemsOf(
      ItemKind::kTransaction, false, context, info, request,
      [](const std::string& value, v1::ListTransactionsResponse* answer) {
        answer->add_transactions()->ParseFromString(value);
      },
      response);
}

}  // namespace

void AddActivityHandlers(const ServerContext& server, MethodTable* methods) {
  methods->Add(kAccountService, "RecordTransactions", {}, Bind(server, RecordTransactions));
  MethodOptions list;
  list.on_worker = true;
  methods->AddBlocking(kAccountService, "ListTransactions", list, Bind(server, ListTransactions));
}

}  // namespace tiermark
