#include "service/pipeline.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "scoring/error.h"
#include "service/log.h"
#include "service/trace_context.h"

namespace tiermark {
namespace {

constexpr absl::Duration kRetryDelay = absl::Milliseconds(200);

// Whoever reaches the port may be refused as often as they like.
constexpr int kRefusalLinesPerSecond = 100;

LogLevel LevelOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDataLoss:
      return LogLevel::kError;
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnavailable:
      return LogLevel::kWarning;
    case absl::StatusCode::kOk:
      return LogLevel::kDebug;
    default:
      return LogLevel::kInfo;
  }
}

// Most calls need two or three blocks of these, and not the seven of an arena that begins small.
google::protobuf::ArenaOptions ArenaOptionsOfCalls() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = 4 << 10;
  options.max_block_size = 32 << 10;
  return options;
}

}  // namespace

std::string HeaderToKeep(absl::string_view header) {
  constexpr size_t kHeaderBytesMax = 128;
  if (header.size() > kHeaderBytesMax) return "";
  for (const char c : header) {
    if (c < 0x20 || c > 0x7e) return "";
  }
  return std::string(header.data(), header.size());
}

absl::Status ShuttingDown() {
  return ReasonedError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN",
                       "the server is shutting down; call again");
}

absl::Status CheckAnswerSize(const google::protobuf::Message& message) {
  if (message.ByteSizeLong() <= kAnswerBytesMax) return absl::OkStatus();
  return ReasonedError(absl::StatusCode::kResourceExhausted, "ANSWER_TOO_LARGE",
                       "the answer is larger than clients take; ask for less at once");
}

absl::Status ForCaller(const absl::Status& status) {
  if (status.ok() || !ReasonOf(status).empty()) return status;
  switch (status.code()) {
    case absl::StatusCode::kCancelled:
      return absl::CancelledError("the call was cancelled");
    case absl::StatusCode::kDeadlineExceeded:
      return absl::DeadlineExceededError("the deadline passed before the call was done");
    case absl::StatusCode::kUnavailable:
      return absl::UnavailableError("the server cannot answer now; try again");
    case absl::StatusCode::kDataLoss:
      return ReasonedError(absl::StatusCode::kDataLoss, "RECORD_DAMAGED",
                           "a stored record is damaged; the operator must restore it");
    case absl::StatusCode::kUnimplemented:
      return absl::UnimplementedError("not served");
    default:
      return ReasonedError(absl::StatusCode::kInternal, "INTERNAL",
                           "an error of the server's own; its log says more");
  }
}

Call::Call(const Method& method, CallInfo info, Place place)
    : place_(place),
      method_(method),
      info_(std::move(info)),
      arena_(ArenaOptionsOfCalls()),
      request_(method.request_prototype->New(&arena_)),
      response_(method.response_prototype->New(&arena_)) {
  info_.rpc = method_.name;
}

Pipeline::Pipeline(const MethodTable& methods, const Clock& clock, const PipelineOptions& options)
    : methods_(methods),
      clock_(clock),
      options_(options),
      rate_limits_(options.rate_limits),
      refusal_lines_(kRefusalLinesPerSecond),
      workers_({"reader", options.workers, options.worker_queue_max}),
      // A stream has one turn in the queue at most.
      stream_workers_({"stream", options.stream_workers, static_cast<size_t>(options.streams_max)}),
      scan_workers_(
          {"scan", options.scan_workers, static_cast<size_t>(options.streams_max), true}) {}

Pipeline::~Pipeline() { AwaitIdle(absl::InfiniteDuration()); }

absl::Status Pipeline::CheckCaller(const Method& method, const CallHeaders& headers) {
  const auto caller = CallerOf(headers);
  if (!caller.ok()) return Refuse(method, headers, "", caller.status());
  absl::Status may = CheckRole(method, *caller);
  return may.ok() ? may : Refuse(method, headers, caller->credential, std::move(may));
}

absl::Status Pipeline::CheckRole(const Method& method, const Caller& caller) {
  if (caller.role >= method.role) return absl::OkStatus();
  return ReasonedError(absl::StatusCode::kPermissionDenied, "ROLE_TOO_LOW",
                       "the key's role may not call this RPC");
}

