// The steps that no call skips: limits, deadlines, draining, and what callers and logs may see.
#include "service/pipeline.h"

#include <algorithm>
#include <deque>
#include <future>
#include <optional>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "scoring/error.h"
#include "service/log.h"
#include "tests/service/support.h"
#include <nlohmann/json.hpp>

namespace tiermark {
namespace {

using testing::HasSubstr;
using testing::Not;

// A pipeline whose one RPC does what the test says.
class PipelineTest : public testing::Test {
 protected:
  using Request = v1::GetAccountRequest;
  using Response = v1::GetAccountResponse;
  using Handle = std::function<void(const CallInfo&, const Request&, Response*, Done)>;

  void Serve(Handle handle, MethodOptions options = {}, PipelineOptions pipeline_options = {}) {
    methods_.Add<Request, Response>(kAccountService, "GetAccount", options, std::move(handle));
    pipeline_.emplace(methods_, clock_, pipeline_options);
  }

  const Method& method() { return *methods_.Find("tiermark.v1.AccountService/GetAccount"); }

  absl::StatusOr<std::unique_ptr<Call>> Begin(const CallHeaders& headers = {}, size_t bytes = 0) {
    return pipeline_->Begin(method(), headers, bytes);
  }

  // Runs a call; the answer comes whenever the handler ends it.
  std::future<absl::Status> Run(std::unique_ptr<Call> call,
                                absl::Status parsed = absl::OkStatus()) {
    auto ended = std::make_shared<std::promise<absl::Status>>();
    pipeline_->Run(
        std::move(call), std::move(parsed),
        [ended](std::unique_ptr<Call>, const absl::Status& status) { ended->set_value(status); });
    return ended->get_future();
  }

  absl::Status Answer(const absl::Status& of_handler) {
    Serve(
        [of_handler](const CallInfo&, const Request&, Response*, Done done) { done(of_handler); });
    auto call = Begin();
    if (!call.ok()) return call.status();
    return Run(*std::move(call)).get();
  }

  FakeClock clock_;
  MethodTable methods_;
  std::optional<Pipeline> pipeline_;
};

void EndAtOnce(const CallInfo&, const v1::GetAccountRequest&, v1::GetAccountResponse*, Done done) {
  done(absl::OkStatus());
}

TEST_F(PipelineTest, TooManyCalls_AreRefusedUntilOneEnds) {
  std::deque<Done> held;
  PipelineOptions options;
  options.calls_max = 2;
  Serve([&held](const CallInfo&, const Request&, Response*,
                Done done) { held.push_back(std::move(done)); },
        {}, options);
  auto first = Run(*Begin());
  // Admitted and not run yet counts, too.
  auto second = Begin();
  ASSERT_OK(second);
  const auto third = Begin();
  EXPECT_FAILS(third, kResourceExhausted, "TOO_MANY_CALLS");
  EXPECT_TRUE(third.status().GetPayload(kRetryInfoUrl).has_value());
  held.front()(absl::OkStatus());
  EXPECT_OK(first.get());
  auto fourth = Begin();
  ASSERT_OK(fourth);
  EXPECT_FAILS(Begin(), kResourceExhausted, "TOO_MANY_CALLS");
  // Refusals took no place.
  held.clear();
  auto second_answer = Run(*std::move(second));
  auto fourth_answer = Run(*std::move(fourth));
  for (Done& done : held) done(absl::OkStatus());
  EXPECT_OK(second_answer.get());
  EXPECT_OK(fourth_answer.get());
}

TEST_F(PipelineTest, ADeadlineThatHasPassed_IsRefused) {
  Serve(EndAtOnce);
  CallHeaders headers;
  headers.deadline = clock_.Now();
  EXPECT_EQ(Begin(headers).status().code(), absl::StatusCode::kDeadlineExceeded);
  headers.deadline = clock_.Now() + absl::Microseconds(1);
  EXPECT_OK(Begin(headers).status());
}

TEST_F(PipelineTest, TheServersOwnBound_HoldsTheDeadline) {
  absl::Time seen;
  Serve([&seen](const CallInfo& info, const Request&, Response*, Done done) {
    seen = info.deadline;
    done(absl::OkStatus());
  });
  EXPECT_OK(Run(*Begin()).get());
  EXPECT_EQ(seen, clock_.Now() + absl::Seconds(10));
  CallHeaders headers;
  headers.deadline = clock_.Now() + absl::Seconds(3);
  EXPECT_OK(Run(*Begin(headers)).get());
  EXPECT_EQ(seen, headers.deadline);
}

TEST_F(PipelineTest, ARequestTooLarge_IsRefusedAtTheByte) {
  MethodOptions options;
  options.request_bytes_max = 100;
  Serve(EndAtOnce, options);
  EXPECT_OK(Begin({}, 100).status());
  EXPECT_FAILS(Begin({}, 101), kInvalidArgument, "REQUEST_TOO_LARGE");
}

TEST_F(PipelineTest, Draining_RefusesNewCallsAndEndsThoseUnderWay) {
  std::optional<Done> held;
  Serve([&held](const CallInfo&, const Request&, Response*, Done done) {
    held.emplace(std::move(done));
  });
  auto under_way = Run(*Begin());
  pipeline_->Drain();
  EXPECT_TRUE(pipeline_->draining());
  EXPECT_FAILS(Begin(), kUnavailable, "SHUTTING_DOWN");
  (*held)(absl::OkStatus());
  EXPECT_OK(under_way.get());
}

TEST_F(PipelineTest, ARequestThatCannotBeParsed_NeverReachesItsHandler) {
  bool handled = false;
  Serve([&handled](const CallInfo&, const Request&, Response*, Done done) {
    handled = true;
    done(absl::OkStatus());
  });
  EXPECT_FAILS(Run(*Begin(), ReasonedError(absl::StatusCode::kInvalidArgument, "MALFORMED_MESSAGE",
                                           "no such message"))
                   .get(),
               kInvalidArgument, "MALFORMED_MESSAGE");
  EXPECT_FALSE(handled);
}

// One worker that is held up, and a queue of one behind it.
class WorkerMethod : public PipelineTest {
 protected:
  WorkerMethod() {
    MethodOptions options;
    options.on_worker = true;
    PipelineOptions pipeline_options;
    pipeline_options.workers = 1;
    pipeline_options.worker_queue_max = 1;
    Serve(
        [this](const CallInfo&, const Request&, Response*, Done done) {
          if (++runs_ == 1) {
            started_.set_value();
            go_on_.get_future().wait();
          }
          done(absl::OkStatus());
        },
        options, pipeline_options);
    first_ = Run(*Begin());
    started_.get_future().wait();
  }

