#include "tests/storage/oracle_store.h"

#include <algorithm>
#include <memory>

#include "google/protobuf/util/time_util.h"
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
    listener_();
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
  if (write.request.has_value()) {
    absl::StatusOr<std::optional<LogRecord>> first = FirstAnswer(write, asked_us);
    if (!first.ok()) return first.status();
    if (first->has_value()) {
      CommitResult repeated;
      repeated.repeated = true;
      repeated.entries.push_back(**std::move(first));
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
  const ItemMap no_items;
  if (write.items.has_value()) {
    input.items = known == accounts_.end() ? &no_items : &known->second.items[*write.items];
  }
  absl::StatusOr<ChangeSet> changes = write.decide(input);
  if (!changes.ok()) return changes.status();
  CommitResult result;
  if (changes->empty()) return result;

  if (changes->audit.has_value()) AppendAudit(write.tenant, *std::move(changes->audit));
  ResolvePositions(static_cast<int64_t>(log_.size()) + 1, &*changes);
  Account& account = accounts_[key];
  AccountRecord& record = account.record;
  if (record.account_no == 0) {
    record.account_no = ++last_account_no_;
    record.account_id = write.account_id;
  }
  if (!changes->erase) record.state = std::move(changes->state);
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
    positions_[key].push_back(added.record.position);
    result.entries.push_back(added.record);
    log_.push_back(std::move(added));
  }
  for (ChangeSet::EventRow& row : changes->events) {
    Event& event = account.events[row.position];
    if (row.event.has_value()) event.event = *std::move(row.event);
    event.closing_position = row.closing_position;
  }
  for (ChangeSet::Item& item : changes->items) {
    account.items[item.kind][item.key] = std::move(item.value);
  }
  if (changes->state_only) result.state = record.state;
  if (changes->erase) Erase(key);
  return result;
}

