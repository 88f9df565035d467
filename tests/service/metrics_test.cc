// What is counted of calls and of the store, and what a scrape finds.
#include <algorithm>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "scoring/error.h"
#include "service/metrics/call_metrics.h"
#include "service/metrics/page.h"
#include "service/metrics/process_stats.h"
#include "service/metrics/store_counts.h"
#include "service/metrics/store_metrics.h"
#include "service/settings.h"
#include "service/tenants.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

constexpr HistogramBounds kBounds = {10, 3, {5, 10, 100}};

TEST(HistogramTest, AValueFallsInTheFirstBucketThatHoldsIt) {
  Histogram histogram(kBounds);
  for (const int64_t value : {-3, 0, 5, 6, 10, 100, 101, 1'000}) histogram.Add(value);
  const Histogram::Snapshot snapshot = histogram.Take();
  EXPECT_EQ(snapshot.counts[0], 3) << "-3 as 0, 0 and 5";
  EXPECT_EQ(snapshot.counts[1], 2);
  EXPECT_EQ(snapshot.counts[2], 1);
  EXPECT_EQ(snapshot.counts[3], 2);
  EXPECT_EQ(snapshot.sum, 1'222);
}

TEST(HistogramTest, ManyThreads_LoseNothing) {
  constexpr int kThreads = 4;
  constexpr int kValues = 20'000;
  Histogram histogram(kBounds);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&histogram] {
      for (int i = 0; i < kValues; ++i) histogram.Add(i % 2 == 0 ? 7 : 200);
    });
  }
  // A scrape meanwhile sees no more than there is.
  EXPECT_LE(histogram.Take().counts[1], kThreads * kValues / 2);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(histogram.Take().counts[1], kThreads * kValues / 2);
  EXPECT_EQ(histogram.Take().counts[3], kThreads * kValues / 2);
  EXPECT_EQ(histogram.Take().sum, int64_t{kThreads} * kValues / 2 * 207);
}

// Takes whoever shows anything for a viewer.
class ViewersAlone : public Authenticator {
 public:
  absl::StatusOr<Caller> Authenticate(const Credentials& credentials) override {
    if (credentials.authorization.empty()) {
      return ReasonedError(absl::StatusCode::kUnauthenticated, "KEY_NOT_ACCEPTED", "no");
    }
    return Caller{kDefaultTenant, Role::kViewer, "key-of-a-viewer"};
  }
  absl::Status CheckStillHolds(const Caller&) override { return absl::OkStatus(); }
};

// A whole service that is counted.
class MetricsTest : public testing::Test {
 protected:
  MetricsTest() { Serve(nullptr); }

  void Serve(Authenticator* authenticator) {
    PipelineOptions options;
    options.authenticator = authenticator;
    options.observer = &calls_;
    pipeline_.emplace(service_.methods(), service_.clock(), options);
  }

  absl::Status Call(const google::protobuf::Message& request, google::protobuf::Message* response,
                    const CallHeaders& headers = {}) {
    return CallThrough(*pipeline_, service_.methods(), request, response, headers);
  }

  absl::Status Evaluate(const std::string& account_id, const CallHeaders& headers = {}) {
    v1::EvaluateAccountRequest request;
    request.set_account_id(account_id);
    *request.mutable_facts() = BankFacts();
    v1::EvaluateAccountResponse response;
    return Call(request, &response, headers);
  }

  std::string Text() {
    return MetricsText({calls_, *pipeline_, service_.store(), store_work_, store_counts_, nullptr});
  }

  // The value of a line, which is all of it before the blank.
  double ValueOf(const std::string& series) {
    const std::string text = Text();
    for (absl::string_view line : absl::StrSplit(text, '\n')) {
      if (absl::StartsWith(line, absl::StrCat(series, " "))) {
        return std::stod(std::string(line.substr(series.size() + 1)));
      }
    }
    return -1;
  }