absl::StatusOr<std::unique_ptr<Call>> Pipeline::Begin(const Method& method,
                                                      const CallHeaders& headers,
                                                      size_t request_bytes) {
  if (draining_) return Refuse(method, headers, "", ShuttingDown());
  auto caller = CallerOf(headers);
  if (!caller.ok()) return Refuse(method, headers, "", caller.status());
  auto call = Admit(method, headers, request_bytes, &*caller);
  if (!call.ok()) return Refuse(method, headers, caller->credential, call.status());
  return call;
}

absl::StatusOr<std::unique_ptr<Call>> Pipeline::Admit(const Method& method,
                                                      const CallHeaders& headers,
                                                      size_t request_bytes, Caller* caller) {
  if (absl::Status may = CheckRole(method, *caller); !may.ok()) return may;
  const absl::Time now = clock_.Now();
  if (absl::Status admitted = rate_limits_.Admit(*caller, request_bytes, now); !admitted.ok()) {
    return admitted;
  }
  const absl::Time deadline = std::min(headers.deadline, now + method.options.time_max);
  if (deadline <= now) return ToCaller(absl::DeadlineExceededError(""));
  if (request_bytes > method.options.request_bytes_max) {
    return ReasonedError(
        absl::StatusCode::kInvalidArgument, "REQUEST_TOO_LARGE",
        absl::StrCat("a request has at most ", method.options.request_bytes_max, " bytes"));
  }
  const auto place = TakePlace(method, *caller);
  if (!place.ok()) return place.status();
  CallInfo info;
  info.caller = std::move(*caller);
  info.at = headers.at;
  info.stream = headers.stream;
  info.metadata = headers.metadata;
  info.deadline = deadline;
  auto call = std::make_unique<Call>(method, std::move(info), *place);
  call->start_ = now;
  call->correlation_id_ = HeaderToKeep(headers.correlation_id);
  if (ParseTraceparent(headers.traceparent).has_value()) {
    call->traceparent_ = std::string(headers.traceparent);
  }
  return call;
}

absl::Status Pipeline::Refuse(const Method& method, const CallHeaders& headers,
                              absl::string_view key, absl::Status answer) {
  options_.observer->Refused(method, answer);
  const LogLevel level = LevelOf(answer.code());
  if (!LogEnabled(level)) return answer;
  const auto left_out = refusal_lines_.Take(clock_.Now());
  if (!left_out.has_value()) return answer;
  const TraceContext trace = ParseTraceparent(headers.traceparent).value_or(TraceContext());
  Log(level, "call refused",
      {{"rpc", method.name},
       {"key", key},
       {"code", absl::StatusCodeToString(answer.code())},
       {"reason", ReasonOf(answer)},
       {"request_id", HeaderToKeep(headers.correlation_id)},
       {"trace_id", trace.trace_id},
       {"span_id", trace.span_id},
       *left_out > 0 ? LogField("lines_left_out", *left_out) : LogField("lines_left_out", "")});
  return answer;
}

absl::StatusOr<Caller> Pipeline::CallerOf(const CallHeaders& headers) const {
  if (headers.own || options_.authenticator == nullptr) {
    return Caller{kDefaultTenant, Role::kAdministrator, ""};
  }
  return options_.authenticator->Authenticate(headers.credentials);
}

absl::StatusOr<Call::Place> Pipeline::TakePlace(const Method& method, const Caller& caller) {
  const bool stream = method.open != nullptr;
  const int all_max = stream ? options_.streams_max : options_.calls_max;
  // Without keys there is one tenant.
  const int tenant_max = caller.credential.empty() ? all_max : all_max - all_max / 4;
  const Call::Place place = {
      stream ? &streams_ : &under_way_,
      &of_tenants_[stream ? 1 : 0][static_cast<size_t>(caller.tenant) % kTenantPlaces]};
  const bool taken = place.all->fetch_add(1) < all_max;
  if (place.of_tenant->fetch_add(1) < tenant_max && taken) return place;
  place.of_tenant->fetch_sub(1);
  place.all->fetch_sub(1);
  return stream ? OverloadError("TOO_MANY_STREAMS", "too many streams are open", kRetryDelay)
                : OverloadError("TOO_MANY_CALLS", "too many calls are under way", kRetryDelay);
}

