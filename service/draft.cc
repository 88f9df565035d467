#include "service/draft.h"

#include <utility>

#include "google/protobuf/util/time_util.h"
#include "scoring/calendar.h"
#include "scoring/error.h"
#include "scoring/facts.h"
#include "scoring/standing.h"

namespace tiermark {

using google::protobuf::util::TimeUtil;

absl::Status AccountNotFound() {
  return ReasonedError(absl::StatusCode::kNotFound, "ACCOUNT_NOT_FOUND", "the account is unknown");
}

Draft BeginDraft(const DecideInput& input, const CompiledPolicy& policy) {
  Draft draft;
  if (input.account != nullptr) {
    draft.state = input.account->state;
    draft.facts = input.account->facts;
  }
  draft.created = input.account == nullptr;
  draft.now_us = absl::ToUnixMicros(input.now);
  draft.today = DayAt(draft.now_us, policy.zone);
  return draft;
}

absl::Status MergeInto(const GivenFacts& given, Draft* draft) {
  const v1::LifecycleStage before =
      draft->created ? v1::LIFECYCLE_STAGE_UNSPECIFIED : EffectiveStage(draft->facts);
  if (given.facts != nullptr || given.mask != nullptr) {
    draft->changed_facts =
        MergeFacts(given.facts != nullptr ? *given.facts : v1::AccountFacts::default_instance(),
                   given.mask, &draft->facts);
  }
  Violations violations;
  ValidateMerged(draft->facts, "facts", &violations);
  if (!violations.empty()) return violations.ToStatus();
  if (draft->created) *draft->state.mutable_first_write_date() = DateOf(draft->today);
  FollowStage(before, DateOf(draft->today), draft);
  // A new account that is given no stage has changed none.
  const bool stage_told = draft->created
                              ? draft->facts.lifecycle_stage() != v1::LIFECYCLE_STAGE_UNSPECIFIED
                              : EffectiveStage(draft->facts) != before;
  if (stage_told) {
    v1::LifecycleChange change;
    change.set_stage(EffectiveStage(draft->facts));
    *change.mutable_change_date() = DateOf(draft->today);
    AddLifecycleChange(std::move(change), draft);
  }
  return absl::OkStatus();
}

void FollowStage(v1::LifecycleStage before, const google::type::Date& date, Draft* draft) {
  const v1::LifecycleStage stage = EffectiveStage(draft->facts);
  if (stage == before) return;
  if (stage == v1::LIFECYCLE_STAGE_CLIENT) {
    *draft->state.mutable_client_stage_date() = date;
  } else {
    draft->state.clear_client_stage_date();
  }
}

v1::LifecycleChange AddLifecycleChange(v1::LifecycleChange change, Draft* draft) {
  *change.mutable_record_time() = TimeUtil::MicrosecondsToTimestamp(draft->now_us);
  const int number = draft->state.lifecycle_changes();
  draft->changes.items.push_back(
      {ItemKind::kLifecycleChange, LifecycleChangeKey(number), change.SerializeAsString()});
  draft->state.set_lifecycle_changes(number + 1);
  return change;
}

bool SetDue(const CompiledPolicy& policy, Draft* draft, store::v1::Due* next) {
  const std::vector<store::v1::Due> due =
      WhileOpen(DueReasons(draft->facts, draft->state, policy), draft->state.standings(),
                draft->now_us, policy.zone);
  draft->state.clear_due();
  for (const store::v1::Due& reason : due) *draft->state.add_due() = reason;
  const store::v1::Due* first = NextDue(due);
  if (first == nullptr) return false;
  *next = *first;
  return true;
}

ChangeSet Finish(Draft draft) {
  draft.changes.state = std::move(draft.state);
  if (draft.facts_change()) draft.changes.facts = std::move(draft.facts);
  return std::move(draft.changes);
}

}  // namespace tiermark