  TestService service_;
  CallMetrics calls_{service_.methods()};
  StoreMetrics store_work_;
  ViewersAlone viewers_;
  StoreCounts store_counts_{service_.store(), service_.clock()};
  std::optional<Pipeline> pipeline_;
};

constexpr char kEvaluate[] = "tiermark.v1.ScoringService/EvaluateAccount";

std::string CallsOf(const char* rpc, const char* code) {
  return absl::StrCat("tiermark_calls_total{rpc=\"", rpc, "\",code=\"", code, "\"}");
}

std::string RefusedFor(const char* reason) {
  return absl::StrCat("tiermark_calls_refused_total{reason=\"", reason, "\"}");
}

TEST_F(MetricsTest, Calls_CountByRpcAndCode) {
  EXPECT_EQ(ValueOf(CallsOf(kEvaluate, "OK")), 0);
  EXPECT_EQ(ValueOf(CallsOf(kEvaluate, "INVALID_ARGUMENT")), -1) << "never occurred";
  EXPECT_OK(Evaluate("acme"));
  EXPECT_OK(Evaluate("acme"));
  EXPECT_FALSE(Evaluate(" not an id").ok());
  EXPECT_EQ(ValueOf(CallsOf(kEvaluate, "OK")), 2);
  EXPECT_EQ(ValueOf(CallsOf(kEvaluate, "INVALID_ARGUMENT")), 1);
  EXPECT_EQ(ValueOf(CallsOf("tiermark.v1.AccountService/GetAccount", "OK")), 0);
  const std::string duration =
      absl::StrCat("tiermark_call_duration_seconds_count{rpc=\"", kEvaluate, "\"}");
  EXPECT_EQ(ValueOf(duration), 3);
  EXPECT_EQ(ValueOf("tiermark_calls_under_way"), 0);
  EXPECT_EQ(ValueOf(RefusedFor("OTHER")), 0) << "a fault of the request's own is no refusal";
}

TEST_F(MetricsTest, RefusedCalls_CountByReason_AndByRpcAndCode) {
  Serve(&viewers_);
  EXPECT_FAILS(Evaluate("acme"), kUnauthenticated, "KEY_NOT_ACCEPTED");
  EXPECT_EQ(ValueOf(RefusedFor("KEY_NOT_ACCEPTED")), 1);
  EXPECT_EQ(ValueOf(CallsOf(kEvaluate, "UNAUTHENTICATED")), 1);
  const std::string duration =
      absl::StrCat("tiermark_call_duration_seconds_count{rpc=\"", kEvaluate, "\"}");
  EXPECT_EQ(ValueOf(duration), 0) << "it never began";
  CallHeaders headers;
  headers.credentials.authorization = "Bearer key";
  EXPECT_FAILS(Evaluate("acme", headers), kPermissionDenied, "ROLE_TOO_LOW");
  EXPECT_EQ(ValueOf(RefusedFor("ROLE_TOO_LOW")), 1);
  EXPECT_EQ(ValueOf(CallsOf(kEvaluate, "PERMISSION_DENIED")), 1);
  CallHeaders late;
  late.own = true;
  late.deadline = service_.clock().Now();
  EXPECT_FALSE(Evaluate("acme", late).ok());
  EXPECT_EQ(ValueOf(RefusedFor("OTHER")), 1);
  EXPECT_EQ(ValueOf(CallsOf(kEvaluate, "DEADLINE_EXCEEDED")), 1);
  pipeline_->Drain();
  EXPECT_FALSE(Evaluate("acme").ok());
  EXPECT_EQ(ValueOf(RefusedFor("SHUTTING_DOWN")), 1);
  EXPECT_EQ(ValueOf("tiermark_draining"), 1);
}

