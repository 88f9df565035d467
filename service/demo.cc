// Lives the demonstration portfolio's history through the pipeline, several accounts at a time.
#include "service/demo.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "scoring/calendar.h"
#include "service/demo/accounts.h"
#include "service/demo/history.h"
#include "service/demo/profile.h"
#include "service/handlers/handlers.h"
#include "service/log.h"
#include "storage/mutex.h"
#include "tiermark/v1/admin_service.pb.h"

namespace tiermark {
namespace {

using demo::Step;
using google::protobuf::util::TimeUtil;

// Calls under way at most: enough for the store to commit them in groups.
constexpr size_t kUnderWayMax = 64;

struct Rpc {
  const char* service;
  const char* method;
};

Rpc RpcOf(const v1::EvaluateAccountRequest&) { return {kScoringService, "EvaluateAccount"}; }
Rpc RpcOf(const v1::UpsertAccountRequest&) { return {kAccountService, "UpsertAccount"}; }
Rpc RpcOf(const v1::ReportAccountEventRequest&) { return {kAccountService, "ReportAccountEvent"}; }
Rpc RpcOf(const v1::RecordTransactionsRequest&) { return {kAccountService, "RecordTransactions"}; }
Rpc RpcOf(const v1::SetLifecycleStageRequest&) { return {kAccountService, "SetLifecycleStage"}; }
Rpc RpcOf(const v1::SetAccountStandingRequest&) { return {kAccountService, "SetAccountStanding"}; }
Rpc RpcOf(const v1::OverrideSegmentRequest&) { return {kScoringService, "OverrideSegment"}; }
Rpc RpcOf(const v1::BatchGetAccountsRequest&) { return {kAccountService, "BatchGetAccounts"}; }
Rpc RpcOf(const v1::ListAccountEventsRequest&) { return {kAccountService, "ListAccountEvents"}; }
Rpc RpcOf(const v1::ListTransactionsRequest&) { return {kAccountService, "ListTransactions"}; }
Rpc RpcOf(const v1::ListLifecycleChangesRequest&) {
  return {kAccountService, "ListLifecycleChanges"};
}
Rpc RpcOf(const v1::GetPolicyRequest&) { return {kAdminService, "GetPolicy"}; }
Rpc RpcOf(const v1::UpdatePolicyRequest&) { return {kAdminService, "UpdatePolicy"}; }

// Calls one RPC as a front end would.
template <typename Request>
void Start(Pipeline& pipeline, const Request& request, std::optional<absl::Time> at,
           Pipeline::Finished finished) {
  const Rpc rpc = RpcOf(request);
  const Method* method = pipeline.methods().Find(absl::StrCat(rpc.service, "/", rpc.method));
  if (method == nullptr) return finished(nullptr, absl::UnimplementedError("not served"));
  CallHeaders headers;
  headers.at = at;
  headers.own = true;
  auto call = pipeline.Begin(*method, headers, request.ByteSizeLong());
  if (!call.ok()) return finished(nullptr, call.status());
  (*call)->request()->CopyFrom(request);
  pipeline.Run(*std::move(call), absl::OkStatus(), std::move(finished));
}

// Calls under way, at most one for each account, so that its steps keep their order whatever
// becomes of them. Waits for them when it is destroyed.
class Callers {
 public:
  explicit Callers(Pipeline& pipeline) : pipeline_(pipeline) {}
  ~Callers() { WaitForAll().IgnoreError(); }
  Callers(const Callers&) = delete;
  Callers& operator=(const Callers&) = delete;

  // Waits until the step may be taken, and takes it. Fails as an earlier step has.
  absl::Status Take(const Step& step) {
    {
      MutexLock lock(&mutex_);
      while (under_way_.size() >= kUnderWayMax || under_way_.count(step.account_id) > 0) {
        changed_.Wait(&mutex_);
      }
      if (!failure_.ok()) return failure_;
      under_way_.insert(step.account_id);
    }
    std::visit(
        [&](const auto& request) {
          Start(
              pipeline_, request, step.at,
              [this, account_id = step.account_id](
                  std::unique_ptr<Call>, const absl::Status& status) { End(account_id, status); });
        },
        step.request);
    return absl::OkStatus();
  }

