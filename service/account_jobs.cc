#include "service/account_jobs.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "service/apply_all.h"
#include "service/decide_jobs.h"
#include "service/log.h"
#include "service/model_settings.h"
#include "service/settings.h"
#include "service/tenants.h"
#include "storage/thread_name.h"

namespace tiermark {
namespace {

using store::v1::AccountJob;

constexpr int kPageAccounts = 500;

// Before what failed is tried again.
constexpr absl::Duration kRetryDelay = absl::Milliseconds(200);
constexpr absl::Duration kErrorDelay = absl::Seconds(5);

absl::Status Replaced() { return absl::AbortedError("another job took the place of this one"); }

}  // namespace

AccountJobs::AccountJobs(Store& store, Catalogs& catalogs, const Clock& clock)
    : store_(store), catalogs_(catalogs), clock_(clock), thread_([this] { Work(); }) {}

std::vector<AccountJobs::Kind> AccountJobs::KindsOf(TenantId tenant) {
  return {
      {tenant, kRecomputationKey, [](const Catalog& catalog) { return catalog.policy()->version; },
       [](const Catalog& catalog, const AccountJob&, const DecideInput& input) {
         return DecideRecomputation(*catalog.policy(), input);
       }},
      {tenant, kMarkingKey,
       [](const Catalog& catalog) { return catalog.segmentation()->model().version(); },
       [](const Catalog& catalog, const AccountJob& job,
          const DecideInput& input) -> absl::StatusOr<ChangeSet> {
         const auto model = catalog.segmentation();
         if (model->model().version() != job.version()) return Replaced();
         return DecideMarking(*model, job.publish_us(), *catalog.policy(), input);
       }}};
}

void AccountJobs::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.Signal();
  }
  if (thread_.joinable()) thread_.join();
}

void AccountJobs::Wake() {
  MutexLock lock(&mutex_);
  awake_ = true;
  changed_.Signal();
}

void AccountJobs::Work() {
  NameThisThread("account-jobs");
  GiveWay();
  while (true) {
    {
      MutexLock lock(&mutex_);
      while (!awake_ && !stopping_) changed_.Wait(&mutex_);
      if (stopping_) return;
      awake_ = false;
    }
    absl::Status ran = RunJobs();
    while (!ran.ok() && !stopping_) {
      if (!absl::IsAborted(ran)) {
        Log(LogLevel::kWarning, "work on all accounts does not go on for now",
            {{"cause", std::string(ran.message())}});
        const absl::Time until = absl::Now() + kErrorDelay;
        while (absl::Now() < until && !stopping_) absl::SleepFor(kRetryDelay);
        if (stopping_) return;
      }
      ran = RunJobs();
    }
  }
}

absl::Status AccountJobs::RunJobs() {
  const auto tenants = ReadTenants(store_);
  if (!tenants.ok()) return tenants.status();
  absl::Status status;
  // One that fails does not hold up the others.
  for (const store::v1::Tenant& tenant : *tenants) {
    for (const Kind& kind : KindsOf(tenant.tenant())) status.Update(RunJob(kind));
  }
  return status;
}

