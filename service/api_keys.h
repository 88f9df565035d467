// API keys: how they are made, kept and known again.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/auth.h"
#include "storage/clock.h"
#include "storage/mutex.h"
#include "storage/store.h"
#include "tiermark/store/v1/records.pb.h"
#include "tiermark/v1/api_key.pb.h"

namespace tiermark {

// Keys of a tenant that are not revoked.
inline constexpr int kLiveKeysMax = 1'000;

// Of a key's name, and of its certificate's.
inline constexpr size_t kKeyNameBytesMax = 200;

// "tmk_", the id, "_", and 256 random bits in URL-safe Base64. Only its hash is kept.
struct NewSecret {
  std::string api_key_id;
  std::string secret;
  std::string hash;
};

// From the system's randomness.
NewSecret MakeSecret();

// SHA-256 of a secret as it is sent.
std::string HashOfSecret(absl::string_view secret);

// The record of a key, and of when it was used.
std::string ApiKeyRecordKey(absl::string_view api_key_id);
std::string ApiKeyUseRecordKey(absl::string_view api_key_id);

// Keeps a new key. Answers with a CreateApiKeyResponse without the secret.
TenantChangeSet DecideCreateApiKey(const store::v1::StoredApiKey& key);

// Revokes a key, if it is not revoked yet. `records` holds ApiKeyRecordKey. Answers with a
// RevokeApiKeyResponse.
// NOT_FOUND, API_KEY_NOT_FOUND.
absl::StatusOr<TenantChangeSet> DecideRevokeApiKey(const std::string& api_key_id,
                                                   const TenantRecordMap& records, absl::Time now);

// The keys of all tenants. As long as there never was one, and none is asked for, every caller is
// the administrator of the default tenant. Thread-safe.
class KeyRing final : public Authenticator {
 public:
  // `required`: callers need a key even where there is none. `store` and `clock` must outlive it.
  // DATA_LOSS: the record of a key cannot be read. Else as Store::ReadTenantRecords.
  static absl::StatusOr<std::unique_ptr<KeyRing>> Load(Store& store, const Clock& clock,
                                                       bool required);
  ~KeyRing() override { Stop(); }
  KeyRing(const KeyRing&) = delete;
  KeyRing& operator=(const KeyRing&) = delete;

  absl::StatusOr<Caller> Authenticate(const Credentials& credentials) override;
  absl::Status CheckStillHolds(const Caller& caller) override;

  // Whether callers need a key.
  bool required() const { return required_; }

  // Takes in a key that was written, or written anew because it is revoked.
  void Put(TenantId tenant, const store::v1::StoredApiKey& stored);

  // The tenant's keys by id, with their last uses.
  std::vector<v1::ApiKey> KeysOf(TenantId tenant) const;

  // Takes in what other servers of the same store wrote.
  absl::Status Refresh();

  // Writes when keys were used last, of those used since. Blocks.
  absl::Status KeepUses();

  // From now on does the two by itself every `interval`, until Stop.
  void StartUpkeep(absl::Duration interval);

  // Ends the upkeep. To be called before the store is closed; again it does nothing.
  void Stop();

 private:
  struct Entry {
    // It is neither revoked nor expired.
    bool Holds(int64_t now_us) const { return !revoked && (expire_us == 0 || expire_us > now_us); }

    TenantId tenant = kDefaultTenant;
    Role role = Role::kViewer;
    std::string secret_hash;
    v1::ApiKey key;
    int64_t expire_us = 0;  // 0: never.
    std::atomic<bool> revoked = false;
    std::atomic<int64_t> last_use_us = 0;
    std::atomic<int64_t> kept_use_us = 0;
  };
  using Entries = std::map<std::string, std::shared_ptr<Entry>, std::less<>>;

  KeyRing(Store& store, const Clock& clock, bool required)
      : store_(store), clock_(clock), required_(required) {}

  std::shared_ptr<Entry> FindBySecret(absl::string_view secret) const;
  std::shared_ptr<Entry> FindByCertificate(const std::vector<std::string>& names,
                                           int64_t now_us) const;
  void NoteUses(const TenantRecordMap& uses);
  void Upkeep(absl::Duration interval);

  Store& store_;
  const Clock& clock_;
  std::atomic<bool> required_;
  mutable Mutex mutex_;
  CondVar stopping_changed_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tiermark
