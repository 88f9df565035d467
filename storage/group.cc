#include "storage/group.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "scoring/error.h"
#include "storage/change_set.h"
#include "storage/request_ids.h"

namespace tiermark {
namespace {

bool Writes(const CommitResult& result) {
  return !result.repeated && (!result.entries.empty() || result.state.has_value());
}

// In the place of one with the same key, if there is one.
void MergeItem(ChangeSet::Item item, std::vector<ChangeSet::Item>* items) {
  const auto known =
      std::find_if(items->begin(), items->end(), [&item](const ChangeSet::Item& other) {
        return other.kind == item.kind && other.key == item.key;
      });
  if (known == items->end()) {
    items->push_back(std::move(item));
  } else {
    known->value = std::move(item.value);
  }
}

}  // namespace

Group::Group(std::vector<AccountWrite> writes, CommitBackend* backend, const Clock* clock)
    : backend_(backend), clock_(clock) {
  items_.reserve(writes.size());
  for (AccountWrite& write : writes) {
    items_.push_back({std::move(write), absl::StatusOr<CommitResult>(), false});
  }
}

void Group::Decide() {
  std::vector<AccountKey> keys;
  std::vector<size_t> key_of;
  absl::flat_hash_map<AccountKey, size_t> index;
  for (const Item& item : items_) {
    AccountKey key{item.write.tenant, item.write.account_id};
    const auto [entry, added] = index.try_emplace(key, keys.size());
    if (added) keys.push_back(std::move(key));
    key_of.push_back(entry->second);
  }
  std::vector<CommitBackend::Account> loaded = backend_->LoadAccounts(keys);
  // The account that each key stands for now: another one after an erasure.
  std::vector<Account*> accounts;
  accounts.reserve(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    Account& account = accounts_.emplace_back();
    account.tenant = keys[i].tenant;
    account.record.account_id = std::move(keys[i].account_id);
    account.load_error = loaded[i].status();
    account.known = loaded[i].ok() && loaded[i]->has_value();
    if (account.known) account.record = std::move(**loaded[i]);
    accounts.push_back(&account);
  }
  first_position_ = backend_->NextPosition();
  next_account_no_ = backend_->NextAccountNo();
  for (size_t i = 0; i < items_.size(); ++i) {
    Account*& account = accounts[key_of[i]];
    Item& item = items_[i];
    item.leans_on_group = account->changed;
    item.outcome = DecideOne(item.write, account);
    if (item.outcome.ok() && Writes(*item.outcome)) item.leans_on_group = true;
    if (!account->erased) continue;
    Account& successor = accounts_.emplace_back();
    successor.tenant = account->tenant;
    successor.record.account_id = account->record.account_id;
    successor.predecessor = account;
    account = &successor;
  }
}

absl::StatusOr<CommitResult> Group::DecideOne(const AccountWrite& write, Account* account) {
  const absl::Time clock_now = clock_->Now();
  if (clock_now > write.deadline) {
    return ReasonedError(absl::StatusCode::kDeadlineExceeded, "DEADLINE_PASSED",
                         "the deadline passed while the write waited; nothing was written");
  }
  if (!account->load_error.ok()) return account->load_error;
  const int64_t asked_us = absl::ToUnixMicros(write.at.value_or(clock_now));
  const int64_t now_us = std::max(asked_us, account->record.state.last_write_us());
  if (write.request.has_value()) {
    auto first = FindFirst(write, asked_us, *account);
    if (!first.ok()) return first.status();
    if (first->has_value()) {
      CommitResult repeated;
      repeated.repeated = true;
      repeated.entries.push_back(std::move(**first));
      return repeated;
    }
  }
  DecideInput input;
  input.account = account->known ? &account->record : nullptr;
  input.now = absl::FromUnixMicros(now_us);
  if (write.items.has_value()) {
    absl::StatusOr<const ItemMap*> items = LoadItems(*write.items, account);
    if (!items.ok()) return items.status();
    input.items = *items;
  }
  absl::StatusOr<ChangeSet> changes = write.decide(input);
  if (!changes.ok()) return changes.status();
  if (changes->empty()) return CommitResult();
  return Accept(write, now_us, *std::move(changes), account);
}

// The entry that answered the write's request first, of the account or of one erased before it.
absl::StatusOr<std::optional<LogRecord>> Group::FindFirst(const AccountWrite& write,
                                                          int64_t asked_us,
                                                          const Account& account) const {
  const auto find = [&](const AccountRecord& record) {
    return FindRequest(record, *write.request, asked_us,
                       [this](int64_t position) { return ReadEntry(position); });
  };
  if (account.known) {
    auto first = find(account.record);
    if (!first.ok() || first->has_value()) return first;
  }
  auto erased = backend_->LoadErased({write.tenant, write.account_id}, asked_us);
  if (!erased.ok()) return erased.status();
  for (const Account* former = account.predecessor; former != nullptr;
       former = former->predecessor) {
    erased->push_back(former->record);
  }
  for (const AccountRecord& record : *erased) {
    auto first = find(record);
    if (!first.ok()) return first;
    if (!first->has_value()) continue;
    if ((*first)->entry.has_deletion()) return first;
    return ReasonedError(absl::StatusCode::kNotFound, "ACCOUNT_ERASED",
                         "the request was answered once, and its account was erased since");
  }
  return std::nullopt;
}

absl::StatusOr<const ItemMap*> Group::LoadItems(ItemKind kind, Account* account) {
  const auto [loaded, added] = account->loaded_items.try_emplace(kind);
  if (!added) return &loaded->second;
  if (account->known && !account->created) {
    absl::StatusOr<ItemMap> stored = backend_->LoadItems(account->record.account_no, kind);
    if (!stored.ok()) {
      account->loaded_items.erase(loaded);
      return stored.status();
    }
    loaded->second = *std::move(stored);
  }
  for (const ChangeSet::Item& item : account->items) {
    if (item.kind == kind) loaded->second[item.key] = item.value;
  }
  return &loaded->second;
}

CommitResult Group::Accept(const AccountWrite& write, int64_t now_us, ChangeSet changes,
                           Account* account) {
  int64_t position = first_position_ + static_cast<int64_t>(entries_.size());
  ResolvePositions(position, &changes);
  AccountRecord& record = account->record;
  if (!account->known) {
    account->known = true;
    account->created = true;
    record.account_no = next_account_no_++;
  }
  account->erased = changes.erase;
  if (changes.erase) changes.state = record.state;
  // Request ids are the store's own: they do not depend on what the decision made of the state.
  *changes.state.mutable_requests() = record.state.requests();
  changes.state.set_last_write_us(now_us);
  if (!account->changed) account->state_before = std::move(record.state);
  account->changed = true;
  record.state = std::move(changes.state);
  if (changes.facts.has_value()) {
    if (!account->facts_changed) account->facts_before = std::move(record.facts);
    account->facts_changed = true;
    record.facts = *std::move(changes.facts);
  }
  for (ChangeSet::EventRow& row : changes.events) {
    MergeEventRow(std::move(row), &account->events);
  }

  for (ChangeSet::Item& item : changes.items) {
    const auto loaded = account->loaded_items.find(item.kind);
    if (loaded != account->loaded_items.end()) loaded->second[item.key] = item.value;
    MergeItem(std::move(item), &account->items);
  }

  if (changes.audit.has_value()) audit_.push_back({write.tenant, *std::move(changes.audit)});

  CommitResult result;
  if (changes.state_only) result.state = record.state;
  result.entries.reserve(changes.entries.size());
  for (store::v1::LogEntry& entry : changes.entries) {
    LogRecord& added = result.entries.emplace_back();
    added.position = position++;
    added.account_id = write.account_id;
    added.previous_position = record.last_position;
    added.previous_evaluation_position = record.last_evaluation_position;
    added.entry = std::move(entry);
    if (write.request.has_value()) *added.entry.mutable_request() = *write.request;
    record.last_position = added.position;
    if (added.entry.has_evaluation()) record.last_evaluation_position = added.position;
    entries_.push_back({write.tenant, record.account_no, now_us, &added});
  }
  if (write.request.has_value() && !result.entries.empty()) {
    KeepRequest(*write.request, record.last_position, now_us, &record.state);
  }
  // The entries stay where they are in memory when the result is moved.
  return result;
}

absl::StatusOr<StoredEntry> Group::ReadEntry(int64_t position) const {
  if (position < first_position_) return backend_->ReadEntry(position);
  const NewEntry& entry = entries_[static_cast<size_t>(position - first_position_)];
  return StoredEntry{*entry.record, entry.applied_us};
}

GroupChange Group::Changes() const {
  GroupChange change;
  change.entries = entries_;
  change.audit = audit_;
  for (const Account& account : accounts_) {
    if (!account.changed) continue;
    AccountChange& one = change.accounts.emplace_back();
    one.tenant = account.tenant;
    if (!account.created) {
      one.state_before = &account.state_before;
      one.facts_before = account.facts_changed ? &account.facts_before : &account.record.facts;
    }
    one.after = &account.record;
    one.facts_changed = account.facts_changed || account.created;
    one.events = account.events;
    one.items = account.items;
    one.erased = account.erased;
  }
  return change;
}

void Group::Fail(const absl::Status& status) {
  for (Item& item : items_) {
    if (item.leans_on_group) item.outcome = status;
  }
}

void Group::FailAll(const absl::Status& status) {
  for (Item& item : items_) item.outcome = status;
}

std::vector<Answer> Group::TakeAnswers() && {
  std::vector<Answer> answers;
  answers.reserve(items_.size());
  for (Item& item : items_) {
    const bool needs_flush = item.outcome.ok() && (Writes(*item.outcome) || item.outcome->repeated);
    answers.push_back({std::move(item.write.done), std::move(item.outcome), needs_flush});
  }
  return answers;
}

std::vector<AccountWrite> Group::TakeWrites() && {
  std::vector<AccountWrite> writes;
  writes.reserve(items_.size());
  for (Item& item : items_) writes.push_back(std::move(item.write));
  return writes;
}

}  // namespace tiermark
