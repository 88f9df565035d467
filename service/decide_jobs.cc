#include "service/decide_jobs.h"

#include <utility>

#include "scoring/calendar.h"
#include "scoring/reevaluation.h"
#include "service/draft.h"

namespace tiermark {
namespace {

bool SameDue(const store::v1::AccountState& a, const store::v1::AccountState& b) {
  if (a.due_size() != b.due_size()) return false;
  for (int i = 0; i < a.due_size(); ++i) {
    if (a.due(i).SerializeAsString() != b.due(i).SerializeAsString()) return false;
  }
  return true;
}

bool Moves(const CompiledModel& model, const AccountRecord& account, absl::CivilDay day) {
  const store::v1::LatestScore* counted = CountedScore(account.state);
  if (counted == nullptr || counted->model_version() >= model.model().version()) return false;
  ScoreCard card;
  return model.TryScore(account.facts, day, &card) &&
         model.model().bands(card.band).segment() != counted->segment();
}

ChangeSet WithDueAnew(const CompiledPolicy& policy, Draft draft) {
  store::v1::Due next;
  SetDue(policy, &draft, &next);
  draft.changes.state_only = true;
  return Finish(std::move(draft));
}

}  // namespace

absl::StatusOr<ChangeSet> DecideRecomputation(const CompiledPolicy& policy,
                                              const DecideInput& input) {
  // Erased meanwhile.
  if (input.account == nullptr) return ChangeSet();
  ChangeSet changes = WithDueAnew(policy, BeginDraft(input, policy));
  if (SameDue(changes.state, input.account->state)) return ChangeSet();
  return changes;
}

absl::StatusOr<ChangeSet> DecideMarking(const CompiledModel& model, int64_t publish_us,
                                        const CompiledPolicy& policy, const DecideInput& input) {
  if (input.account == nullptr) return ChangeSet();
  const store::v1::AccountState& before = input.account->state;
  const absl::CivilDay today = DayAt(absl::ToUnixMicros(input.now), policy.zone);
  const bool moves = Moves(model, *input.account, today);
  const int version = model.model().version();
  if (!moves && !before.has_model_change()) return ChangeSet();
  if (moves && before.model_change().model_version() == version) return ChangeSet();
  Draft draft = BeginDraft(input, policy);
  if (moves) {
    store::v1::ModelChange* change = draft.state.mutable_model_change();
    change->set_model_version(version);
    if (!before.has_model_change()) change->set_publish_us(publish_us);
  } else {
    draft.state.clear_model_change();
  }
  return WithDueAnew(policy, std::move(draft));
}

}  // namespace tiermark