TEST_F(MetricsTest, CallsRefusedAfterTheyBegan_CountByReasonToo) {
  const Method& method = *service_.methods().Find(kEvaluate);
  calls_.Ended(method, OverloadError("WRITE_QUEUE_FULL", "", absl::Seconds(1)), absl::Seconds(3));
  EXPECT_EQ(ValueOf(RefusedFor("WRITE_QUEUE_FULL")), 1);
  EXPECT_EQ(ValueOf(CallsOf(kEvaluate, "RESOURCE_EXHAUSTED")), 1);
  const std::string bucket = "tiermark_call_duration_seconds_bucket{rpc=\"";
  EXPECT_EQ(ValueOf(absl::StrCat(bucket, kEvaluate, "\",le=\"2.5\"}")), 0);
  EXPECT_EQ(ValueOf(absl::StrCat(bucket, kEvaluate, "\",le=\"5\"}")), 1);
  EXPECT_EQ(ValueOf(absl::StrCat(bucket, kEvaluate, "\",le=\"+Inf\"}")), 1);
  EXPECT_EQ(ValueOf(absl::StrCat("tiermark_call_duration_seconds_sum{rpc=\"", kEvaluate, "\"}")),
            3);
}

TEST_F(MetricsTest, Text_NamesNothingOfACustomers) {
  v1::EvaluateAccountRequest request;
  request.set_account_id("canary-account");
  *request.mutable_facts() = BankFacts();
  request.mutable_facts()->set_display_name("Canary Name");
  request.mutable_facts()->set_past_due_cases(734'915'286);
  v1::EvaluateAccountResponse response;
  ASSERT_OK(Call(request, &response));
  ASSERT_TRUE(FindOrCreateTenant(service_.store(), "canary-tenant").ok());
  ASSERT_OK(store_counts_.Count());
  const std::string text = Text();
  EXPECT_THAT(text, Not(testing::ContainsRegex("[Cc]anary")));
  EXPECT_THAT(text, Not(HasSubstr("734915286")));
  EXPECT_THAT(text, Not(HasSubstr("tenant=")));
}

TEST_F(MetricsTest, StoreWork_IsShownAsItWasTold) {
  store_work_.GroupCommitted(3, absl::Microseconds(700));
  store_work_.GroupCommitted(256, absl::Milliseconds(2));
  store_work_.Flushed(absl::Milliseconds(4));
  store_work_.Checkpointed(CheckpointStep::kFlush, absl::Seconds(2));
  store_work_.Failed(StoreFault::kDamaged);
  EXPECT_EQ(ValueOf("tiermark_store_group_writes_count"), 2);
  EXPECT_EQ(ValueOf("tiermark_store_group_writes_sum"), 259);
  EXPECT_EQ(ValueOf("tiermark_store_group_writes_bucket{le=\"4\"}"), 1);
  EXPECT_EQ(ValueOf("tiermark_store_commit_duration_seconds_bucket{le=\"0.001\"}"), 1);
  EXPECT_DOUBLE_EQ(ValueOf("tiermark_store_flush_duration_seconds_sum"), 0.004);
  EXPECT_EQ(ValueOf("tiermark_store_checkpoint_duration_seconds_count{step=\"flush\"}"), 1);
  EXPECT_EQ(ValueOf("tiermark_store_faults_total{kind=\"damaged\"}"), 1);
  EXPECT_EQ(ValueOf("tiermark_store_faults_total{kind=\"disk_full\"}"), 0);
}

TEST_F(MetricsTest, StoreCounts_DueAccountsByReason_AndJobs) {
  EXPECT_EQ(ValueOf("tiermark_accounts"), -1) << "not counted yet";
  EXPECT_OK(Evaluate("bank"));
  EXPECT_OK(Evaluate("other bank"));
  ASSERT_OK(store_counts_.Count());
  EXPECT_THAT(store_counts_.latest().due,
              ElementsAre(Pair("event", 0), Pair("first_meeting", 0), Pair("model_changed", 0),
                          Pair("monthly", 0), Pair("quarterly", 0)));
  EXPECT_EQ(ValueOf("tiermark_accounts"), 2);
  service_.clock().Advance(absl::Hours(24 * 400));
  v1::ReportAccountEventRequest report;
  report.set_account_id("bank");
  report.set_type(v1::ACCOUNT_EVENT_TYPE_ACQUISITION_OR_MERGER);
  v1::ReportAccountEventResponse reported;
  ASSERT_OK(Call(report, &reported));
  ASSERT_OK(store_counts_.Count());
  const CountsOfStore counts = store_counts_.latest();
  EXPECT_EQ(counts.due.at("event"), 1);
  EXPECT_EQ(counts.due.at("monthly") + counts.due.at("quarterly"), 2);
  EXPECT_EQ(counts.counted, service_.clock().Now());
  EXPECT_EQ(counts.jobs_unfinished, 0);
  EXPECT_EQ(ValueOf("tiermark_due_accounts{reason=\"event\"}"), 1);
}

