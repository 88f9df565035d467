// GetPolicy and UpdatePolicy.
#include <optional>
#include <utility>

#include "scoring/policy.h"
#include "service/answers.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/settings_write.h"
#include "service/handlers/validation.h"
#include "service/settings.h"
#include "tiermark/v1/admin_service.pb.h"

namespace tiermark {
namespace {

absl::Status GetPolicy(const HandlerContext& context, const CallInfo& info,
                       const v1::GetPolicyRequest& /*request*/, v1::GetPolicyResponse* response) {
  const auto job = ReadAccountJob(context.store, info.caller.tenant, kRecomputationKey);
  if (!job.ok()) return job.status();
  *response->mutable_policy() = PolicyOf(*context.catalog.policy());
  if (!job->has_value()) return absl::OkStatus();
  v1::PolicyRecomputation* recomputation = response->mutable_recomputation();
  recomputation->set_policy_version((*job)->version());
  recomputation->set_accounts_done((*job)->accounts_done());
  if ((*job)->finish_us() != 0) {
    *recomputation->mutable_finish_time() = TimestampOf((*job)->finish_us());
  }
  return absl::OkStatus();
}

void UpdatePolicy(const HandlerContext& context, const CallInfo& info,
                  const v1::UpdatePolicyRequest& request, v1::UpdatePolicyResponse* response,
                  Done done) {
  Violations violations;
  ValidatePolicy(request.policy(), "policy", &violations);
  ValidateSettingsWrite(request, &violations);
  if (!violations.empty()) return done(violations.ToStatus());

  SettingsUpdate<v1::UpdatePolicyResponse> update;
  update.keys = {kPolicyKey};
  std::optional<int> expected_version;
  if (request.has_expected_version()) expected_version = request.expected_version();
  update.decide = [&request, &catalog = context.catalog, expected_version](
                      const TenantRecordMap& records, absl::Time) {
    return DecidePolicy(request.policy(), expected_version, *catalog.policy(), records);
  };
  update.adopt = [context](const v1::UpdatePolicyResponse& answer, const TenantCommit&) {
    auto compiled = CompilePolicy(answer.policy());
    if (!compiled.ok()) return compiled.status();
    context.catalog.SetPolicy(*std::move(compiled));
    context.jobs.Wake();
    return absl::OkStatus();
  };
  UpdateSettings(context, info, request, std::move(update), response, std::move(done));
}

}  // namespace

void AddAdminHandlers(const ServerContext& server, MethodTable* methods) {
  MethodOptions worker;
  worker.on_worker = true;
  methods->AddBlocking(kAdminService, "GetPolicy", worker, Bind(server, GetPolicy));
  methods->Add(kAdminService, "UpdatePolicy", worker, Bind(server, UpdatePolicy));
}

}  // namespace tiermark