void Pipeline::Run(std::unique_ptr<Call> call, absl::Status parsed, Finished finished) {
  if (!parsed.ok()) {
    End(std::move(call), std::move(parsed), std::move(finished));
    return;
  }
  Call& running = *call;
  auto done = [this, call = std::move(call),
               finished = std::move(finished)](absl::Status status) mutable {
    End(std::move(call), std::move(status), std::move(finished));
  };
  if (!running.method_.options.on_worker) {
    running.method_.handle(running.info_, *running.request_, running.response_, std::move(done));
    return;
  }
  // Shared, so that a refusal can still end the call.
  auto shared_done = std::make_shared<decltype(done)>(std::move(done));
  const bool queued = workers_.Submit(running.info_.caller.tenant, [this, &running, shared_done] {
    if (running.info_.deadline <= clock_.Now()) {
      (*shared_done)(absl::DeadlineExceededError(""));
      return;
    }
    running.method_.handle(running.info_, *running.request_, running.response_,
                           [shared_done](absl::Status status) { (*shared_done)(status); });
  });
  if (!queued) {
    (*shared_done)(OverloadError("TOO_MANY_READS", "too many reads are waiting", kRetryDelay));
  }
}

void Pipeline::End(std::unique_ptr<Call> call, absl::Status status, Finished finished) {
  if (status.ok()) status = CheckAnswerSize(*call->response_);
  absl::Status answer = Close(*call, status, std::nullopt);
  finished(std::move(call), std::move(answer));
}

std::shared_ptr<ServerStream> Pipeline::RunStream(std::unique_ptr<Call> call, absl::Status parsed,
                                                  StreamFront* front) {
  WorkerPool* workers = call->method().options.gives_way ? &scan_workers_ : &stream_workers_;
  auto admits = [authenticator = options_.authenticator, caller = call->info().caller] {
    return authenticator == nullptr ? absl::OkStatus() : authenticator->CheckStillHolds(caller);
  };
  auto stream = std::make_shared<ServerStream>(
      std::move(call), front, workers, &clock_, options_.observer, std::move(admits),
      [this, front](std::unique_ptr<Call> ended, const absl::Status& status, int64_t messages) {
        front->Finish(Close(*ended, status, messages));
      });
  if (!parsed.ok()) stream->Stop(parsed);
  stream->Start();
  return stream;
}

absl::Status Pipeline::Close(const Call& call, const absl::Status& status,
                             std::optional<int64_t> messages) {
  absl::Status answer = ToCaller(status);
  const absl::Duration took = clock_.Now() - call.start_;
  options_.observer->Ended(call.method_, answer, took);
  const LogLevel level = LevelOf(answer.code());
  if (LogEnabled(level)) {
    const bool hidden = answer.code() != status.code() || ReasonOf(status) != ReasonOf(answer);
    const TraceContext trace = ParseTraceparent(call.traceparent_).value_or(TraceContext());
    Log(level, "call",
        {{"rpc", call.method_.name},
         {"key", call.info_.caller.credential},
         {"code", absl::StatusCodeToString(answer.code())},
         {"reason", ReasonOf(answer)},
         {"cause",
          hidden ? absl::StatusCodeToString(status.code()) + ": " + std::string(status.message())
                 : std::string()},
         {"request_id", call.correlation_id_},
         {"trace_id", trace.trace_id},
         {"span_id", trace.span_id},
         messages.has_value() ? LogField("messages", *messages) : LogField("messages", ""),
         {"micros", absl::ToInt64Microseconds(took)}});
  }
  return answer;
}

PipelineGauges Pipeline::Gauges() const {
  const auto waiting = [](const WorkerPool& pool) {
    const PipelineGauges::Part part{static_cast<int64_t>(pool.waiting()),
                                    static_cast<int64_t>(pool.options().queue_max)};
    return std::pair(pool.options().name, part);
  };
  return {{under_way_, options_.calls_max},
          {streams_, options_.streams_max},
          {waiting(workers_), waiting(stream_workers_), waiting(scan_workers_)}};
}

void Pipeline::AwaitIdle(absl::Duration patience) const {
  const absl::Time until = absl::Now() + patience;
  while (under_way_ + streams_ > 0 && absl::Now() < until) absl::SleepFor(absl::Milliseconds(5));
}

}  // namespace tiermark