// Says of every reason that there is no end of it.
class EndlessStore : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  absl::StatusOr<DueCount> CountDue(const DueCountQuery& query) override {
    ++asked;
    EXPECT_EQ(query.after.has_value(), asked % kPages != 1);
    return DueCount{kExaminedRowsMax, DueCursor{query.reason, asked, 1}};
  }
  absl::StatusOr<TenantRecordMap> ReadTenantRecords(TenantId tenant,
                                                    absl::string_view prefix) override {
    auto records = ForwardingStore::ReadTenantRecords(tenant, prefix);
    if (!records.ok() || prefix != kRecomputationKey) return records;
    store::v1::AccountJob job;
    job.set_accounts_done(7);
    (*records)[kRecomputationKey] = {kRecomputationKey, 1, job.SerializeAsString()};
    return records;
  }

  static constexpr int kPages = kDueCountedMax / kExaminedRowsMax;
  int asked = 0;
};

TEST_F(MetricsTest, StoreCounts_EndAtTheirBound_AndSeeUnfinishedJobs) {
  EndlessStore store(service_.store());
  StoreCounts counts(store, service_.clock());
  ASSERT_OK(counts.Count());
  const CountsOfStore latest = counts.latest();
  for (const auto& [reason, due] : latest.due) EXPECT_EQ(due, kDueCountedMax) << reason;
  EXPECT_EQ(store.asked, static_cast<int>(latest.due.size()) * EndlessStore::kPages);
  EXPECT_EQ(latest.jobs_unfinished, 1);
  EXPECT_EQ(latest.job_accounts_done, 7);
}

TEST_F(MetricsTest, StoreCounts_GoOnUntilStopped) {
  store_counts_.Start(absl::Milliseconds(1));
  while (store_counts_.latest().counted == absl::InfinitePast()) std::this_thread::yield();
  service_.clock().Advance(absl::Hours(1));
  while (store_counts_.latest().counted != service_.clock().Now()) std::this_thread::yield();
  store_counts_.Stop();
  store_counts_.Stop();
}

TEST_F(MetricsTest, AScrapeWhileCallsRun_SeesWholeNumbers) {
  std::atomic<bool> going = true;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 3; ++caller) {
    callers.emplace_back([this, caller, &going] {
      while (going) EXPECT_OK(Evaluate(absl::StrCat("account-", caller)));
    });
  }
  double before = 0;
  for (int i = 0; i < 20; ++i) {
    const double now = ValueOf(CallsOf(kEvaluate, "OK"));
    EXPECT_GE(now, before);
    before = now;
  }
  going = false;
  for (std::thread& caller : callers) caller.join();
}

TEST(ProcessStatsTest, AreThoseOfThisProcess) {
  const ProcessStats stats = ReadProcessStats();
  EXPECT_GT(stats.resident_bytes, 1 << 20);
  EXPECT_GE(stats.virtual_bytes, stats.resident_bytes);
  EXPECT_GE(stats.descriptors_open, 3);
  EXPECT_GT(stats.descriptors_max, stats.descriptors_open);
  const double age = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()) - stats.start_seconds;
  EXPECT_GT(age, -2);
  EXPECT_LT(age, 3'600);
  EXPECT_GE(stats.cpu_seconds, 0);
}

}  // namespace
}  // namespace tiermark
