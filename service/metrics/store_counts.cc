#include "service/metrics/store_counts.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "service/account_jobs.h"
#include "service/log.h"
#include "service/model_settings.h"
#include "service/settings.h"
#include "service/tenants.h"
#include "storage/thread_name.h"

namespace tiermark {
namespace {

std::vector<v1::ReevaluationReason> AllReasons() {
  std::vector<v1::ReevaluationReason> reasons;
  for (int i = v1::REEVALUATION_REASON_UNSPECIFIED + 1; i <= v1::ReevaluationReason_MAX; ++i) {
    if (v1::ReevaluationReason_IsValid(i)) {
      reasons.push_back(static_cast<v1::ReevaluationReason>(i));
    }
  }
  return reasons;
}

// "first_meeting".
std::string NameOf(v1::ReevaluationReason reason) {
  const std::string& name = v1::ReevaluationReason_Name(reason);
  return absl::AsciiStrToLower(absl::StripPrefix(name, "REEVALUATION_REASON_"));
}

}  // namespace

void StoreCounts::Start(absl::Duration interval) {
  thread_ = std::thread([this, interval] { Work(interval); });
}

void StoreCounts::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.SignalAll();
  }
  if (thread_.joinable()) thread_.join();
}

void StoreCounts::Work(absl::Duration interval) {
  NameThisThread("counts");
  GiveWay();
  while (true) {
    if (absl::Status counted = Count(); !counted.ok() && !stopping()) {
      Log(LogLevel::kWarning, "what the store holds cannot be counted now",
          {{"cause", std::string(counted.message())}});
    }
    const auto until = std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(interval);
    MutexLock lock(&mutex_);
    while (!stopping_ && std::chrono::steady_clock::now() < until) {
      changed_.WaitUntil(&mutex_, until);
    }
    if (stopping_) return;
  }
}

bool StoreCounts::stopping() const {
  MutexLock lock(&mutex_);
  return stopping_;
}

absl::Status StoreCounts::Count() {
  CountsOfStore counts;
  counts.counted = clock_.Now();
  const int64_t now_us = absl::ToUnixMicros(counts.counted);
  const auto accounts = store_.LastAccountNo(kDefaultTenant);
  if (!accounts.ok()) return accounts.status();
  counts.accounts = *accounts;
  const auto tenants = ReadTenants(store_);
  if (!tenants.ok()) return tenants.status();
  const std::vector<v1::ReevaluationReason> reasons = AllReasons();
  for (const v1::ReevaluationReason reason : reasons) counts.due[NameOf(reason)] = 0;
  for (const store::v1::Tenant& tenant : *tenants) {
    for (const char* key : {kRecomputationKey, kMarkingKey}) {
      const auto job = ReadAccountJob(store_, tenant.tenant(), key);
      if (!job.ok()) return job.status();
      if (!job->has_value() || (*job)->finish_us() != 0) continue;
      ++counts.jobs_unfinished;
      counts.job_accounts_done += (*job)->accounts_done();
    }
    for (const v1::ReevaluationReason reason : reasons) {
      int64_t& due = counts.due[NameOf(reason)];
      const auto more = CountDue(tenant.tenant(), reason, now_us, kDueCountedMax - due);
      if (!more.ok()) return more.status();
      due += *more;
    }
  }
  MutexLock lock(&mutex_);
  latest_ = std::move(counts);
  return absl::OkStatus();
}

absl::StatusOr<int64_t> StoreCounts::CountDue(TenantId tenant, v1::ReevaluationReason reason,
                                              int64_t now_us, int64_t max) const {
  DueCountQuery query;
  query.tenant = tenant;
  query.reason = reason;
  query.due_by_us = now_us;
  int64_t rows = 0;
  while (rows < max) {
    if (stopping()) return absl::CancelledError("");
    const auto counted = store_.CountDue(query);
    if (!counted.ok()) return counted.status();
    rows += counted->rows;
    if (!counted->next.has_value()) break;
    query.after = counted->next;
  }
  return std::min(rows, max);
}

CountsOfStore StoreCounts::latest() const {
  MutexLock lock(&mutex_);
  return latest_;
}

}  // namespace tiermark
