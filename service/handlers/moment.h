// Accounts as they are at the moment of a call, or on the day that it asks for.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "service/answers.h"
#include "service/call.h"
#include "service/handlers/handlers.h"
#include "storage/store.h"
#include "tiermark/v1/account_service.pb.h"
#include "tiermark/v1/activity.pb.h"

namespace tiermark {

// When a call looks at accounts. A value.
struct Moment {
  std::shared_ptr<const CompiledPolicy> policy;
  int64_t now_us = 0;
  // Today in the policy's time zone, or the day that was asked for.
  absl::CivilDay day;
  // As in AccountView.
  std::optional<int64_t> due_at_us;
};

Moment ThisMoment(const HandlerContext& context, const CallInfo& info);

// Looks at `day`, as it is at its end.
void MoveTo(absl::CivilDay day, Moment* moment);

// The account's transactions if its activity on `day` can be told from nothing less. Reads up to
// kTransactionsMax items. Errors are the store's; an account erased meanwhile has none to read.
absl::StatusOr<std::optional<ItemMap>> TransactionsFor(const HandlerContext& context,
                                                       const CallInfo& info,
                                                       const AccountRecord& record,
                                                       absl::CivilDay day);

// FillAccount with what it needs besides the record. Errors are the store's.
absl::Status AnswerAccount(const HandlerContext& context, const CallInfo& info,
                           const AccountRecord& record, const Moment& moment, v1::Account* account);

// FillActivity for the moment's day. Errors are the store's.
absl::Status AnswerActivity(const HandlerContext& context, const CallInfo& info,
                            const AccountRecord& record, const Moment& moment,
                            v1::Activity* activity);

// What comes next for the account as it stands, for a write that changed nothing. Errors are the
// store's.
template <typename Response>
absl::Status AnswerNextAsItStands(const HandlerContext& context, const CallInfo& info,
                                  const std::string& account_id, Response* response) {
  const auto account = context.store.ReadAccount(info.caller.tenant, account_id);
  if (!account.ok()) return account.status();
  if (const auto next = NextOf(account->state, ThisMoment(context, info).now_us)) {
    FillNext(*next, response->mutable_next_reevaluation());
  }
  return absl::OkStatus();
}

}  // namespace tiermark