  std::promise<void> started_;
  std::promise<void> go_on_;
  std::atomic<int> runs_ = 0;
  std::future<absl::Status> first_;
};

TEST_F(WorkerMethod, BeyondTheQueue_IsRefused) {
  auto queued = Run(*Begin());
  const absl::Status refused = Run(*Begin()).get();
  EXPECT_FAILS(refused, kResourceExhausted, "TOO_MANY_READS");
  EXPECT_TRUE(refused.GetPayload(kRetryInfoUrl).has_value());
  go_on_.set_value();
  EXPECT_OK(first_.get());
  EXPECT_OK(queued.get());
}

TEST_F(WorkerMethod, ADeadlineThatPassesInTheQueue_EndsTheCallUnrun) {
  auto queued = Run(*Begin());
  clock_.Advance(absl::Seconds(11));
  go_on_.set_value();
  EXPECT_EQ(queued.get().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(runs_, 1);
}

TEST_F(PipelineTest, ForCaller_KeepsWhatWasMadeForCallers) {
  Violations violations;
  violations.Add("facts.country", "must be a country");
  const absl::Status answer = Answer(violations.ToStatus());
  EXPECT_EQ(answer, violations.ToStatus());
}

TEST_F(PipelineTest, ForCaller_HidesAllOther) {
  constexpr char kDriverText[] = "SQLITE_IOERR_FSYNC at /var/lib/tiermark.db";
  for (int code = 1; code <= 16; ++code) {
    const absl::Status shown =
        ForCaller(absl::Status(static_cast<absl::StatusCode>(code), kDriverText));
    EXPECT_FALSE(shown.ok());
    EXPECT_THAT(shown.ToString(), Not(HasSubstr("SQLITE")));
    EXPECT_THAT(shown.ToString(), Not(HasSubstr("/var")));
  }
  EXPECT_FAILS(ForCaller(absl::DataLossError(kDriverText)), kDataLoss, "RECORD_DAMAGED");
  EXPECT_FAILS(ForCaller(absl::NotFoundError(kDriverText)), kInternal, "INTERNAL");
  EXPECT_FAILS(ForCaller(absl::UnknownError(kDriverText)), kInternal, "INTERNAL");
  EXPECT_EQ(ForCaller(absl::UnavailableError(kDriverText)).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ForCaller(absl::CancelledError(kDriverText)).code(), absl::StatusCode::kCancelled);
  EXPECT_OK(ForCaller(absl::OkStatus()));
}

// The lines that `work` logs, parsed.
template <typename Work>
std::vector<nlohmann::json> LinesOf(LogLevel level, Work work) {
  SetLogLevel(level);
  testing::internal::CaptureStderr();
  work();
  const std::string text = testing::internal::GetCapturedStderr();
  SetLogLevel(LogLevel::kInfo);
  std::vector<nlohmann::json> lines;
  for (const auto line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    lines.push_back(nlohmann::json::parse(line.begin(), line.end()));
  }
  return lines;
}

TEST_F(PipelineTest, TheLog_HasTheCauseThatTheCallerDoesNotSee) {
  absl::Status answer;
  const auto lines = LinesOf(LogLevel::kInfo, [this, &answer] {
    answer = Answer(absl::InternalError("the disk is on fire"));
  });
  EXPECT_THAT(answer.ToString(), Not(HasSubstr("fire")));
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["level"], "error");
  EXPECT_EQ(lines[0]["code"], "INTERNAL");
  EXPECT_EQ(lines[0]["rpc"], "tiermark.v1.AccountService/GetAccount");
  EXPECT_THAT(lines[0]["cause"].get<std::string>(), HasSubstr("the disk is on fire"));
}

TEST_F(PipelineTest, TheLog_HasTheCallersOwnNamesOfTheCallWhereTheyAreFit) {
  Serve(EndAtOnce);
  CallHeaders headers;
  headers.correlation_id = "crm-4711";
  headers.traceparent = "00-\x01\n-01";
  const auto lines = LinesOf(LogLevel::kDebug, [&] { EXPECT_OK(Run(*Begin(headers)).get()); });
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["request_id"], "crm-4711");
  EXPECT_FALSE(lines[0].contains("trace_id")) << "control characters are no trace context";
}

TEST_F(PipelineTest, TheLog_HasTheIdsOfTheTrace) {
  Serve(EndAtOnce);
  CallHeaders headers;
  headers.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto lines = LinesOf(LogLevel::kDebug, [&] {
    EXPECT_OK(Run(*Begin(headers)).get());
    headers.deadline = clock_.Now();
    EXPECT_FALSE(Begin(headers).ok());
  });
  ASSERT_EQ(lines.size(), 2u);
  for (const auto& line : lines) {
    EXPECT_EQ(line["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_EQ(line["span_id"], "00f067aa0ba902b7");
    EXPECT_FALSE(line.contains("traceparent"));
  }
}

TEST_F(PipelineTest, TheLog_HasCallsThatAreRefused) {
  MethodOptions options;
  options.request_bytes_max = 100;
  Serve(EndAtOnce, options);
  CallHeaders headers;
  headers.correlation_id = "crm-4711";
  const auto lines = LinesOf(LogLevel::kInfo, [&] { EXPECT_FALSE(Begin(headers, 101).ok()); });
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["message"], "call refused");
  EXPECT_EQ(lines[0]["rpc"], "tiermark.v1.AccountService/GetAccount");
  EXPECT_EQ(lines[0]["code"], "INVALID_ARGUMENT");
  EXPECT_EQ(lines[0]["reason"], "REQUEST_TOO_LARGE");
  EXPECT_EQ(lines[0]["request_id"], "crm-4711");
}

TEST_F(PipelineTest, TheLog_LeavesOutMostOfAFloodOfRefusals) {
  MethodOptions options;
  options.request_bytes_max = 100;
  Serve(EndAtOnce, options);
  const auto lines = LinesOf(LogLevel::kInfo, [&] {
    for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(Begin({}, 101).ok());
    clock_.Advance(absl::Seconds(1));
    EXPECT_FALSE(Begin({}, 101).ok());
  });
  ASSERT_EQ(lines.size(), 101u);
  EXPECT_FALSE(lines[99].contains("lines_left_out"));
  EXPECT_EQ(lines[100]["lines_left_out"], 900);
}

TEST(CallLog, HasNothingThatCustomersTrustUsWith) {
  TestService service;
  v1::AccountFacts facts = BankFacts();
  facts.set_display_name("Secret Name");
  facts.set_owner_id("secret-owner");
  (*facts.mutable_custom())["secret_key"].set_text("secret text");
  facts.mutable_potential_mrr(0)->mutable_amount()->set_units(987'654);
  std::string all;
  const auto lines = LinesOf(LogLevel::kDebug, [&] {
    EXPECT_OK(service.Evaluate("secret-account", facts));
    EXPECT_OK(service.Upsert("secret-account", facts));
    facts.set_country("Secretland");
    EXPECT_FALSE(service.Evaluate("secret-account", facts).ok());
    EXPECT_FALSE(service.Get("secret-nobody").ok());
    facts.set_country("MX");
    EXPECT_FALSE(service.Evaluate("secret-account", facts).ok()) << "no local amount";
    v1::ReportAccountEventRequest report;
    report.set_account_id("secret-account");
    report.set_type(v1::ACCOUNT_EVENT_TYPE_ACQUISITION_OR_MERGER);
    report.set_note("secret note");
    EXPECT_OK(service.Call<v1::ReportAccountEventResponse>(report));
  });
  EXPECT_EQ(lines.size(), 6u) << "a line for every call";
  for (const auto& line : lines) {
    const std::string text = line.dump();
    EXPECT_THAT(text, Not(testing::ContainsRegex("[Ss]ecret")));
    EXPECT_THAT(text, Not(HasSubstr("987654")));
    EXPECT_TRUE(line.contains("rpc") && line.contains("code") && line.contains("micros")) << text;
  }
}

}  // namespace
}  // namespace tiermark
