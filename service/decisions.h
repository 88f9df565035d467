// What a write makes of an account: pure functions from what is stored and what was asked to a
// change set. They may be run again, and they read no clock.
#pragma once

#include "absl/status/statusor.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/type/date.pb.h"
#include "scoring/compiled_model.h"
#include "scoring/reevaluation.h"
#include "service/catalog.h"
#include "storage/store.h"
#include "tiermark/v1/facts.pb.h"

namespace tiermark {

// Facts that come with a write. Both pointers may be null; what they point at must outlive the
// decision.
struct GivenFacts {
  const v1::AccountFacts* facts = nullptr;
  const google::protobuf::FieldMask* mask = nullptr;
};

// An open event per type that a caller may have reported; beyond them the list says nothing new.
inline constexpr int kOpenEventsMax = 64;

// Merges the given facts and evaluates the account with `model`. When `counts`, the evaluation
// closes the events due by now, ends a claim, sets the next due dates and becomes the baseline;
// events that the given facts bring about are then recorded as closed by it. It records the version
// of `playbooks` for the effective segment.
// NOT_FOUND, ACCOUNT_NOT_FOUND: the account is unknown and no facts are given.
// INVALID_ARGUMENT: the merged facts are more than an account may have.
// FAILED_PRECONDITION: as CompiledModel::Score.
// The evaluation is the last entry of the change set.
absl::StatusOr<ChangeSet> DecideEvaluation(const GivenFacts& given, const CompiledModel& model,
                                           bool counts, const PlaybookVersions& playbooks,
                                           const CompiledPolicy& policy, const DecideInput& input);

// Merges the given facts without scoring; an empty change set when nothing changes. Events that
// they bring about stay open.
// INVALID_ARGUMENT: as above. NOT_FOUND: the account is unknown and no facts are given.
absl::StatusOr<ChangeSet> DecideUpsert(const GivenFacts& given, const CompiledPolicy& policy,
                                       const DecideInput& input);

struct ReportedEvent {
  v1::AccountEventType type;
  std::optional<google::type::Date> date;  // Absent: the day of the write.
  std::string note;
};

// Opens a reported event.
// NOT_FOUND, ACCOUNT_NOT_FOUND.
// FAILED_PRECONDITION, TOO_MANY_OPEN_EVENTS.
absl::StatusOr<ChangeSet> DecideEvent(const ReportedEvent& reported, const CompiledPolicy& policy,
                                      const DecideInput& input);

// Erases the account. The entry is a DeletionEntry.
// NOT_FOUND, ACCOUNT_NOT_FOUND.
absl::StatusOr<ChangeSet> DecideDeletion(const DecideInput& input);

}  // namespace tiermark
