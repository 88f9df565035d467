// What the committer asks of a database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "storage/store.h"

namespace tiermark {

struct AccountKey {
  TenantId tenant = kDefaultTenant;
  std::string account_id;

  friend bool operator==(const AccountKey&, const AccountKey&) = default;

  template <typename H>
  friend H AbslHashValue(H h, const AccountKey& key) {
    return H::combine(std::move(h), key.tenant, key.account_id);
  }
};

// A log entry as the log keeps it.
struct StoredEntry {
  LogRecord record;
  // When the write that made it was applied.
  int64_t applied_us = 0;
};

// What a group of writes makes of one account, all in all.
struct AccountChange {
  TenantId tenant = kDefaultTenant;
  // As it was before the group; null when it is new.
  const store::v1::AccountState* state_before = nullptr;
  const v1::AccountFacts* facts_before = nullptr;
  const AccountRecord* after = nullptr;
  bool facts_changed = false;
  // Positions are real; each stands once.
  absl::Span<const ChangeSet::EventRow> events;
  // Each key of a kind stands once.
  absl::Span<const ChangeSet::Item> items;
  // The account goes. `after` is as it was last; its latest entry is the DeletionEntry.
  bool erased = false;
};

struct NewEntry {
  TenantId tenant = kDefaultTenant;
  int64_t account_no = 0;
  int64_t applied_us = 0;
  const LogRecord* record = nullptr;
};

struct NewAuditEntry {
  TenantId tenant = kDefaultTenant;
  v1::AuditEntry entry;
};

// The union of what a group writes. Points into the group.
struct GroupChange {
  std::vector<AccountChange> accounts;
  std::vector<NewEntry> entries;  // In the order of their positions.
  absl::Span<const NewAuditEntry> audit;
};

struct CommitOutcome {
  absl::Status status;
  // The commit failed and yet may turn out to be durable. The backend must not be written to again.
  bool unknown = false;
};

// A transaction at a time: Begin, then loads and writes, then Commit or Rollback; and apart from
// them, Flush. Owned by whoever made it. Used by one thread at a time, and by a second for Flush.
class CommitBackend {
 public:
  using Account = absl::StatusOr<std::optional<AccountRecord>>;

  virtual ~CommitBackend() = default;

  virtual absl::Status Begin() = 0;

  // One element for each key, in order; nothing where the account is unknown. A record that cannot
  // be read fails alone.
  virtual std::vector<Account> LoadAccounts(absl::Span<const AccountKey> keys) = 0;

  // The log position and the account number that come next.
  virtual int64_t NextPosition() = 0;
  virtual int64_t NextAccountNo() = 0;

  // The account's items of one kind.
  virtual absl::StatusOr<ItemMap> LoadItems(int64_t account_no, ItemKind kind) = 0;

  // Former accounts of this id that were erased less than kRequestIdLifetime before `now_us`, the
  // latest first: their last positions and the request ids in their states, and no more.
  virtual absl::StatusOr<std::vector<AccountRecord>> LoadErased(const AccountKey& key,
                                                                int64_t now_us) = 0;

  // Entries of erased accounts can be read too; what is left of them is their request.
  // NOT_FOUND: there is no such entry.
  virtual absl::StatusOr<StoredEntry> ReadEntry(int64_t position) = 0;

  virtual absl::Status Write(const GroupChange& change) = 0;

  // Of the keys asked for, the records that there are.
  virtual absl::StatusOr<TenantRecordMap> LoadTenantRecords(
      TenantId tenant, const std::vector<std::string>& keys) = 0;

  // Writes records with their versions, and removes keys.
  virtual absl::Status WriteTenantRecords(TenantId tenant, const std::vector<TenantRecord>& records,
                                          const std::vector<std::string>& removed) = 0;

  // Gives the entry the next number of its tenant.
  virtual absl::Status AppendAudit(const NewAuditEntry& entry) = 0;

  // Between transactions: overwrites a bounded number of entries of erased accounts. Returns
  // whether there may be more to do.
  virtual absl::StatusOr<bool> OverwriteErased() = 0;

  // Between transactions: copies a bounded part of the store, if a backup is under way. Returns
  // whether there is more to do. `abandon`: ends it, for this is the last call.
  virtual bool ContinueBackup(bool /*abandon*/) { return false; }

  // Ends the transaction. From now on reads see it, and it survives the process; what makes it
  // survive the machine is Flush.
  virtual CommitOutcome Commit() = 0;

  // Makes durable all that was committed before the call. May be called while another thread uses
  // the rest. After an error it is open whether those commits are durable, and the backend must
  // not be written to again.
  virtual absl::Status Flush() = 0;

  // Ends the transaction, if there is one, without effect.
  virtual void Rollback() = 0;

  // Called between transactions, for work that can wait but not for long. An error: the backend
  // must not be written to again; what was flushed is durable nevertheless.
  virtual absl::Status Maintain() = 0;
};

}  // namespace tiermark
