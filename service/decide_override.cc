#include "service/decide_override.h"

#include <utility>

#include "google/protobuf/util/time_util.h"
#include "scoring/error.h"
#include "scoring/facts.h"
#include "service/draft.h"
#include "service/holds.h"

namespace tiermark {
namespace {

using google::protobuf::util::TimeUtil;

// The entry of a change of the override, without the override.
store::v1::OverrideEntry EntryOf(const AccountRecord& account, int64_t now_us) {
  store::v1::OverrideEntry entry;
  entry.set_change_us(now_us);
  entry.set_segment(ComputedSegment(account.state));
  entry.set_stage(EffectiveStage(account.facts));
  return entry;
}

}  // namespace

absl::StatusOr<ChangeSet> DecideOverride(const GivenOverride& given,
                                         const PlaybookVersions& playbooks,
                                         const DecideInput& input) {
  if (input.account == nullptr) return AccountNotFound();
  const int64_t now_us = absl::ToUnixMicros(input.now);
  if (given.expire_us.has_value() && *given.expire_us <= now_us) {
    Violations violations;
    violations.Add("expire_time", "must be in the future");
    return violations.ToStatus();
  }
  v1::SegmentOverride override;
  override.set_segment(given.segment);
  override.set_reason(given.reason);
  override.set_author(given.author);
  *override.mutable_override_time() = TimeUtil::MicrosecondsToTimestamp(now_us);
  if (given.expire_us.has_value()) {
    *override.mutable_expire_time() = TimeUtil::MicrosecondsToTimestamp(*given.expire_us);
  }
  ChangeSet changes;
  store::v1::OverrideEntry* entry = changes.entries.emplace_back().mutable_override();
  *entry = EntryOf(*input.account, now_us);
  *entry->mutable_override() = override;
  entry->set_playbook_version(playbooks[given.segment]);
  changes.state = input.account->state;
  *changes.state.mutable_override() = std::move(override);
  return changes;
}

absl::StatusOr<ChangeSet> DecideClearOverride(const DecideInput& input) {
  if (input.account == nullptr) return AccountNotFound();
  const int64_t now_us = absl::ToUnixMicros(input.now);
  if (OverrideAt(input.account->state, now_us) == nullptr) return ChangeSet();
  ChangeSet changes;
  *changes.entries.emplace_back().mutable_override() = EntryOf(*input.account, now_us);
  changes.state = input.account->state;
  changes.state.clear_override();
  return changes;
}

}  // namespace tiermark
