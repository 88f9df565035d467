// Writes that are committed together: loads what they are about, decides each in order, and holds
// what becomes of them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/clock.h"
#include "storage/commit_backend.h"
#include "storage/store.h"

namespace tiermark {

// What a write is answered with.
struct Answer {
  absl::AnyInvocable<void(absl::StatusOr<CommitResult>)> done;
  absl::StatusOr<CommitResult> outcome;
  // The outcome is good, and holds only if the commits up to now are durable.
  bool needs_flush = false;
};

// One group, within one transaction of the backend, which must outlive it. Not thread-safe.
class Group {
 public:
  Group(std::vector<AccountWrite> writes, CommitBackend* backend, const Clock* clock);
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  // Loads the accounts and decides every write, each on what the ones before it left. The
  // backend's transaction must have begun.
  void Decide();

  // What is to be written. Points into the group.
  GroupChange Changes() const;

  // Gives `status` to every write that changed something or was decided upon such a change.
  void Fail(const absl::Status& status);

  // Gives `status` to every write.
  void FailAll(const absl::Status& status);

  // Ends the group.
  std::vector<Answer> TakeAnswers() &&;

  // Ends the group: its writes, to be decided again.
  std::vector<AccountWrite> TakeWrites() &&;

  size_t size() const { return items_.size(); }

 private:
  struct Item {
    AccountWrite write;
    absl::StatusOr<CommitResult> outcome;
    // Its outcome holds only if the group is committed.
    bool leans_on_group = false;
  };

  // An account as the writes decided so far leave it.
  struct Account {
    TenantId tenant = kDefaultTenant;
    absl::Status load_error;
    bool known = false;
    AccountRecord record;
    bool changed = false;
    bool created = false;
    bool facts_changed = false;
    // As loaded, once they are replaced.
    store::v1::AccountState state_before;
    v1::AccountFacts facts_before;
    std::vector<ChangeSet::EventRow> events;
    std::vector<ChangeSet::Item> items;
    // Those that a write asked for, as the writes decided so far leave them.
    std::map<ItemKind, ItemMap> loaded_items;
    bool erased = false;
    // The account of the same id that this group erased before it.
    const Account* predecessor = nullptr;
  };

  absl::StatusOr<CommitResult> DecideOne(const AccountWrite& write, Account* account);
  absl::StatusOr<std::optional<LogRecord>> FindFirst(const AccountWrite& write, int64_t asked_us,
                                                     const Account& account) const;
  absl::StatusOr<const ItemMap*> LoadItems(ItemKind kind, Account* account);
  CommitResult Accept(const AccountWrite& write, int64_t now_us, ChangeSet changes,
                      Account* account);
  absl::StatusOr<StoredEntry> ReadEntry(int64_t position) const;

  CommitBackend* const backend_;
  const Clock* const clock_;
  std::vector<Item> items_;
  std::deque<Account> accounts_;
  std::vector<NewEntry> entries_;
  std::vector<NewAuditEntry> audit_;
  int64_t first_position_ = 0;
  int64_t next_account_no_ = 0;
};

}  // namespace tiermark
