// The policy and the playbooks as records of a tenant: how they are read at start, and what an
// administrator's update makes of them. The decisions are pure functions, as those of accounts.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "service/catalog.h"
#include "storage/store.h"
#include "tiermark/v1/policy.pb.h"
#include "tiermark/v1/segment.pb.h"

namespace tiermark {

// A v1::Policy. Absent while the defaults hold.
inline constexpr char kPolicyKey[] = "policy";

// A store::v1::AccountJob that brings due dates in line with the policy. Absent when there never
// was one.
inline constexpr char kRecomputationKey[] = "job/recompute-due";

// The latest v1::Playbook of a segment. Absent while the shipped one holds.
std::string LatestPlaybookKey(v1::Segment segment);

// One version of it. Keys sort by version.
std::string PlaybookKey(v1::Segment segment, int version);

// DATA_LOSS: it is no such message.
absl::Status ReadRecord(const TenantRecord& record, google::protobuf::Message* message);

// ABORTED, VERSION_STALE: what was to be replaced is of that version, and not of the one expected.
absl::Status VersionStale(int version);

// Puts the policy and the playbooks that the tenant changed into the catalog. To be called before
// anything is decided. DATA_LOSS: a record cannot be read. Else as Store::ReadTenantRecords.
absl::Status LoadSettings(Store& store, TenantId tenant, Catalog* catalog);

// Replaces the policy. `policy` must be valid; `initial` is the one that holds without a record.
// When due dates may change, a recomputation starts. `records` holds kPolicyKey. Answers with an
// UpdatePolicyResponse.
// ABORTED, VERSION_STALE.
absl::StatusOr<TenantChangeSet> DecidePolicy(const v1::Policy& policy,
                                             std::optional<int> expected_version,
                                             const CompiledPolicy& initial,
                                             const TenantRecordMap& records);

// Adds a version of a playbook. `playbook` must be valid; `shipped_version` is the one that holds
// without a record. `records` holds LatestPlaybookKey. Answers with an
// UpdateSegmentPlaybookResponse.
// ABORTED, VERSION_STALE.
absl::StatusOr<TenantChangeSet> DecidePlaybook(const v1::Playbook& playbook,
                                               std::optional<int> expected_version,
                                               int shipped_version, const TenantRecordMap& records);

}  // namespace tiermark
