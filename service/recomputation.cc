#include "service/recomputation.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "service/apply_all.h"
#include "service/draft.h"
#include "service/log.h"
#include "service/settings.h"
#include "storage/thread_name.h"

namespace tiermark {
namespace {

using store::v1::RecomputationJob;

constexpr int kPageAccounts = 500;

// Before what failed is tried again.
constexpr absl::Duration kRetryDelay = absl::Milliseconds(200);
constexpr absl::Duration kErrorDelay = absl::Seconds(5);

bool SameDue(const store::v1::AccountState& a, const store::v1::AccountState& b) {
  if (a.due_size() != b.due_size()) return false;
  for (int i = 0; i < a.due_size(); ++i) {
    if (a.due(i).SerializeAsString() != b.due(i).SerializeAsString()) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<ChangeSet> DecideRecomputation(const CompiledPolicy& policy,
                                              const DecideInput& input) {
  // Erased meanwhile.
  if (input.account == nullptr) return ChangeSet();
  Draft draft = BeginDraft(input, policy);
  store::v1::Due next;
  SetDue(policy, &draft, &next);
  if (SameDue(draft.state, input.account->state)) return ChangeSet();
  draft.changes.state_only = true;
  return Finish(std::move(draft));
}

Recomputation::Recomputation(Store& store, const Catalog& catalog)
    : store_(store), catalog_(catalog), thread_([this] { Work(); }) {}

void Recomputation::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.Signal();
  }
  if (thread_.joinable()) thread_.join();
}

void Recomputation::Wake() {
  MutexLock lock(&mutex_);
  awake_ = true;
  changed_.Signal();
}

void Recomputation::Work() {
  NameThisThread("recompute");
  while (true) {
    {
      MutexLock lock(&mutex_);
      while (!awake_ && !stopping_) changed_.Wait(&mutex_);
      if (stopping_) return;
      awake_ = false;
    }
    absl::Status ran = RunJob();
    while (!ran.ok() && !stopping_) {
      if (!absl::IsAborted(ran)) {
        Log(LogLevel::kWarning, "due dates are not computed anew for now",
            {{"cause", std::string(ran.message())}});
        const absl::Time until = absl::Now() + kErrorDelay;
        while (absl::Now() < until && !stopping_) absl::SleepFor(kRetryDelay);
        if (stopping_) return;
      }
      ran = RunJob();
    }
  }
}

absl::Status Recomputation::RunJob() {
  const auto found = ReadRecomputation(store_, kDefaultTenant);
  if (!found.ok()) return found.status();
  if (!found->has_value() || (*found)->finish_us() != 0) return absl::OkStatus();
  RecomputationJob job = **found;
  // Its policy is committed and not in the catalog yet: Wake is about to be called.
  if (catalog_.policy()->version < job.policy_version()) return absl::OkStatus();
  if (absl::Status kept = KeepProgress(job, false); !kept.ok()) return kept;
  while (!stopping_) {
    AccountQuery query;
    query.order = AccountListOrder::kAge;
    query.after = AccountCursor();
    query.after->account_no = job.account_no();
    query.limit = kPageAccounts;
    const auto page = store_.ListAccounts(query);
    if (!page.ok()) return page.status();
    if (absl::Status done = RecomputePage(page->accounts); !done.ok()) return done;
    if (stopping_) break;
    job.set_accounts_done(job.accounts_done() + static_cast<int64_t>(page->accounts.size()));
    if (page->next.has_value()) job.set_account_no(page->next->account_no);
    const bool finished = !page->next.has_value();
    if (absl::Status kept = KeepProgress(job, finished); !kept.ok()) return kept;
    if (finished) break;
  }
  return absl::OkStatus();
}

absl::Status Recomputation::KeepProgress(const RecomputationJob& job, bool finished) {
  TenantWrite write;
  write.keys = {kRecomputationKey};
  write.decide = [job, finished](const TenantRecordMap& records,
                                 absl::Time now) -> absl::StatusOr<TenantChangeSet> {
    RecomputationJob stored;
    const auto found = records.find(kRecomputationKey);
    if (found == records.end() || !stored.ParseFromString(found->second.value) ||
        stored.policy_version() != job.policy_version()) {
      return absl::AbortedError("another recomputation took the place of this one");
    }
    RecomputationJob next = job;
    if (finished) next.set_finish_us(absl::ToUnixMicros(now));
    TenantChangeSet changes;
    changes.records.emplace_back(kRecomputationKey, next.SerializeAsString());
    return changes;
  };
  return ApplyTenantNow(store_, std::move(write)).status();
}

absl::Status Recomputation::RecomputePage(const std::vector<AccountRecord>& accounts) {
  std::vector<std::string> left;
  for (const AccountRecord& account : accounts) left.push_back(account.account_id);
  while (!left.empty() && !stopping_) {
    std::vector<AccountWrite> writes;
    for (const std::string& account_id : left) {
      AccountWrite& write = writes.emplace_back();
      write.account_id = account_id;
      write.decide = [this](const DecideInput& input) {
        return DecideRecomputation(*catalog_.policy(), input);
      };
      write.bulk = true;
    }
    const auto outcomes = ApplyAll(store_, std::move(writes));
    std::vector<std::string> refused;
    for (size_t i = 0; i < outcomes.size(); ++i) {
      if (outcomes[i].ok()) continue;
      // Only a full queue passes by itself.
      if (!absl::IsResourceExhausted(outcomes[i].status())) return outcomes[i].status();
      refused.push_back(left[i]);
    }
    left = std::move(refused);
    if (!left.empty()) absl::SleepFor(kRetryDelay);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<RecomputationJob>> ReadRecomputation(Store& store, TenantId tenant) {
  const auto records = store.ReadTenantRecords(tenant, kRecomputationKey);
  if (!records.ok()) return records.status();
  const auto found = records->find(kRecomputationKey);
  if (found == records->end()) return std::nullopt;
  RecomputationJob job;
  if (!job.ParseFromString(found->second.value)) {
    return absl::DataLossError("the recomputation's record cannot be read");
  }
  return job;
}

}  // namespace tiermark
