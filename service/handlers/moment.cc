#include "service/handlers/moment.h"

#include <utility>

#include "scoring/calendar.h"
#include "service/account_activity.h"
#include "service/answers.h"
#include "service/decide_transactions.h"

namespace tiermark {

Moment ThisMoment(const HandlerContext& context, const CallInfo& info) {
  Moment moment;
  moment.policy = context.catalog.policy();
  moment.now_us = absl::ToUnixMicros(info.at.value_or(context.clock.Now()));
  moment.day = DayAt(moment.now_us, moment.policy->zone);
  return moment;
}

void MoveTo(absl::CivilDay day, Moment* moment) {
  moment->day = day;
  moment->due_at_us = StartOfDayMicros(day + 1, moment->policy->zone) - 1;
}

absl::StatusOr<std::optional<ItemMap>> TransactionsFor(const HandlerContext& context,
                                                       const CallInfo& info,
                                                       const AccountRecord& record,
                                                       absl::CivilDay day) {
  if (!NeedsTransactions(record.state, day)) return std::nullopt;
  ItemQuery query;
  query.tenant = info.caller.tenant;
  query.account_id = record.account_id;
  query.kind = ItemKind::kTransaction;
  query.limit = kTransactionsMax;
  auto page = context.store.ListItems(query);
  if (absl::IsNotFound(page.status())) return std::nullopt;
  if (!page.ok()) return page.status();
  return ItemMap(std::make_move_iterator(page->items.begin()),
                 std::make_move_iterator(page->items.end()));
}

absl::Status AnswerAccount(const HandlerContext& context, const CallInfo& info,
                           const AccountRecord& record, const Moment& moment,
                           v1::Account* account) {
  const auto transactions = TransactionsFor(context, info, record, moment.day);
  if (!transactions.ok()) return transactions.status();
  AccountView view = {record, *moment.policy, moment.now_us, moment.day, moment.due_at_us};
  if (transactions->has_value()) view.transactions = &**transactions;
  FillAccount(context.catalog, view, account);
  return absl::OkStatus();
}

absl::Status AnswerActivity(const HandlerContext& context, const CallInfo& info,
                            const AccountRecord& record, const Moment& moment,
                            v1::Activity* activity) {
  const auto transactions = TransactionsFor(context, info, record, moment.day);
  if (!transactions.ok()) return transactions.status();
  FillActivity(record, transactions->has_value() ? &**transactions : nullptr, moment.day, activity);
  return absl::OkStatus();
}

}  // namespace tiermark
