// What recorded transactions make of an account. Pure, as all decisions are.
#pragma once

#include "absl/status/statusor.h"
#include "google/protobuf/repeated_field.h"
#include "storage/store.h"
#include "tiermark/v1/activity.pb.h"

namespace tiermark {

// Transactions that an account may have.
inline constexpr int kTransactionsMax = 10'000;

// Writes transactions, each in place of the one with its id; an empty change set when they are all
// there as given. The ids must be distinct, and `input.items` the account's transactions. What is
// there as given is neither created nor replaced.
// NOT_FOUND, ACCOUNT_NOT_FOUND.
// FAILED_PRECONDITION, TOO_MANY_TRANSACTIONS.
absl::StatusOr<ChangeSet> DecideTransactions(
    const google::protobuf::RepeatedPtrField<v1::Transaction>& transactions,
    const DecideInput& input);

}  // namespace tiermark