absl::Status AccountJobs::RunJob(const Kind& kind) {
  const auto found = ReadAccountJob(store_, kind.tenant, kind.key);
  if (!found.ok()) return found.status();
  if (!found->has_value() || (*found)->finish_us() != 0) return absl::OkStatus();
  AccountJob job = **found;
  const auto catalog_of_tenant = catalogs_.Of(kind.tenant);
  if (!catalog_of_tenant.ok()) return catalog_of_tenant.status();
  const Catalog& catalog = **catalog_of_tenant;
  // What it puts into effect is committed and not in the catalog yet: Wake is about to be called.
  if (kind.version(catalog) < job.version()) return absl::OkStatus();
  if (absl::Status kept = KeepProgress(kind, job, false); !kept.ok()) return kept;
  int64_t last_seen = job.account_no();
  while (!stopping_) {
    AccountQuery query;
    query.tenant = kind.tenant;
    query.order = AccountListOrder::kAge;
    query.after = AccountCursor();
    query.after->account_no = job.account_no();
    query.limit = kPageAccounts;
    int64_t seen = 0;
    query.matches = [&](const AccountRecord& account, const ItemMap*) {
      // The one behind a full page is shown again on the next.
      if (account.account_no > last_seen) ++seen;
      last_seen = std::max(last_seen, account.account_no);
      const auto changes = kind.decide(catalog, job, {&account, clock_.Now()});
      return !changes.ok() || !changes->empty();
    };
    const auto page = store_.ListAccounts(query);
    if (!page.ok()) return page.status();
    const auto written = WorkOn(kind, catalog, job, page->accounts);
    if (!written.ok()) return written.status();
    if (stopping_) break;
    job.set_accounts_done(job.accounts_done() + seen);
    job.set_accounts_changed(job.accounts_changed() + *written);
    if (page->next.has_value()) job.set_account_no(page->next->account_no);
    const bool finished = !page->next.has_value();
    if (absl::Status kept = KeepProgress(kind, job, finished); !kept.ok()) return kept;
    if (finished) break;
  }
  return absl::OkStatus();
}

absl::Status AccountJobs::KeepProgress(const Kind& kind, const AccountJob& job, bool finished) {
  TenantWrite write;
  write.tenant = kind.tenant;
  write.keys = {kind.key};
  write.decide = [key = kind.key, job, finished](
                     const TenantRecordMap& records,
                     absl::Time now) -> absl::StatusOr<TenantChangeSet> {
    AccountJob stored;
    const auto found = records.find(key);
    if (found == records.end() || !stored.ParseFromString(found->second.value) ||
        stored.version() != job.version() || stored.finish_us() != 0) {
      return Replaced();
    }
    AccountJob next = job;
    if (finished) next.set_finish_us(absl::ToUnixMicros(now));
    TenantChangeSet changes;
    changes.records.emplace_back(key, next.SerializeAsString());
    return changes;
  };
  return ApplyTenantNow(store_, std::move(write)).status();
}

absl::StatusOr<int> AccountJobs::WorkOn(const Kind& kind, const Catalog& catalog,
                                        const AccountJob& job,
                                        const std::vector<AccountRecord>& accounts) {
  std::vector<std::string> left;
  left.reserve(accounts.size());
  for (const AccountRecord& account : accounts) left.push_back(account.account_id);
  int written = 0;
  while (!left.empty() && !stopping_) {
    std::vector<AccountWrite> writes;
    for (const std::string& account_id : left) {
      AccountWrite& write = writes.emplace_back();
      write.tenant = kind.tenant;
      write.account_id = account_id;
      write.decide = [&kind, &catalog, job](const DecideInput& input) {
        return kind.decide(catalog, job, input);
      };
      write.bulk = true;
    }
    const auto outcomes = ApplyAll(store_, std::move(writes));
    std::vector<std::string> refused;
    for (size_t i = 0; i < outcomes.size(); ++i) {
      if (outcomes[i].ok()) {
        if (outcomes[i]->state.has_value()) ++written;
        continue;
      }
      // Only a full queue passes by itself.
      if (!absl::IsResourceExhausted(outcomes[i].status())) return outcomes[i].status();
      refused.push_back(left[i]);
    }
    left = std::move(refused);
    if (!left.empty()) absl::SleepFor(kRetryDelay);
  }
  return written;
}

absl::StatusOr<std::optional<AccountJob>> ReadAccountJob(Store& store, TenantId tenant,
                                                         const std::string& key) {
  const auto records = store.ReadTenantRecords(tenant, key);
  if (!records.ok()) return records.status();
  const auto found = records->find(key);
  if (found == records->end()) return std::nullopt;
  AccountJob job;
  if (!job.ParseFromString(found->second.value)) {
    return absl::DataLossError("the record of a job cannot be read");
  }
  return job;
}

}  // namespace tiermark
