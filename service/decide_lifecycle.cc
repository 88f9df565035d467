#include "service/decide_lifecycle.h"

#include <utility>

#include "scoring/calendar.h"
#include "scoring/facts.h"
#include "scoring/standing.h"
#include "service/draft.h"

namespace tiermark {
namespace {

v1::LifecycleChange ChangeOf(const ChangeDetails& details, const Draft& draft) {
  v1::LifecycleChange change;
  *change.mutable_change_date() = details.date.value_or(DateOf(draft.today));
  change.set_note(details.note);
  return change;
}

// Ends the write with the change, as an item of the account and as the log's answer to the call.
ChangeSet Record(v1::LifecycleChange change, const CompiledPolicy& policy, Draft draft) {
  store::v1::LogEntry entry;
  store::v1::LifecycleEntry* lifecycle = entry.mutable_lifecycle();
  *lifecycle->mutable_change() = AddLifecycleChange(std::move(change), &draft);
  if (store::v1::Due next; SetDue(policy, &draft, &next)) *lifecycle->mutable_next() = next;
  draft.changes.entries.push_back(std::move(entry));
  return Finish(std::move(draft));
}

}  // namespace

absl::StatusOr<ChangeSet> DecideStage(v1::LifecycleStage stage, const ChangeDetails& details,
                                      const CompiledPolicy& policy, const DecideInput& input) {
  if (input.account == nullptr) return AccountNotFound();
  Draft draft = BeginDraft(input, policy);
  const v1::LifecycleStage before = EffectiveStage(draft.facts);
  if (stage == before) return ChangeSet();
  v1::LifecycleChange change = ChangeOf(details, draft);
  change.set_stage(stage);
  draft.facts.set_lifecycle_stage(stage);
  draft.changed_facts.push_back("lifecycle_stage");
  FollowStage(before, change.change_date(), &draft);
  return Record(std::move(change), policy, std::move(draft));
}

absl::StatusOr<ChangeSet> DecideStanding(v1::Standing standing, const ChangeDetails& details,
                                         const CompiledPolicy& policy, const DecideInput& input) {
  if (input.account == nullptr) return AccountNotFound();
  Draft draft = BeginDraft(input, policy);
  v1::LifecycleChange change = ChangeOf(details, draft);
  change.set_standing(standing);
  AddStanding(standing, DayOf(change.change_date()), draft.state.mutable_standings());
  return Record(std::move(change), policy, std::move(draft));
}

}  // namespace tiermark