  absl::Status WaitForAll() {
    MutexLock lock(&mutex_);
    while (!under_way_.empty()) changed_.Wait(&mutex_);
    return failure_;
  }

 private:
  void End(const std::string& account_id, const absl::Status& status) {
    MutexLock lock(&mutex_);
    if (failure_.ok()) failure_ = status;
    under_way_.erase(account_id);
    changed_.SignalAll();
  }

  Pipeline& pipeline_;
  Mutex mutex_;
  CondVar changed_;
  std::set<std::string> under_way_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

// Calls and waits for the answer.
template <typename Response, typename Request>
absl::StatusOr<Response> Ask(Pipeline& pipeline, const Request& request) {
  Mutex mutex;
  CondVar answered;
  std::optional<absl::StatusOr<Response>> answer;
  Start(pipeline, request, std::nullopt,
        [&](std::unique_ptr<Call> call, const absl::Status& status) {
          MutexLock lock(&mutex);
          if (status.ok()) {
            answer = static_cast<const Response&>(*call->response());
          } else {
            answer = status;
          }
          answered.SignalAll();
        });
  MutexLock lock(&mutex);
  while (!answer.has_value()) answered.Wait(&mutex);
  return *std::move(answer);
}

// The account's accepted steps end at this instant at the earliest: its writes say so.
absl::StatusOr<absl::Time> WrittenUntil(Pipeline& pipeline, const v1::Account& account) {
  absl::CivilDay day;
  const auto synced = account.facts().custom().find(demo::kSyncedFact);
  if (synced != account.facts().custom().end()) day = DayOf(synced->second.date());
  // No account has two steps on a day.
  const auto end_of = [](absl::CivilDay written) {
    return absl::FromCivil(written + 1, absl::UTCTimeZone()) - absl::Microseconds(1);
  };
  absl::Time until = end_of(day);
  const auto reach = [&until](const google::protobuf::Timestamp& time) {
    until = std::max(until, absl::FromUnixMicros(TimeUtil::TimestampToMicroseconds(time)));
  };
  for (const v1::ModelScore& score : account.scores()) reach(score.evaluate_time());
  if (account.has_override()) reach(account.override().override_time());
  v1::ListAccountEventsRequest request;
  request.set_account_id(account.account_id());
  request.set_page_size(1);
  const auto events = Ask<v1::ListAccountEventsResponse>(pipeline, request);
  if (!events.ok()) return events.status();
  for (const v1::AccountEvent& event : events->events()) reach(event.report_time());
  v1::ListLifecycleChangesRequest list_changes;
  list_changes.set_account_id(account.account_id());
  list_changes.set_page_size(1);
  const auto changes = Ask<v1::ListLifecycleChangesResponse>(pipeline, list_changes);
  if (!changes.ok()) return changes.status();
  for (const v1::LifecycleChange& change : changes->changes()) reach(change.record_time());
  v1::ListTransactionsRequest list_transactions;
  list_transactions.set_account_id(account.account_id());
  list_transactions.set_page_size(1'000);
  const auto transactions = Ask<v1::ListTransactionsResponse>(pipeline, list_transactions);
  if (!transactions.ok()) return transactions.status();
  for (const v1::Transaction& transaction : transactions->transactions()) {
    if (transaction.state() != v1::TRANSACTION_STATE_ISSUED) continue;
    until = std::max(until, end_of(DayOf(transaction.issue_date())));
  }
  return until;
}

// Says what the dimensions need, unless somebody has decided something already. Due dates do not
// change by it.
absl::Status SetPolicy(Pipeline& pipeline) {
  const auto current = Ask<v1::GetPolicyResponse>(pipeline, v1::GetPolicyRequest());
  if (!current.ok() || current->policy().version() > 0) return current.status();
  v1::UpdatePolicyRequest request;
  v1::Policy* policy = request.mutable_policy();
  *policy = current->policy();
  policy->clear_version();
  policy->set_home_country("CO");
  policy->set_high_value_mrr("10000");
  for (const std::string& line : demo::ProductLines()) policy->add_product_lines(line);
  request.set_expected_version(0);
  return Ask<v1::UpdatePolicyResponse>(pipeline, request).status();
}

// What an earlier run left.
struct Progress {
  bool complete = false;
  absl::CivilDay as_of;
  std::map<std::string, absl::Time> written_until;  // By account.
};

absl::StatusOr<Progress> ReadProgress(Pipeline& pipeline, absl::CivilDay today) {
  v1::BatchGetAccountsRequest request;
  const std::vector<demo::Account> accounts = demo::Accounts();
  for (const demo::Account& account : accounts) request.add_account_ids(account.account_id);
  const auto stored = Ask<v1::BatchGetAccountsResponse>(pipeline, request);
  if (!stored.ok()) return stored.status();
  Progress progress;
  progress.as_of = today;
  for (const v1::Account& account : stored->accounts()) {
    if (account.account_id() == accounts.front().account_id) {
      const auto& custom = account.facts().custom();
      progress.complete = custom.count(demo::kCompleteFact) > 0;
      const auto as_of = custom.find(demo::kAsOfFact);
      if (as_of != custom.end()) progress.as_of = DayOf(as_of->second.date());
    }
    if (progress.complete) break;
    const auto until = WrittenUntil(pipeline, account);
    if (!until.ok()) return until.status();
    progress.written_until[account.account_id()] = *until;
  }
  return progress;
}

struct Counts {
  int64_t evaluations = 0;
  int64_t changes = 0;
  int64_t events = 0;
  int64_t transactions = 0;
  int64_t decisions = 0;  // About stages, standings and segments.

  void operator()(const v1::EvaluateAccountRequest&) { ++evaluations; }
  void operator()(const v1::UpsertAccountRequest&) { ++changes; }
  void operator()(const v1::ReportAccountEventRequest&) { ++events; }
  void operator()(const v1::RecordTransactionsRequest& request) {
    transactions += request.transactions_size();
  }
  void operator()(const v1::SetLifecycleStageRequest&) { ++decisions; }
  void operator()(const v1::SetAccountStandingRequest&) { ++decisions; }
  void operator()(const v1::OverrideSegmentRequest&) { ++decisions; }
};

}  // namespace

absl::Status SeedDemo(Pipeline& pipeline, const Clock& clock) {
  const auto progress = ReadProgress(pipeline, absl::ToCivilDay(clock.Now(), absl::UTCTimeZone()));
  if (!progress.ok()) return progress.status();
  if (progress->complete) {
    Log(LogLevel::kInfo, "the demonstration portfolio is there already");
    return absl::OkStatus();
  }
  if (absl::Status set = SetPolicy(pipeline); !set.ok()) return set;
  const std::vector<Step> steps = demo::Steps(progress->as_of);
  Counts counts;
  int64_t done_before = 0;
  Callers callers(pipeline);
  for (const Step& step : steps) {
    const auto written = progress->written_until.find(step.account_id);
    const bool is_last = &step == &steps.back();
    if (!is_last && written != progress->written_until.end() && step.at <= written->second) {
      ++done_before;
      continue;
    }
    // The first step says what the others are made of, the last one that they are all done.
    const bool is_first = &step == &steps.front();
    if (is_last) {
      if (absl::Status taken = callers.WaitForAll(); !taken.ok()) return taken;
    }
    if (absl::Status taken = callers.Take(step); !taken.ok()) return taken;
    if (is_first) {
      if (absl::Status taken = callers.WaitForAll(); !taken.ok()) return taken;
    }
    std::visit(counts, step.request);
  }
  if (absl::Status taken = callers.WaitForAll(); !taken.ok()) return taken;
  Log(LogLevel::kInfo, "the demonstration portfolio is complete",
      {{"evaluations", counts.evaluations},
       {"changes", counts.changes},
       {"events", counts.events},
       {"transactions", counts.transactions},
       {"decisions", counts.decisions},
       {"done_before", done_before}});
  return absl::OkStatus();
}

}  // namespace tiermark
