#include "service/key_command.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/answers.h"
#include "service/api_keys.h"
#include "service/apply_all.h"
#include "service/audit.h"
#include "service/tenants.h"

namespace tiermark {
namespace {

v1::Role RoleNamed(const std::string& name) {
  if (name == "administrator") return v1::ROLE_ADMINISTRATOR;
  return name == "scorer" ? v1::ROLE_SCORER : v1::ROLE_VIEWER;
}

// A name stands for one key at a time, whosever it is.
absl::Status CheckCertificateName(const KeyCommand& command, Store& store, const Clock& clock) {
  if (command.certificate_name.empty()) return absl::OkStatus();
  const auto keys = KeyRing::Load(store, clock, false);
  if (!keys.ok()) return keys.status();
  const auto taken = (*keys)->Authenticate({"", {command.certificate_name}});
  if (!(*keys)->required() || !taken.ok()) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrCat(
      "the key ", taken->credential, " has this certificate-name already: revoke it first"));
}

}  // namespace

absl::StatusOr<CreatedKey> CreateKey(const KeyCommand& command, Store& store, const Clock& clock) {
  absl::Status free = CheckCertificateName(command, store, clock);
  if (!free.ok()) return free;
  const auto tenant = FindOrCreateTenant(store, command.tenant);
  if (!tenant.ok()) return tenant.status();

  const NewSecret secret = MakeSecret();
  const absl::Time now = clock.Now();
  store::v1::StoredApiKey stored;
  stored.set_secret_hash(secret.hash);
  v1::ApiKey& key = *stored.mutable_key();
  key.set_api_key_id(secret.api_key_id);
  key.set_display_name(command.display_name);
  key.set_role(RoleNamed(command.role));
  key.set_certificate_name(command.certificate_name);
  *key.mutable_create_time() = TimestampOf(absl::ToUnixMicros(now));
  if (command.expire_days != 0) {
    const absl::Time expires = now + command.expire_days * absl::Hours(24);
    *key.mutable_expire_time() = TimestampOf(absl::ToUnixMicros(expires));
  }
  CallInfo info;
  info.rpc = "tiermarkd key create";

  TenantWrite write;
  write.tenant = *tenant;
  write.decide = [&stored, entry = AuditEntryOf(info, key)](const TenantRecordMap&, absl::Time at) {
    TenantChangeSet changes = DecideCreateApiKey(stored);
    changes.audit = AuditEntryAt(entry, at);
    return changes;
  };
  const auto commit = ApplyTenantNow(store, std::move(write));
  if (!commit.ok()) return commit.status();
  return CreatedKey{secret.api_key_id, secret.secret};
}

}  // namespace tiermark