// The newest entry of the request that is young enough, of any account that had this id.
absl::StatusOr<std::optional<LogRecord>> OracleStore::FirstAnswer(const AccountWrite& write,
                                                                  int64_t asked_us) const {
  const auto positions = positions_.find(Key(write.tenant, write.account_id));
  if (positions == positions_.end()) return std::nullopt;
  for (auto it = positions->second.rbegin(); it != positions->second.rend(); ++it) {
    const Entry& entry = log_[static_cast<size_t>(*it - 1)];
    if (asked_us - entry.applied_us >= absl::ToInt64Microseconds(kRequestIdLifetime)) continue;
    const store::v1::RequestTag& tag = entry.record.entry.request();
    if (tag.id_hash() != write.request->id_hash()) continue;
    if (tag.body_hash() != write.request->body_hash()) {
      return ReasonedError(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED", "reused");
    }
    if (entry.erased && !entry.record.entry.has_deletion()) return NotFound("ACCOUNT_ERASED");
    return entry.record;
  }
  return std::nullopt;
}

void OracleStore::Erase(const Key& key) {
  for (const int64_t position : accounts_[key].positions) {
    Entry& entry = log_[static_cast<size_t>(position - 1)];
    entry.erased = true;
    if (!entry.record.entry.has_deletion()) entry.record.entry.clear_entry();
  }
  accounts_.erase(key);
}

void OracleStore::ApplyTenant(TenantWrite write) {
  if (refuses_writes_) {
    thread_.Post([done = std::move(write.done)]() mutable { done(Closing()); });
    return;
  }
  thread_.Post([this, write = std::move(write)]() mutable {
    mutex_.Lock();
    absl::StatusOr<TenantCommit> result = RunTenant(write);
    mutex_.Unlock();
    listener_();
    write.done(std::move(result));
  });
}

absl::StatusOr<TenantCommit> OracleStore::RunTenant(const TenantWrite& write) {
  const absl::Time now = clock_->Now();
  if (now > write.deadline) {
    return ReasonedError(absl::StatusCode::kDeadlineExceeded, "DEADLINE_PASSED", "too late");
  }
  const int64_t now_us = absl::ToUnixMicros(now);
  const auto expired = [now_us](const TenantAnswer& answer) {
    return now_us - answer.applied_us >= absl::ToInt64Microseconds(kRequestIdLifetime);
  };
  std::map<std::string, TenantAnswer>& answers = tenant_answers_[write.tenant];
  if (write.request.has_value()) {
    const auto first = answers.find(write.request->id_hash());
    if (first != answers.end() && !expired(first->second)) {
      if (first->second.body_hash != write.request->body_hash()) {
        return ReasonedError(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED", "reused");
      }
      return TenantCommit{first->second.answer, {}, true};
    }
  }
  TenantRecordMap& records = tenant_records_[write.tenant];
  TenantRecordMap asked;
  for (const std::string& key : write.keys) {
    if (records.count(key) > 0) asked[key] = records[key];
  }
  absl::StatusOr<TenantChangeSet> changes = write.decide(asked, now);
  if (!changes.ok()) return changes.status();
  TenantCommit commit;
  commit.answer = changes->answer;
  if (changes->records.empty() && changes->removed.empty()) return commit;
  for (const std::string& key : changes->removed) records.erase(key);
  for (auto& [key, value] : changes->records) {
    TenantRecord& record = records[key];
    record.key = key;
    record.value = std::move(value);
    commit.versions.push_back(++record.version);
  }
  if (changes->audit.has_value()) AppendAudit(write.tenant, *std::move(changes->audit));
  if (write.request.has_value()) {
    std::erase_if(answers, [&expired](const auto& answer) { return expired(answer.second); });
    answers[write.request->id_hash()] = {write.request->body_hash(), commit.answer, now_us};
  }
  return commit;
}

void OracleStore::AppendAudit(TenantId tenant, v1::AuditEntry entry) {
  std::vector<v1::AuditEntry>& entries = audit_[tenant];
  entry.set_audit_entry_id(std::to_string(entries.size() + 1));
  entries.push_back(std::move(entry));
}

absl::StatusOr<AuditPage> OracleStore::ListAudit(const AuditQuery& query) {
  MutexLock lock(&mutex_);
  if (closed_) return Closing();
  AuditPage page;
  const std::vector<v1::AuditEntry>& entries = audit_[query.tenant];
  int64_t number = static_cast<int64_t>(entries.size());
  if (query.before_number.has_value()) number = std::min(number, *query.before_number - 1);
  for (; number > 0; --number) {
    const v1::AuditEntry& entry = entries[static_cast<size_t>(number - 1)];
    const int64_t act_us =
        google::protobuf::util::TimeUtil::TimestampToMicroseconds(entry.act_time());
    if (query.start_us.has_value() && act_us < *query.start_us) continue;
    if (query.end_us.has_value() && act_us >= *query.end_us) continue;
    if (!query.api_key_id.empty() && entry.api_key_id() != query.api_key_id) continue;
    if (static_cast<int>(page.entries.size()) == query.limit) {
      page.next_before_number = number + 1;
      break;
    }
    page.entries.push_back(entry);
  }
  return page;
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
  if (position < 1 || position > static_cast<int64_t>(log_.size())) {
    return NotFound("LOG_ENTRY_NOT_FOUND");
  }
  const Entry& entry = log_[static_cast<size_t>(position - 1)];
  if (entry.tenant != tenant || (entry.erased && !entry.record.entry.has_deletion())) {
    return NotFound("LOG_ENTRY_NOT_FOUND");
  }
  return entry.record;
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

void OracleStore::OnCommit(std::function<void()> listener) { listener_ = std::move(listener); }

void OracleStore::Close() {
  refuses_writes_ = true;
  thread_.Drain();
  MutexLock lock(&mutex_);
  closed_ = true;
}

}  // namespace tiermark
