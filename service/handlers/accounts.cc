// UpsertAccount, GetAccount, BatchGetAccounts and ListAccounts.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "scoring/calendar.h"
#include "scoring/fact_checks.h"
#include "scoring/facts.h"
#include "service/account_filter.h"
#include "service/answers.h"
#include "service/handlers/bind.h"
#include "service/handlers/facts_writes.h"
#include "service/handlers/handlers.h"
#include "service/handlers/moment.h"
#include "service/handlers/validation.h"
#include "service/page.h"
#include "tiermark/v1/account_service.pb.h"

namespace tiermark {
namespace {

void UpsertAccount(const HandlerContext& context, const CallInfo& info,
                   const v1::UpsertAccountRequest& request, v1::UpsertAccountResponse* response,
                   Done done) {
  Violations violations;
  ValidateFactsWrite(request, &violations);
  if (!violations.empty()) return done(violations.ToStatus());

  AccountWrite write = UpsertWrite(context, info, request);
  write.done = [context, &info, &request, response,
                done = std::move(done)](absl::StatusOr<CommitResult> result) mutable {
    if (!result.ok()) return done(result.status());
    if (!result->entries.empty()) {
      FillUpsertAnswer(result->entries.back(), response);
      return done(absl::OkStatus());
    }
    // Nothing changed, so nothing was recorded; what comes next is as it stands.
    done(AnswerNextAsItStands(context, info, request.account_id(), response));
  };
  context.store.Apply(std::move(write));
}

absl::Status GetAccount(const HandlerContext& context, const CallInfo& info,
                        const v1::GetAccountRequest& request, v1::GetAccountResponse* response) {
  Violations violations;
  ValidateId(request.account_id(), "account_id", &violations);
  if (request.has_as_of_date()) ValidateDate(request.as_of_date(), "as_of_date", &violations);
  if (!violations.empty()) return violations.ToStatus();
  const auto account = context.store.ReadAccount(info.caller.tenant, request.account_id());
  if (!account.ok()) return account.status();
  Moment moment = ThisMoment(context, info);
  if (request.has_as_of_date()) MoveTo(DayOf(request.as_of_date()), &moment);
  return AnswerAccount(context, info, *account, moment, response->mutable_account());
}

absl::Status BatchGetAccounts(const HandlerContext& context, const CallInfo& info,
                              const v1::BatchGetAccountsRequest& request,
                              v1::BatchGetAccountsResponse* response) {
  Violations violations;
  ValidateIds(request.account_ids(), kBatchItemsMax, "account_ids", &violations);
  if (!violations.empty()) return violations.ToStatus();

  const std::vector<std::string> ids(request.account_ids().begin(), request.account_ids().end());
  const auto accounts = context.store.ReadAccounts(info.caller.tenant, ids);
  if (!accounts.ok()) return accounts.status();
  const Moment moment = ThisMoment(context, info);
  for (size_t i = 0; i < ids.size(); ++i) {
    if ((*accounts)[i].has_value()) {
      absl::Status filled =
          AnswerAccount(context, info, *(*accounts)[i], moment, response->add_accounts());
      if (!filled.ok()) return filled;
    } else {
      response->add_unknown_account_ids(ids[i]);
    }
  }
  return absl::OkStatus();
}

AccountListOrder OrderOf(v1::AccountOrder order, Violations* violations) {
  switch (order) {
    case v1::ACCOUNT_ORDER_UNSPECIFIED:
    case v1::ACCOUNT_ORDER_SCORE:
      return AccountListOrder::kScore;
    case v1::ACCOUNT_ORDER_ACCOUNT_ID:
      return AccountListOrder::kAccountId;
    case v1::ACCOUNT_ORDER_DISPLAY_NAME:
      return AccountListOrder::kDisplayName;
    case v1::ACCOUNT_ORDER_LAST_EVALUATION:
      return AccountListOrder::kLastEvaluation;
    default:
      violations->Add("order_by", "is no order of accounts");
      return AccountListOrder::kScore;
  }
}

// Where a list goes on behind an account.
AccountCursor CursorOf(const AccountRecord& record, AccountListOrder order) {
  AccountCursor cursor;
  cursor.account_no = record.account_no;
  if (order == AccountListOrder::kAccountId) cursor.text = record.account_id;
  if (order == AccountListOrder::kDisplayName) cursor.text = record.facts.display_name();
  cursor.position = record.last_evaluation_position;
  const store::v1::LatestScore* counted = CountedScore(record.state);
  if (counted != nullptr) cursor.score = counted->score();
  return cursor;
}

absl::Status ListAccounts(const HandlerContext& context, const CallInfo& info,
                          const v1::ListAccountsRequest& request,
                          v1::ListAccountsResponse* response) {
  Violations violations;
  AccountQuery query;
  query.tenant = info.caller.tenant;
  query.order = OrderOf(request.order_by(), &violations);
  query.limit = PageSize(request.page_size(), &violations);
  store::v1::PageToken token = StartPage(info, request, &violations);
  if (request.page_token().empty()) {
    token.set_as_of_us(ThisMoment(context, info).now_us);
  } else {
    query.after = AccountCursor{token.score(), token.account_no(), token.key(), token.position()};
  }
  // Every page is as of the instant of the first.
  Outlook outlook = OutlookAt(context.catalog, token.as_of_us());
  CompileFilter(request.filter(), "filter", &outlook, &query, &violations);
  if (!violations.empty()) return violations.ToStatus();

  const auto page = context.store.ListAccounts(query);
  if (!page.ok()) return page.status();
  const Moment moment = {outlook.policy, outlook.now_us, outlook.day, std::nullopt};
  std::optional<AccountCursor> next = page->next;
  size_t bytes = 0;
  for (const AccountRecord& record : page->accounts) {
    v1::Account* account = response->add_accounts();
    if (absl::Status filled = AnswerAccount(context, info, record, moment, account); !filled.ok()) {
      return filled;
    }
    bytes += account->ByteSizeLong();
    if (bytes >= kPageBytesMax && &record != &page->accounts.back()) {
      next = CursorOf(record, query.order);
      break;
    }
  }
  if (next.has_value()) {
    token.set_score(next->score);
    token.set_account_no(next->account_no);
    token.set_key(next->text);
    token.set_position(next->position);
    response->set_next_page_token(EncodePageToken(token));
  }
  return absl::OkStatus();
}

}  // namespace

void AddAccountHandlers(const ServerContext& server, MethodTable* methods) {
  methods->Add(kAccountService, "UpsertAccount", {}, Bind(server, UpsertAccount));
  MethodOptions list;
  list.on_worker = true;
  // An account may come with thousands of transactions to be read.
  methods->AddBlocking(kAccountService, "GetAccount", list, Bind(server, GetAccount));
  methods->AddBlocking(kAccountService, "BatchGetAccounts", list, Bind(server, BatchGetAccounts));
  methods->AddBlocking(kAccountService, "ListAccounts", list, Bind(server, ListAccounts));
}

}  // namespace tiermark
