// How a call sees accounts: on a day, at an instant, and by the policy, rates and models of then.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/time/civil_time.h"
#include "scoring/dimensions.h"
#include "service/catalog.h"
#include "storage/store.h"

namespace tiermark {

// A value.
struct Outlook {
  std::shared_ptr<const CompiledPolicy> policy;
  std::shared_ptr<const ActiveModels> models;
  // The instant that due reasons and overrides are told for.
  int64_t now_us = 0;
  // The day that activity, standing and tenure are told for.
  absl::CivilDay day;

  // Of no use without the outlook.
  DimensionBasis Basis() const { return {policy.get(), &models->rates, models->risk.get(), day}; }
};

// At an instant, and on the day that holds it.
Outlook OutlookAt(const Catalog& catalog, int64_t now_us);

// The account's activity on the day. `transactions` are the account's; they may be null where
// NeedsTransactions says so.
v1::ActivityStatus ActivityOf(const AccountRecord& record, const ItemMap* transactions,
                              absl::CivilDay day);

// The account as it is seen then, with the activity given. Refers to `record`.
AccountOnDay Seen(const AccountRecord& record, v1::ActivityStatus activity, const Outlook& outlook);

}  // namespace tiermark
