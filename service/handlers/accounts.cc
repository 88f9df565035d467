// UpsertAccount, GetAccount, BatchGetAccounts and ListAccounts.
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "scoring/facts.h"
#include "service/answers.h"
#include "service/decisions.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/validation.h"
#include "service/handlers/writes.h"
#include "service/page.h"
#include "tiermark/v1/account_service.pb.h"

namespace tiermark {
namespace {

void UpsertAccount(const HandlerContext& context, const CallInfo& info,
                   const v1::UpsertAccountRequest& request, v1::UpsertAccountResponse* response,
                   Done done) {
  Violations violations;
  ValidateId(request.account_id(), "account_id", &violations);
  ValidateFacts(request.facts(), "facts", &violations);
  if (request.has_update_mask()) {
    ValidateMask(request.update_mask(), request.facts(), "update_mask", "facts", &violations);
  }
  ValidateRequestId(request.request_id(), &violations);
  if (!violations.empty()) return done(violations.ToStatus());

  AccountWrite write = WriteFor(info, request);
  write.decide = [&policy = context.catalog.policy(), &request](const DecideInput& input) {
    const GivenFacts given{request.has_facts() ? &request.facts() : nullptr,
                           request.has_update_mask() ? &request.update_mask() : nullptr};
    return DecideUpsert(given, policy, input);
  };
  write.done = [context, &info, &request, response,
                done = std::move(done)](absl::StatusOr<CommitResult> result) mutable {
    if (!result.ok()) return done(result.status());
    if (!result->entries.empty()) {
      FillUpsertAnswer(result->entries.back(), response);
      return done(absl::OkStatus());
    }
    // Nothing changed, so nothing was recorded; what comes next is as it stands.
    const auto account = context.store.ReadAccount(info.caller.tenant, request.account_id());
    if (!account.ok()) return done(account.status());
    const std::vector<store::v1::Due> due(account->state.due().begin(), account->state.due().end());
    if (const store::v1::Due* next = NextDue(due)) {
      FillNext(*next, response->mutable_next_reevaluation());
    }
    done(absl::OkStatus());
  };
  context.store.Apply(std::move(write));
}

absl::Status GetAccount(const HandlerContext& context, const CallInfo& info,
                        const v1::GetAccountRequest& request, v1::GetAccountResponse* response) {
  Violations violations;
  ValidateId(request.account_id(), "account_id", &violations);
  if (!violations.empty()) return violations.ToStatus();
  const auto account = context.store.ReadAccount(info.caller.tenant, request.account_id());
  if (!account.ok()) return account.status();
  FillAccount(*account, response->mutable_account());
  return absl::OkStatus();
}

absl::Status BatchGetAccounts(const HandlerContext& context, const CallInfo& info,
                              const v1::BatchGetAccountsRequest& request,
                              v1::BatchGetAccountsResponse* response) {
  Violations violations;
  if (request.account_ids().empty()) violations.Add("account_ids", "has no entries");
  if (request.account_ids_size() > kBatchItemsMax) {
    violations.Add("account_ids", absl::StrCat("has more than ", kBatchItemsMax, " entries"));
    return violations.ToStatus();
  }
  std::set<std::string> seen;
  for (int i = 0; i < request.account_ids_size(); ++i) {
    const std::string field = absl::StrCat("account_ids[", i, "]");
    ValidateId(request.account_ids(i), field, &violations);
    if (!seen.insert(request.account_ids(i)).second) violations.Add(field, "is given twice");
  }
  if (!violations.empty()) return violations.ToStatus();

  const std::vector<std::string> ids(request.account_ids().begin(), request.account_ids().end());
  const auto accounts = context.store.ReadAccounts(info.caller.tenant, ids);
  if (!accounts.ok()) return accounts.status();
  for (size_t i = 0; i < ids.size(); ++i) {
    if ((*accounts)[i].has_value()) {
      FillAccount(*(*accounts)[i], response->add_accounts());
    } else {
      response->add_unknown_account_ids(ids[i]);
    }
  }
  return absl::OkStatus();
}

void ReadFilter(const v1::AccountFilter& filter, AccountQuery* query, Violations* violations) {
  constexpr int kScoreMax = 100;
  ValidateSegments(filter.segments(), "filter.segments", violations);
  for (const int segment : filter.segments()) {
    query->segments.push_back(static_cast<v1::Segment>(segment));
  }
  if (filter.has_min_score()) query->score_min = filter.min_score();
  if (filter.has_max_score()) query->score_max = filter.max_score();
  const int low = query->score_min.value_or(0);
  const int high = query->score_max.value_or(kScoreMax);
  const bool low_good = low >= 0 && low <= kScoreMax;
  const bool high_good = high >= 0 && high <= kScoreMax;
  if (!low_good) violations->Add("filter.min_score", "must be from 0 to 100");
  if (!high_good) violations->Add("filter.max_score", "must be from 0 to 100");
  if (low_good && high_good && low > high) {
    violations->Add("filter.max_score", "must not be below min_score");
  }
  ValidateCountries(filter.countries(), "filter.countries", violations);
  query->countries.assign(filter.countries().begin(), filter.countries().end());
  ValidateOwners(filter.owner_ids(), "filter.owner_ids", violations);
  query->owner_ids.assign(filter.owner_ids().begin(), filter.owner_ids().end());
}

// Where a list goes on behind an account.
AccountCursor CursorOf(const AccountRecord& record, AccountListOrder order) {
  if (order == AccountListOrder::kAccountId) return {-1, 0, record.account_id};
  const store::v1::LatestScore* counted = CountedScore(record.state);
  return {counted == nullptr ? -1 : counted->score(), record.account_no, ""};
}

absl::Status ListAccounts(const HandlerContext& context, const CallInfo& info,
                          const v1::ListAccountsRequest& request,
                          v1::ListAccountsResponse* response) {
  Violations violations;
  AccountQuery query;
  query.tenant = info.caller.tenant;
  ReadFilter(request.filter(), &query, &violations);
  if (!v1::AccountOrder_IsValid(request.order_by())) {
    violations.Add("order_by", "is no order of accounts");
  }
  query.order = request.order_by() == v1::ACCOUNT_ORDER_ACCOUNT_ID ? AccountListOrder::kAccountId
                                                                   : AccountListOrder::kScore;
  query.limit = PageSize(request.page_size(), &violations);
  store::v1::PageToken token = StartPage(info, request, &violations);
  if (!request.page_token().empty()) {
    query.after = AccountCursor{token.score(), token.account_no(), token.account_id()};
  }
  if (!violations.empty()) return violations.ToStatus();

  const auto page = context.store.ListAccounts(query);
  if (!page.ok()) return page.status();
  std::optional<AccountCursor> next = page->next;
  size_t bytes = 0;
  for (const AccountRecord& record : page->accounts) {
    v1::Account* account = response->add_accounts();
    FillAccount(record, account);
    bytes += account->ByteSizeLong();
    if (bytes >= kPageBytesMax && &record != &page->accounts.back()) {
      next = CursorOf(record, query.order);
      break;
    }
  }
  if (next.has_value()) {
    token.set_score(next->score);
    token.set_account_no(next->account_no);
    token.set_account_id(next->account_id);
    response->set_next_page_token(EncodePageToken(token));
  }
  return absl::OkStatus();
}

}  // namespace

void AddAccountHandlers(const HandlerContext& context, MethodTable* methods) {
  MethodOptions write;
  write.role = Role::kScorer;
  methods->Add(kAccountService, "UpsertAccount", write, Bind(context, UpsertAccount));
  methods->AddBlocking(kAccountService, "GetAccount", {}, Bind(context, GetAccount));
  MethodOptions list;
  list.on_worker = true;
  methods->AddBlocking(kAccountService, "BatchGetAccounts", list, Bind(context, BatchGetAccounts));
  methods->AddBlocking(kAccountService, "ListAccounts", list, Bind(context, ListAccounts));
}

}  // namespace tiermark
