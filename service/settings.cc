#include "service/settings.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "google/protobuf/message.h"
#include "scoring/error.h"
#include "scoring/policy.h"
#include "tiermark/store/v1/records.pb.h"
#include "tiermark/v1/admin_service.pb.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {
namespace {

constexpr char kPlaybookPrefix[] = "playbook/";

}  // namespace

absl::Status ReadRecord(const TenantRecord& record, google::protobuf::Message* message) {
  if (message->ParseFromString(record.value)) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the tenant's record ", record.key, " cannot be read"));
}

absl::Status VersionStale(int version) {
  return ReasonedError(absl::StatusCode::kAborted, "VERSION_STALE",
                       absl::StrCat("the current version is ", version,
                                    "; read it, and decide again whether to replace it"));
}

std::string LatestPlaybookKey(v1::Segment segment) {
  return absl::StrCat(kPlaybookPrefix, static_cast<int>(segment));
}

std::string PlaybookKey(v1::Segment segment, int version) {
  return absl::StrFormat("%s/%010d", LatestPlaybookKey(segment), version);
}

absl::Status LoadSettings(Store& store, TenantId tenant, Catalog* catalog) {
  const auto policies = store.ReadTenantRecords(tenant, kPolicyKey);
  if (!policies.ok()) return policies.status();
  if (const auto found = policies->find(kPolicyKey); found != policies->end()) {
    v1::Policy policy;
    if (absl::Status read = ReadRecord(found->second, &policy); !read.ok()) return read;
    auto compiled = CompilePolicy(policy);
    if (!compiled.ok()) {
      return absl::DataLossError(
          absl::StrCat("the tenant's policy is not admitted: ", compiled.status().message()));
    }
    catalog->SetPolicy(*std::move(compiled));
  }
  const auto playbooks = store.ReadTenantRecords(tenant, kPlaybookPrefix);
  if (!playbooks.ok()) return playbooks.status();
  for (const auto& [key, record] : *playbooks) {
    v1::Playbook playbook;
    if (absl::Status read = ReadRecord(record, &playbook); !read.ok()) return read;
    if (!v1::Segment_IsValid(playbook.segment())) {
      return absl::DataLossError(absl::StrCat("the tenant's record ", key, " has no segment"));
    }
    catalog->AddPlaybook(std::move(playbook));
  }
  return absl::OkStatus();
}

absl::StatusOr<TenantChangeSet> DecidePolicy(const v1::Policy& policy,
                                             std::optional<int> expected_version,
                                             const CompiledPolicy& initial,
                                             const TenantRecordMap& records) {
  v1::Policy current = PolicyOf(initial);
  if (const auto found = records.find(kPolicyKey); found != records.end()) {
    if (absl::Status read = ReadRecord(found->second, &current); !read.ok()) return read;
  }
  if (expected_version.has_value() && *expected_version != current.version()) {
    return VersionStale(current.version());
  }
  auto compiled = CompilePolicy(policy);
  if (!compiled.ok()) return compiled.status();
  compiled->version = current.version() + 1;
  v1::UpdatePolicyResponse answer;
  *answer.mutable_policy() = PolicyOf(*compiled);
  TenantChangeSet changes;
  changes.records.emplace_back(kPolicyKey, answer.policy().SerializeAsString());
  if (DueDiffers(current.reevaluation(), policy.reevaluation())) {
    store::v1::AccountJob job;
    job.set_version(compiled->version);
    changes.records.emplace_back(kRecomputationKey, job.SerializeAsString());
  }
  changes.answer = answer.SerializeAsString();
  return changes;
}

absl::StatusOr<TenantChangeSet> DecidePlaybook(const v1::Playbook& playbook,
                                               std::optional<int> expected_version,
                                               int shipped_version,
                                               const TenantRecordMap& records) {
  int version = shipped_version;
  const std::string latest_key = LatestPlaybookKey(playbook.segment());
  if (const auto found = records.find(latest_key); found != records.end()) {
    v1::Playbook latest;
    if (absl::Status read = ReadRecord(found->second, &latest); !read.ok()) return read;
    version = latest.version();
  }
  if (expected_version.has_value() && *expected_version != version) return VersionStale(version);
  v1::UpdateSegmentPlaybookResponse answer;
  *answer.mutable_playbook() = playbook;
  answer.mutable_playbook()->set_version(version + 1);
  const std::string value = answer.playbook().SerializeAsString();
  TenantChangeSet changes;
  changes.records.emplace_back(latest_key, value);
  changes.records.emplace_back(PlaybookKey(playbook.segment(), version + 1), value);
  changes.answer = answer.SerializeAsString();
  return changes;
}

}  // namespace tiermark
