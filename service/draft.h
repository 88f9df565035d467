// A write while it is being decided. For decisions only.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "service/decisions.h"
#include "storage/store.h"
#include "tiermark/v1/lifecycle.pb.h"

namespace tiermark {

// The account as it will be.
struct Draft {
  store::v1::AccountState state;
  v1::AccountFacts facts;
  std::vector<std::string> changed_facts;
  bool created = false;
  int64_t now_us = 0;
  absl::CivilDay today;
  ChangeSet changes;

  bool facts_change() const { return created || !changed_facts.empty(); }
};

// NOT_FOUND, ACCOUNT_NOT_FOUND.
absl::Status AccountNotFound();

Draft BeginDraft(const DecideInput& input, const CompiledPolicy& policy);

// Merges the given facts, and records what follows from them.
// INVALID_ARGUMENT: the merged facts are more than an account may have.
absl::Status MergeInto(const GivenFacts& given, Draft* draft);

// Keeps the day that the stage became client, now that the facts have another stage than `before`
// (unspecified: the account is new) from `date` on.
void FollowStage(v1::LifecycleStage before, const google::type::Date& date, Draft* draft);

// Adds a change of stage or standing to the account's items, recorded now, and hands it back so.
v1::LifecycleChange AddLifecycleChange(v1::LifecycleChange change, Draft* draft);

// The due reasons as they will be, none while the account is lost or cancelled; false when there is
// nothing to come.
bool SetDue(const CompiledPolicy& policy, Draft* draft, store::v1::Due* next);

ChangeSet Finish(Draft draft);

}  // namespace tiermark
