// The activity of stored accounts.
#pragma once

#include "absl/time/civil_time.h"
#include "scoring/activity.h"
#include "storage/store.h"
#include "tiermark/v1/activity.pb.h"

namespace tiermark {

// The days of the invoices among transactions by id.
InvoiceDays InvoiceDaysOf(const ItemMap& transactions);

// What the account's activity is told from. Without `transactions` (nullptr) as far as its state
// knows, which will do for days that do not need them (NeedsTransactions).
ActivityDates ActivityDatesOf(const AccountRecord& record, const ItemMap* transactions);

// The account's activity on `day`; with advice for clients.
void FillActivity(const AccountRecord& record, const ItemMap* transactions, absl::CivilDay day,
                  v1::Activity* activity);

// Whether the account has an issued invoice, of whatever day, and is no client.
bool IsStageBehindInvoices(const v1::AccountFacts& facts, const store::v1::AccountState& state);

}  // namespace tiermark
