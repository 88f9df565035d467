#include "service/decide_transactions.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scoring/activity.h"
#include "scoring/error.h"
#include "service/account_activity.h"
#include "service/draft.h"

namespace tiermark {

absl::StatusOr<ChangeSet> DecideTransactions(
    const google::protobuf::RepeatedPtrField<v1::Transaction>& transactions,
    const DecideInput& input) {
  if (input.account == nullptr) return AccountNotFound();
  ItemMap kept = *input.items;
  ChangeSet changes;
  store::v1::LogEntry entry;
  store::v1::TransactionsEntry* recorded = entry.mutable_transactions();
  for (v1::Transaction transaction : transactions) {
    if (transaction.kind() == v1::TRANSACTION_KIND_UNSPECIFIED) {
      transaction.set_kind(v1::TRANSACTION_KIND_INVOICE);
    }
    std::string value = transaction.SerializeAsString();
    const auto [there, is_new] = kept.try_emplace(transaction.transaction_id());
    if (!is_new && there->second == value) continue;
    there->second = value;
    if (is_new) {
      recorded->set_created(recorded->created() + 1);
    } else {
      recorded->set_replaced(recorded->replaced() + 1);
    }
    recorded->add_transaction_ids(transaction.transaction_id());
    changes.items.push_back(
        {ItemKind::kTransaction, transaction.transaction_id(), std::move(value)});
  }
  if (changes.items.empty()) return ChangeSet();
  if (kept.size() > kTransactionsMax) {
    return ReasonedError(absl::StatusCode::kFailedPrecondition, "TOO_MANY_TRANSACTIONS",
                         absl::StrCat("the account would have ", kept.size(), " transactions; ",
                                      kTransactionsMax, " are the most"));
  }
  changes.state = input.account->state;
  store::v1::IssueDates* dates = changes.state.mutable_issue_dates();
  InvoiceDaysOf(kept).WriteTo(dates);
  dates->set_transactions(static_cast<int>(kept.size()));
  recorded->set_record_us(absl::ToUnixMicros(input.now));
  changes.entries.push_back(std::move(entry));
  return changes;
}

}  // namespace tiermark
