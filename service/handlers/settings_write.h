// An administrator's write of the tenant's records, which goes with an entry of the audit log.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "service/audit.h"
#include "service/handlers/handlers.h"
#include "service/handlers/validation.h"
#include "service/request_tag.h"

namespace tiermark {

// How such a write is decided, and what follows from its answer.
template <typename Response>
struct SettingsUpdate {
  // The records that `decide` sees.
  std::vector<std::string> keys;
  // As TenantWrite::decide. What it answers is a serialized Response.
  std::function<absl::StatusOr<TenantChangeSet>(const TenantRecordMap& records, absl::Time now)>
      decide;
  // Puts what was written into the catalog, before the call is answered. Empty: nothing needs it.
  // Not called for a repeated request, which was adopted when it came first.
  std::function<absl::Status(const Response& answer, const TenantCommit& commit)> adopt;
};

// The fields that all requests of such writes have.
template <typename Request>
void ValidateSettingsWrite(const Request& request, Violations* violations) {
  if (request.expected_version() < 0) {
    violations->Add("expected_version", "must not be negative");
  }
  ValidateRequestId(request.request_id(), violations);
}

// Writes, or answers as the write would where the request is `validate_only`. Blocks for a read at
// most.
template <typename Request, typename Response>
void UpdateSettings(const HandlerContext& context, const CallInfo& info, const Request& request,
                    SettingsUpdate<Response> update, Response* response, Done done) {
  if (request.validate_only()) {
    TenantRecordMap records;
    for (const std::string& key : update.keys) {
      auto found = context.store.ReadTenantRecords(info.caller.tenant, key);
      if (!found.ok()) return done(found.status());
      if (const auto record = found->find(key); record != found->end()) records.insert(*record);
    }
    const auto changes = update.decide(records, context.clock.Now());
    if (changes.ok()) response->ParseFromString(changes->answer);
    return done(changes.status());
  }
  TenantWrite write;
  write.tenant = info.caller.tenant;
  write.keys = std::move(update.keys);
  write.decide = [decide = std::move(update.decide), entry = AuditEntryOf(info, request)](
                     const TenantRecordMap& records,
                     absl::Time now) -> absl::StatusOr<TenantChangeSet> {
    auto changes = decide(records, now);
    if (changes.ok()) changes->audit = AuditEntryAt(entry, now);
    return changes;
  };
  write.request = TagRequest(info, request.request_id(), request);
  write.deadline = info.deadline;
  write.done = [response, adopt = std::move(update.adopt),
                done = std::move(done)](absl::StatusOr<TenantCommit> commit) mutable {
    if (!commit.ok()) return done(commit.status());
    if (!response->ParseFromString(commit->answer)) {
      return done(absl::DataLossError("the answer of a write cannot be read"));
    }
    done(adopt && !commit->repeated ? adopt(*response, *commit) : absl::OkStatus());
  };
  context.store.ApplyTenant(std::move(write));
}

}  // namespace tiermark
