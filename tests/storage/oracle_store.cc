#include "tests/storage/oracle_store.h"

#include <algorithm>
#include <memory>

#include "scoring/error.h"
#include "storage/change_set.h"

namespace tiermark {
namespace {

absl::Status NotFound(absl::string_view reason) {
  return ReasonedError(absl::StatusCode::kNotFound, reason, "unknown");
}

absl::Status Closing() {
  return ReasonedError(absl::StatusCode::kUnavailable, "STORE_CLOSING", "closing");
}

}  // namespace

void OracleStore::Apply(AccountWrite write) {
  if (refuses_writes_) {
    thread_.Post([done = std::move(write.done)]() mutable { done(Closing()); });
    return;
  }
  thread_.Post([this, write = std::move(write)]() mutable {
    mutex_.Lock();
    absl::StatusOr<CommitResult> result = Run(write);
    mutex_.Unlock();
    write.done(std::move(result));
  });
}

absl::StatusOr<CommitResult> OracleStore::Run(const AccountWrite& write) {
  const absl::Time clock_now = clock_->Now();
  if (clock_now > write.deadline) {
    return ReasonedError(absl::StatusCode::kDeadlineExceeded, "DEADLINE_PASSED", "too late");
  }
  const Key key(write.tenant, write.account_id);
  const auto known = accounts_.find(key);
  const int64_t asked_us = absl::ToUnixMicros(write.at.value_or(clock_now));
  if (write.request.has_value() && known != accounts_.end()) {
    // The newest entry of the request, if it is young enough.
    const std::vector<int64_t>& positions = known->second.positions;
    for (auto position = positions.rbegin(); position != positions.rend(); ++position) {
      const Entry& entry = log_[static_cast<size_t>(*position - 1)];
      if (asked_us - entry.applied_us >= absl::ToInt64Microseconds(kRequestIdLifetime)) continue;
      const store::v1::RequestTag& tag = entry.record.entry.request();
      if (tag.id_hash() != write.request->id_hash()) continue;
      if (tag.body_hash() != write.request->body_hash()) {
        return ReasonedError(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED", "reused");
      }
      CommitResult repeated;
      repeated.repeated = true;
      repeated.entries.push_back(entry.record);
      return repeated;
    }
  }

  DecideInput input;
  if (known != accounts_.end()) input.account = &known->second.record;
  int64_t now_us = asked_us;
  if (known != accounts_.end()) {
    now_us = std::max(now_us, known->second.record.state.last_write_us());
  }
  input.now = absl::FromUnixMicros(now_us);
  absl::StatusOr<ChangeSet> changes = write.decide(input);
  if (!changes.ok()) return changes.status();
  CommitResult result;
  if (changes->empty()) return result;

  ResolvePositions(static_cast<int64_t>(log_.size()) + 1, &*changes);
  const auto account_no = static_cast<int64_t>(accounts_.size()) + 1;
  Account& account = accounts_[key];
  AccountRecord& record = account.record;
  if (record.account_no == 0) {
    record.account_no = account_no;
    record.account_id = write.account_id;
  }
  record.state = std::move(changes->state);
  record.state.clear_requests();
  record.state.set_last_write_us(now_us);
  if (changes->facts.has_value()) record.facts = *std::move(changes->facts);
  for (store::v1::LogEntry& entry : changes->entries) {
    Entry added;
    added.tenant = write.tenant;
    added.applied_us = now_us;
    added.record.position = static_cast<int64_t>(log_.size()) + 1;
    added.record.account_id = write.account_id;
    added.record.previous_position = record.last_position;
    added.record.previous_evaluation_position = record.last_evaluation_position;
    added.record.entry = std::move(entry);
    if (write.request.has_value()) *added.record.entry.mutable_request() = *write.request;
    record.last_position = added.record.position;
    if (added.record.entry.has_evaluation()) {
      record.last_evaluation_position = added.record.position;
    }
    account.positions.push_back(added.record.position);
    result.entries.push_back(added.record);
    log_.push_back(std::move(added));
  }
  for (ChangeSet::EventRow& row : changes->events) {
    Event& event = account.events[row.position];
    if (row.event.has_value()) event.event = *std::move(row.event);
    event.closing_position = row.closing_position;
  }
  return result;
}

absl::StatusOr<const OracleStore::Account*> OracleStore::Find(TenantId tenant,
                                                              const std::string& account_id) const {
  const auto account = accounts_.find(Key(tenant, account_id));
  if (account == accounts_.end()) return NotFound("ACCOUNT_NOT_FOUND");
  return &account->second;
}

absl::StatusOr<AccountRecord> OracleStore::ReadAccount(TenantId tenant,
                                                       absl::string_view account_id) {
  MutexLock lock(&mutex_);
  if (closed_) return Closing();
  absl::StatusOr<const Account*> account = Find(tenant, std::string(account_id));
  if (!account.ok()) return account.status();
  return (*account)->record;
}

absl::StatusOr<std::vector<std::optional<AccountRecord>>> OracleStore::ReadAccounts(
    TenantId tenant, const std::vector<std::string>& account_ids) {
  MutexLock lock(&mutex_);
  if (closed_) return Closing();
  std::vector<std::optional<AccountRecord>> accounts;
  for (const std::string& account_id : account_ids) {
    absl::StatusOr<const Account*> account = Find(tenant, account_id);
    if (account.ok()) {
      accounts.emplace_back((*account)->record);
    } else {
      accounts.emplace_back();
    }
  }
  return accounts;
}

absl::StatusOr<LogRecord> OracleStore::ReadLog(TenantId tenant, int64_t position) {
  MutexLock lock(&mutex_);
  if (closed_) return Closing();
  if (position < 1 || position > static_cast<int64_t>(log_.size()) ||
      log_[static_cast<size_t>(position - 1)].tenant != tenant) {
    return NotFound("LOG_ENTRY_NOT_FOUND");
  }
  return log_[static_cast<size_t>(position - 1)].record;
}

absl::StatusOr<EvaluationPage> OracleStore::ListEvaluations(const EvaluationQuery& query) {
  MutexLock lock(&mutex_);
  if (closed_) return Closing();
  absl::StatusOr<const Account*> account = Find(query.tenant, query.account_id);
  if (!account.ok()) return account.status();
  EvaluationPage page;
  const std::vector<int64_t>& positions = (*account)->positions;
  for (auto position = positions.rbegin(); position != positions.rend(); ++position) {
    const LogRecord& record = log_[static_cast<size_t>(*position - 1)].record;
    if (!record.entry.has_evaluation()) continue;
    const store::v1::EvaluationEntry& evaluation = record.entry.evaluation();
    if (query.before_position != 0 && *position >= query.before_position) continue;
    if (!query.model_id.empty() && evaluation.model().model_id() != query.model_id) continue;
    if (evaluation.evaluate_us() < query.start_us || evaluation.evaluate_us() >= query.end_us) {
      continue;
    }
    if (static_cast<int>(page.records.size()) == query.limit) {
      page.next_before_position = page.records.back().position;
      break;
    }
    page.records.push_back(record);
  }
  return page;
}

absl::StatusOr<EventPage> OracleStore::ListEvents(const EventQuery& query) {
  MutexLock lock(&mutex_);
  if (closed_) return Closing();
  absl::StatusOr<const Account*> account = Find(query.tenant, query.account_id);
  if (!account.ok()) return account.status();
  EventPage page;
  int64_t last_position = 0;
  const auto& events = (*account)->events;
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    const auto& [position, row] = *event;
    if (query.before_position != 0 && position >= query.before_position) continue;
    if (query.open_only && row.closing_position != 0) continue;
    if (static_cast<int>(page.events.size()) == query.limit) {
      page.next_before_position = last_position;
      break;
    }
    last_position = position;
    page.events.push_back(ListedEvent(row.event, position, row.closing_position));
  }
  return page;
}

void OracleStore::Close() {
  refuses_writes_ = true;
  thread_.Drain();
  MutexLock lock(&mutex_);
  closed_ = true;
}

}  // namespace tiermark
