// CreateApiKey, ListApiKeys and RevokeApiKey.
#include "service/api_keys.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/answers.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/settings_write.h"
#include "service/handlers/validation.h"
#include "service/page.h"
#include "tiermark/v1/admin_service.pb.h"

namespace tiermark {
namespace {

store::v1::StoredApiKey ReadNewKey(const HandlerContext& context, const CallInfo& info,
                                   const v1::CreateApiKeyRequest& request, Violations* violations) {
  store::v1::StoredApiKey stored;
  v1::ApiKey& key = *stored.mutable_key();
  ValidateRequiredText(request.display_name(), kKeyNameBytesMax, "display_name", violations);
  key.set_display_name(request.display_name());
  if (!v1::Role_IsValid(request.role()) || request.role() == v1::ROLE_UNSPECIFIED) {
    violations->Add("role", "must be one of the three roles");
  }
  key.set_role(request.role());
  const int64_t now_us = absl::ToUnixMicros(context.clock.Now());
  if (request.has_expire_time()) {
    const size_t faults_before = violations->faults().size();
    const int64_t expire_us = ReadTimestamp(request.expire_time(), "expire_time", violations);
    if (violations->faults().size() == faults_before && expire_us <= now_us) {
      violations->Add("expire_time", "must be in the future");
    }
    *key.mutable_expire_time() = request.expire_time();
  }
  *key.mutable_create_time() = TimestampOf(now_us);
  key.set_creator_api_key_id(info.caller.credential);
  return stored;
}

absl::Status CheckRoomForKey(const HandlerContext& context, TenantId tenant) {
  const std::vector<v1::ApiKey> keys = context.keys.KeysOf(tenant);
  const auto live = std::count_if(keys.begin(), keys.end(),
                                  [](const v1::ApiKey& key) { return !key.has_revoke_time(); });
  if (live < kLiveKeysMax) return absl::OkStatus();
  return ReasonedError(
      absl::StatusCode::kFailedPrecondition, "TOO_MANY_KEYS",
      absl::StrCat("there are ", kLiveKeysMax, " keys that are not revoked: revoke some"));
}

void CreateApiKey(const HandlerContext& context, const CallInfo& info,
                  const v1::CreateApiKeyRequest& request, v1::CreateApiKeyResponse* response,
                  Done done) {
  Violations violations;
  store::v1::StoredApiKey stored = ReadNewKey(context, info, request, &violations);
  ValidateRequestId(request.request_id(), &violations);
  if (!violations.empty()) return done(violations.ToStatus());
  const TenantId tenant = info.caller.tenant;
  if (absl::Status room = CheckRoomForKey(context, tenant); !room.ok()) return done(room);

  NewSecret secret;
  if (!request.validate_only()) {
    secret = MakeSecret();
    stored.mutable_key()->set_api_key_id(secret.api_key_id);
    stored.set_secret_hash(secret.hash);
  }
  SettingsUpdate<v1::CreateApiKeyResponse> update;
  update.decide = [stored](const TenantRecordMap&, absl::Time) {
    return DecideCreateApiKey(stored);
  };
  update.adopt = [context, tenant, stored, response, secret = std::move(secret.secret)](
                     const v1::CreateApiKeyResponse&, const TenantCommit&) {
    context.keys.Put(tenant, stored);
    response->set_secret(secret);
    return absl::OkStatus();
  };
  UpdateSettings(context, info, request, std::move(update), response, std::move(done));
}

absl::Status ListApiKeys(const HandlerContext& context, const CallInfo& info,
                         const v1::ListApiKeysRequest& request, v1::ListApiKeysResponse* response) {
  Violations violations;
  const int limit = PageSize(request.page_size(), &violations);
  store::v1::PageToken token = StartPage(info, request, &violations);
  if (!violations.empty()) return violations.ToStatus();
  for (v1::ApiKey& key : context.keys.KeysOf(info.caller.tenant)) {
    if (key.api_key_id() <= token.key()) continue;
    if (response->api_keys_size() == limit) {
      token.set_key(response->api_keys(limit - 1).api_key_id());
      response->set_next_page_token(EncodePageToken(token));
      break;
    }
    *response->add_api_keys() = std::move(key);
  }
  return absl::OkStatus();
}

void RevokeApiKey(const HandlerContext& context, const CallInfo& info,
                  const v1::RevokeApiKeyRequest& request, v1::RevokeApiKeyResponse* response,
                  Done done) {
  Violations violations;
  if (request.api_key_id().empty()) violations.Add("api_key_id", "is required");
  ValidateRequestId(request.request_id(), &violations);
  if (!violations.empty()) return done(violations.ToStatus());

  SettingsUpdate<v1::RevokeApiKeyResponse> update;
  update.keys = {ApiKeyRecordKey(request.api_key_id())};
  update.decide = [&request](const TenantRecordMap& records, absl::Time now) {
    return DecideRevokeApiKey(request.api_key_id(), records, now);
  };
  update.adopt = [context, tenant = info.caller.tenant](const v1::RevokeApiKeyResponse& answer,
                                                        const TenantCommit&) {
    store::v1::StoredApiKey revoked;
    *revoked.mutable_key() = answer.api_key();
    context.keys.Put(tenant, revoked);
    return absl::OkStatus();
  };
  UpdateSettings(context, info, request, std::move(update), response, std::move(done));
}

}  // namespace

void AddApiKeyHandlers(const ServerContext& server, MethodTable* methods) {
  MethodOptions worker;
  worker.on_worker = true;
  methods->Add(kAdminService, "CreateApiKey", worker, Bind(server, CreateApiKey));
  methods->AddBlocking(kAdminService, "ListApiKeys", worker, Bind(server, ListApiKeys));
  methods->Add(kAdminService, "RevokeApiKey", worker, Bind(server, RevokeApiKey));
}

}  // namespace tiermark
