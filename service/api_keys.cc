#include "service/api_keys.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/util/time_util.h"
#include "scoring/error.h"
#include "service/answers.h"
#include "service/apply_all.h"
#include "service/log.h"
#include "service/settings.h"
#include "service/sha256.h"
#include "service/tenants.h"
#include "storage/thread_name.h"
#include "tiermark/v1/admin_service.pb.h"

namespace tiermark {
namespace {

using google::protobuf::util::TimeUtil;
using store::v1::ApiKeyUse;
using store::v1::StoredApiKey;

constexpr char kKeyPrefix[] = "api_key/";
constexpr char kUsePrefix[] = "api_key_use/";

constexpr absl::string_view kSecretPrefix = "tmk_";
constexpr size_t kIdBytes = 8;
constexpr size_t kRandomBytes = 32;

// How exactly the last use is kept.
constexpr absl::Duration kUsePrecision = absl::Minutes(1);

template <size_t kBytes>
std::string RandomBytes() {
  std::array<unsigned char, kBytes> bytes;
  GOOGLE_CHECK_EQ(RAND_bytes(bytes.data(), kBytes), 1) << "the system gives no randomness";
  return std::string(reinterpret_cast<const char*>(bytes.data()), kBytes);
}

absl::Status KeyNotAccepted() {
  return ReasonedError(absl::StatusCode::kUnauthenticated, "KEY_NOT_ACCEPTED",
                       "a valid API key is needed, sent as 'authorization: Bearer KEY'");
}

// The secret in an `authorization` header; empty when it is of another scheme.
absl::string_view SecretIn(absl::string_view authorization) {
  constexpr absl::string_view kScheme = "bearer ";
  if (!absl::StartsWithIgnoreCase(authorization, kScheme)) return {};
  authorization.remove_prefix(kScheme.size());
  return absl::StripAsciiWhitespace(authorization);
}

// The id that a secret says it belongs to; empty when it is none.
absl::string_view IdIn(absl::string_view secret) {
  constexpr size_t kIdCharacters = kIdBytes * 2;
  if (!absl::ConsumePrefix(&secret, kSecretPrefix) || secret.size() <= kIdCharacters) return {};
  return secret.substr(0, kIdCharacters);
}

Role RoleOf(v1::Role role) {
  switch (role) {
    case v1::ROLE_ADMINISTRATOR:
      return Role::kAdministrator;
    case v1::ROLE_SCORER:
      return Role::kScorer;
    default:
      return Role::kViewer;
  }
}

void RaiseTo(int64_t value, std::atomic<int64_t>* at) {
  int64_t seen = at->load(std::memory_order_relaxed);
  while (seen < value && !at->compare_exchange_weak(seen, value)) {
  }
}

}  // namespace

NewSecret MakeSecret() {
  NewSecret made;
  made.api_key_id = absl::BytesToHexString(RandomBytes<kIdBytes>());
  made.secret = absl::StrCat(kSecretPrefix, made.api_key_id, "_",
                             absl::WebSafeBase64Escape(RandomBytes<kRandomBytes>()));
  made.hash = HashOfSecret(made.secret);
  return made;
}

std::string HashOfSecret(absl::string_view secret) { return Sha256(secret); }

std::string ApiKeyRecordKey(absl::string_view api_key_id) {
  return absl::StrCat(kKeyPrefix, api_key_id);
}

std::string ApiKeyUseRecordKey(absl::string_view api_key_id) {
  return absl::StrCat(kUsePrefix, api_key_id);
}

TenantChangeSet DecideCreateApiKey(const StoredApiKey& key) {
  v1::CreateApiKeyResponse answer;
  *answer.mutable_api_key() = key.key();
  TenantChangeSet changes;
  changes.records.emplace_back(ApiKeyRecordKey(key.key().api_key_id()), key.SerializeAsString());
  changes.answer = answer.SerializeAsString();
  return changes;
}

absl::StatusOr<TenantChangeSet> DecideRevokeApiKey(const std::string& api_key_id,
                                                   const TenantRecordMap& records, absl::Time now) {
  const auto found = records.find(ApiKeyRecordKey(api_key_id));
  if (found == records.end()) {
    return ReasonedError(absl::StatusCode::kNotFound, "API_KEY_NOT_FOUND",
                         "there is no such API key");
  }
  StoredApiKey stored;
  if (absl::Status read = ReadRecord(found->second, &stored); !read.ok()) return read;
  TenantChangeSet changes;
  if (!stored.key().has_revoke_time()) {
    *stored.mutable_key()->mutable_revoke_time() = TimestampOf(absl::ToUnixMicros(now));
    changes.records.emplace_back(found->first, stored.SerializeAsString());
  }
  v1::RevokeApiKeyResponse answer;
  *answer.mutable_api_key() = stored.key();
  changes.answer = answer.SerializeAsString();
  return changes;
}

absl::StatusOr<std::unique_ptr<KeyRing>> KeyRing::Load(Store& store, const Clock& clock,
                                                       bool required) {
  std::unique_ptr<KeyRing> ring(new KeyRing(store, clock, required));
  if (absl::Status loaded = ring->Refresh(); !loaded.ok()) return loaded;
  return ring;
}

absl::StatusOr<Caller> KeyRing::Authenticate(const Credentials& credentials) {
  if (!required_) return Caller{kDefaultTenant, Role::kAdministrator, ""};
  const int64_t now_us = absl::ToUnixMicros(clock_.Now());
  // A secret that is shown must hold, whatever the certificate says.
  const std::shared_ptr<Entry> entry =
      credentials.authorization.empty() ? FindByCertificate(credentials.certificate_names, now_us)
                                        : FindBySecret(SecretIn(credentials.authorization));
  if (entry == nullptr || !entry->Holds(now_us)) return KeyNotAccepted();
  RaiseTo(now_us, &entry->last_use_us);
  return Caller{entry->tenant, entry->role, entry->key.api_key_id()};
}

absl::Status KeyRing::CheckStillHolds(const Caller& caller) {
  if (!required_) return absl::OkStatus();
  const int64_t now_us = absl::ToUnixMicros(clock_.Now());
  MutexLock lock(&mutex_);
  // Who began without a key, before there was one, is not among them.
  const auto found = entries_.find(caller.credential);
  if (found == entries_.end() || !found->second->Holds(now_us)) return KeyNotAccepted();
  return absl::OkStatus();
}

std::shared_ptr<KeyRing::Entry> KeyRing::FindBySecret(absl::string_view secret) const {
  std::shared_ptr<Entry> entry;
  {
    MutexLock lock(&mutex_);
    if (const auto found = entries_.find(IdIn(secret)); found != entries_.end()) {
      entry = found->second;
    }
  }
  const std::string hash = HashOfSecret(secret);
  const bool same = entry != nullptr && entry->secret_hash.size() == hash.size() &&
                    CRYPTO_memcmp(entry->secret_hash.data(), hash.data(), hash.size()) == 0;
  return same ? entry : nullptr;
}

std::shared_ptr<KeyRing::Entry> KeyRing::FindByCertificate(const std::vector<std::string>& names,
                                                           int64_t now_us) const {
  if (names.empty()) return nullptr;
  MutexLock lock(&mutex_);
  for (const auto& [id, entry] : entries_) {
    const std::string& name = entry->key.certificate_name();
    if (entry->Holds(now_us) && !name.empty() && std::count(names.begin(), names.end(), name) > 0)
      return entry;
  }
  return nullptr;
}

void KeyRing::Put(TenantId tenant, const StoredApiKey& stored) {
  const v1::ApiKey& key = stored.key();
  MutexLock lock(&mutex_);
  std::shared_ptr<Entry>& entry = entries_[key.api_key_id()];
  if (entry == nullptr || (key.has_revoke_time() && !entry->revoked)) {
    auto made = std::make_shared<Entry>();
    made->tenant = tenant;
    made->role = RoleOf(key.role());
    made->secret_hash = stored.secret_hash();
    made->key = key;
    if (key.has_expire_time()) {
      made->expire_us = TimeUtil::TimestampToMicroseconds(key.expire_time());
    }
    made->revoked = key.has_revoke_time();
    if (entry != nullptr) {
      made->last_use_us = entry->last_use_us.load();
      made->kept_use_us = entry->kept_use_us.load();
      // Calls that found it a moment ago.
      entry->revoked = true;
    }
    entry = std::move(made);
  }
  required_ = true;
}

std::vector<v1::ApiKey> KeyRing::KeysOf(TenantId tenant) const {
  std::vector<v1::ApiKey> keys;
  MutexLock lock(&mutex_);
  for (const auto& [id, entry] : entries_) {
    if (entry->tenant != tenant) continue;
    v1::ApiKey& key = keys.emplace_back(entry->key);
    if (entry->last_use_us != 0) *key.mutable_last_use_time() = TimestampOf(entry->last_use_us);
  }
  return keys;
}

absl::Status KeyRing::Refresh() {
  const auto tenants = ReadTenants(store_);
  if (!tenants.ok()) return tenants.status();
  for (const store::v1::Tenant& tenant : *tenants) {
    const auto keys = store_.ReadTenantRecords(tenant.tenant(), kKeyPrefix);
    if (!keys.ok()) return keys.status();
    for (const auto& [key, record] : *keys) {
      StoredApiKey stored;
      if (absl::Status read = ReadRecord(record, &stored); !read.ok()) return read;
      Put(tenant.tenant(), stored);
    }
    const auto uses = store_.ReadTenantRecords(tenant.tenant(), kUsePrefix);
    if (!uses.ok()) return uses.status();
    NoteUses(*uses);
  }
  return absl::OkStatus();
}

void KeyRing::NoteUses(const TenantRecordMap& uses) {
  MutexLock lock(&mutex_);
  for (const auto& [key, record] : uses) {
    ApiKeyUse use;
    const auto entry = entries_.find(absl::StripPrefix(key, kUsePrefix));
    if (entry == entries_.end() || !ReadRecord(record, &use).ok()) continue;
    RaiseTo(use.last_use_us(), &entry->second->last_use_us);
    RaiseTo(use.last_use_us(), &entry->second->kept_use_us);
  }
}

absl::Status KeyRing::KeepUses() {
  std::map<TenantId, std::vector<std::shared_ptr<Entry>>> used;
  {
    MutexLock lock(&mutex_);
    for (const auto& [id, entry] : entries_) {
      const int64_t since_us = entry->last_use_us - entry->kept_use_us;
      if (since_us >= absl::ToInt64Microseconds(kUsePrecision)) {
        used[entry->tenant].push_back(entry);
      }
    }
  }
  for (const auto& [tenant, entries] : used) {
    TenantRecordMap written;
    TenantWrite write;
    write.tenant = tenant;
    TenantChangeSet changes;
    for (const auto& entry : entries) {
      ApiKeyUse use;
      use.set_last_use_us(entry->last_use_us);
      changes.records.emplace_back(ApiKeyUseRecordKey(entry->key.api_key_id()),
                                   use.SerializeAsString());
      entry->kept_use_us = use.last_use_us();
    }
    write.decide = [changes](const TenantRecordMap&, absl::Time) { return changes; };
    if (const auto commit = ApplyTenantNow(store_, std::move(write)); !commit.ok()) {
      return commit.status();
    }
  }
  return absl::OkStatus();
}

void KeyRing::StartUpkeep(absl::Duration interval) {
  thread_ = std::thread([this, interval] { Upkeep(interval); });
}

void KeyRing::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    stopping_changed_.SignalAll();
  }
  if (thread_.joinable()) thread_.join();
}

void KeyRing::Upkeep(absl::Duration interval) {
  NameThisThread("keys");
  while (true) {
    const auto until = std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(interval);
    {
      MutexLock lock(&mutex_);
      while (!stopping_ && std::chrono::steady_clock::now() < until) {
        stopping_changed_.WaitUntil(&mutex_, until);
      }
      if (stopping_) return;
    }
    absl::Status status = Refresh();
    status.Update(KeepUses());
    if (!status.ok()) {
      Log(LogLevel::kWarning, "keys could not be read or their use not kept",
          {{"cause", std::string(status.message())}});
    }
  }
}

}  // namespace tiermark
