// A store that says plainly what a store does: everything in maps, every list by looking at all.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "storage/answer_threads.h"
#include "storage/clock.h"
#include "storage/mutex.h"
#include "storage/store.h"

namespace tiermark {

// Keeps nothing when it goes. For tests; safe for any number of threads.
class OracleStore : public Store {
 public:
  // `clock` must outlive the store.
  explicit OracleStore(const Clock* clock) : clock_(clock) {}
  ~OracleStore() override { Close(); }

  void Apply(AccountWrite write) override;
  absl::StatusOr<AccountRecord> ReadAccount(TenantId tenant, absl::string_view account_id) override;
  absl::StatusOr<std::vector<std::optional<AccountRecord>>> ReadAccounts(
      TenantId tenant, const std::vector<std::string>& account_ids) override;
  absl::StatusOr<LogRecord> ReadLog(TenantId tenant, int64_t position) override;
  absl::StatusOr<DuePage> ListDue(const DueQuery& query) override;
  absl::StatusOr<DueCount> CountDue(const DueCountQuery& query) override;
  absl::StatusOr<AccountPage> ListAccounts(const AccountQuery& query) override;
  absl::StatusOr<EvaluationPage> ListEvaluations(const EvaluationQuery& query) override;
  absl::StatusOr<EventPage> ListEvents(const EventQuery& query) override;

  absl::StatusOr<ItemPage> ListItems(const ItemQuery& query) override;
  absl::StatusOr<MovementPage> ListMovements(const MovementQuery& query) override;
  absl::StatusOr<ChangePage> ListChanges(const ChangeQuery& query) override;
  absl::StatusOr<int64_t> LastPosition(TenantId tenant) override;
  absl::StatusOr<int64_t> LastAccountNo(TenantId tenant) override;
  void ApplyTenant(TenantWrite write) override;
  absl::StatusOr<TenantRecordMap> ReadTenantRecords(TenantId tenant,
                                                    absl::string_view prefix) override;
  absl::StatusOr<AuditPage> ListAudit(const AuditQuery& query) override;
  void OnCommit(std::function<void()> listener) override;
  StoreGauges Gauges() override { return {}; }
  void Close() override;

 private:
  using Key = std::pair<TenantId, std::string>;

  struct Event {
    v1::AccountEvent event;
    int64_t closing_position = 0;
  };
  struct Account {
    AccountRecord record;
    std::map<int64_t, Event> events;
    std::map<ItemKind, ItemMap> items;
    std::vector<int64_t> positions;
  };
  struct Entry {
    TenantId tenant = kDefaultTenant;
    LogRecord record;
    int64_t applied_us = 0;
    // Its account was erased.
    bool erased = false;
  };
  struct TenantAnswer {
    std::string body_hash;
    std::string answer;
    int64_t applied_us = 0;
  };

  absl::StatusOr<CommitResult> Run(const AccountWrite& write) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<TenantCommit> RunTenant(const TenantWrite& write)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::optional<LogRecord>> FirstAnswer(const AccountWrite& write,
                                                       int64_t asked_us) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AppendAudit(TenantId tenant, v1::AuditEntry entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Erase(const Key& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<const Account*> Find(TenantId tenant, const std::string& account_id) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock* const clock_;
  Mutex mutex_;
  std::atomic<bool> refuses_writes_ = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<Key, Account> accounts_ ABSL_GUARDED_BY(mutex_);
  // Position 1 first.
  std::deque<Entry> log_ ABSL_GUARDED_BY(mutex_);
  int64_t last_account_no_ ABSL_GUARDED_BY(mutex_) = 0;
  // By key: the positions of every account of that id, erased ones too.
  std::map<Key, std::vector<int64_t>> positions_ ABSL_GUARDED_BY(mutex_);
  std::map<TenantId, TenantRecordMap> tenant_records_ ABSL_GUARDED_BY(mutex_);
  // By tenant and request id.
  std::map<TenantId, std::map<std::string, TenantAnswer>> tenant_answers_ ABSL_GUARDED_BY(mutex_);
  std::map<TenantId, std::vector<v1::AuditEntry>> audit_ ABSL_GUARDED_BY(mutex_);
  // Set before the first write.
  std::function<void()> listener_ = [] {};
  // Decides, commits and answers, in order.
  AnswerThreads thread_{1};
};

}  // namespace tiermark
