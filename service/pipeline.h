// The one way that every call goes, whatever front end brought it.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/arena.h"
#include "service/auth.h"
#include "service/call.h"
#include "service/call_observer.h"
#include "service/log_budget.h"
#include "service/method_table.h"
#include "service/rate_limits.h"
#include "service/server_stream.h"
#include "service/worker_pool.h"
#include "storage/clock.h"

namespace tiermark {

// What a front end knows of a call before it reads the request.
struct CallHeaders {
  absl::Time deadline = absl::InfiniteFuture();
  Credentials credentials;
  // `x-request-id` and `traceparent` as they came; empty without. Logged where they are what they
  // should be.
  absl::string_view correlation_id;
  absl::string_view traceparent;
  // CallInfo::at, and that the call is the server's own, made as the administrator of the default
  // tenant. No front end sets them.
  std::optional<absl::Time> at;
  bool own = false;
  // Of a bidirectional stream, the same for all its messages; outlives their calls.
  StreamState* stream = nullptr;
  // CallInfo::metadata; outlives the call.
  CallMetadata* metadata = nullptr;
};

// One call under way, one message of a bidirectional stream, or one server stream. Owns its
// messages; a server stream's are made apart from it.
class Call {
 public:
  // What counts the calls that there are, this one among them already: all of them, and those of
  // the tenant.
  struct Place {
    std::atomic<int>* all = nullptr;
    std::atomic<int>* of_tenant = nullptr;
  };

  Call(const Method& method, CallInfo info, Place place);
  ~Call() {
    place_.of_tenant->fetch_sub(1);
    place_.all->fetch_sub(1);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  const Method& method() const { return method_; }
  const CallInfo& info() const { return info_; }
  google::protobuf::Message* request() { return request_; }
  google::protobuf::Message* response() { return response_; }

 private:
  friend class Pipeline;

  const Place place_;
  const Method& method_;
  CallInfo info_;
  absl::Time start_;
  std::string correlation_id_;
  // Of version 00, or empty.
  std::string traceparent_;
  google::protobuf::Arena arena_;
  google::protobuf::Message* request_;
  google::protobuf::Message* response_;
};

// What a caller may see of `status`: as it is when it was made for callers (it carries a reason),
// or when its code speaks for itself; otherwise INTERNAL with no detail, and the log has the rest.
absl::Status ForCaller(const absl::Status& status);

// What clients take unless they are told otherwise.
inline constexpr size_t kAnswerBytesMax = 4 << 20;

struct PipelineOptions {
  // Calls under way at most; beyond them RESOURCE_EXHAUSTED. The keys of a tenant have at most
  // three quarters of them, and of the streams below.
  int calls_max = 20'000;
  int workers = 4;
  size_t worker_queue_max = 4'096;
  // Server streams are counted apart from other calls, and have workers apart from other reads:
  // neither can keep the others out.
  int streams_max = 10'000;
  int stream_workers = 2;
  // For streams that read whole portfolios.
  int scan_workers = 1;
  // Null: every caller is the administrator of the default tenant.
  Authenticator* authenticator = nullptr;
  RateLimitOptions rate_limits;
  // Not owned.
  CallObserver* observer = NoCallObserver();
  // What callers see of an error. Applied to what it gave before, it changes nothing.
  std::function<absl::Status(const absl::Status&)> for_caller = ForCaller;
};

// How full a pipeline is, at one moment.
struct PipelineGauges {
  struct Part {
    int64_t now = 0;
    int64_t max = 0;
  };
  Part calls;
  Part streams;
  // What waits for a worker, by the workers' name.
  std::array<std::pair<const char*, Part>, 3> waiting;
};

// Authenticate, authorize, limit, run, map errors, log: no front end can skip a step, and none does
// a step itself. Between Begin and Run (or RunStream) the front end parses the request into the
// call. Thread-safe.
class Pipeline {
 public:
  // `methods` and `clock` must outlive it.
  Pipeline(const MethodTable& methods, const Clock& clock, const PipelineOptions& options);

  // Waits until every call is gone.
  ~Pipeline();

  const MethodTable& methods() const { return methods_; }

  // Whether Begin would let the caller in, for streams that have no message yet. OK while the
  // server drains. UNAUTHENTICATED and PERMISSION_DENIED as Begin.
  absl::Status CheckCaller(const Method& method, const CallHeaders& headers);

  // Admits a call of `request_bytes`.
  // UNAUTHENTICATED, KEY_NOT_ACCEPTED.
  // PERMISSION_DENIED, ROLE_TOO_LOW.
  // RESOURCE_EXHAUSTED, RATE_LIMITED: the key or its tenant calls too much.
  // DEADLINE_EXCEEDED: its deadline has passed.
  // INVALID_ARGUMENT, REQUEST_TOO_LARGE.
  // RESOURCE_EXHAUSTED, TOO_MANY_CALLS or TOO_MANY_STREAMS.
  // UNAVAILABLE: the server is draining.
  absl::StatusOr<std::unique_ptr<Call>> Begin(const Method& method, const CallHeaders& headers,
                                              size_t request_bytes);

  // Runs an admitted call and hands it back with its status, which is fit for the caller: its text
  // and details say nothing of the server's inside. `parsed` is how parsing the request ended. Of
  // an answer that counts the size is cached (GetCachedSize) and at most kAnswerBytesMax.
  using Finished = absl::AnyInvocable<void(std::unique_ptr<Call>, absl::Status)>;
  void Run(std::unique_ptr<Call> call, absl::Status parsed, Finished finished);

  // The same for a call of a server stream. `front` gets its messages, and at the end its status,
  // which is fit for the caller. What is handed back is for the front end to hold, until it has
  // been finished at least.
  std::shared_ptr<ServerStream> RunStream(std::unique_ptr<Call> call, absl::Status parsed,
                                          StreamFront* front);

  // What callers see of an error, for those that a front end makes or passes on itself.
  absl::Status ToCaller(const absl::Status& status) const { return options_.for_caller(status); }

  // From now on Begin answers UNAVAILABLE. Calls admitted before go on; the front ends end streams.
  void Drain() { draining_ = true; }
  bool draining() const { return draining_; }

  PipelineGauges Gauges() const;

  // Waits until no call and no stream is under way, `patience` at most.
  void AwaitIdle(absl::Duration patience) const;

 private:
  absl::StatusOr<Caller> CallerOf(const CallHeaders& headers) const;
  // Admits a call of a caller who is known. Leaves `caller` alone when it does not.
  absl::StatusOr<std::unique_ptr<Call>> Admit(const Method& method, const CallHeaders& headers,
                                              size_t request_bytes, Caller* caller);
  // Counts and logs a call that was not admitted.
  absl::Status Refuse(const Method& method, const CallHeaders& headers, absl::string_view key,
                      absl::Status answer);
  // PERMISSION_DENIED, ROLE_TOO_LOW.
  static absl::Status CheckRole(const Method& method, const Caller& caller);
  // Counts the call among those under way. RESOURCE_EXHAUSTED.
  absl::StatusOr<Call::Place> TakePlace(const Method& method, const Caller& caller);
  void End(std::unique_ptr<Call> call, absl::Status status, Finished finished);
  // Logs the end of a call, and hands back what its caller may see of the status. `messages` of a
  // server stream.
  absl::Status Close(const Call& call, const absl::Status& status, std::optional<int64_t> messages);

  const MethodTable& methods_;
  const Clock& clock_;
  const PipelineOptions options_;
  RateLimits rate_limits_;
  // Calls and streams of tenants, by number. Where two share a place, they share its bound.
  static constexpr size_t kTenantPlaces = 1'024;
  std::array<std::array<std::atomic<int>, kTenantPlaces>, 2> of_tenants_ = {};
  std::atomic<int> under_way_ = 0;
  std::atomic<int> streams_ = 0;
  std::atomic<bool> draining_ = false;
  LogBudget refusal_lines_;
  WorkerPool workers_;
  WorkerPool stream_workers_;
  WorkerPool scan_workers_;
};

// Headers are only handed back and logged when they are what they claim to be: short printable
// ASCII. Otherwise empty.
std::string HeaderToKeep(absl::string_view header);

// What a front end answers to calls, and ends streams with, while the server drains.
absl::Status ShuttingDown();

// RESOURCE_EXHAUSTED, ANSWER_TOO_LARGE: the message is larger than kAnswerBytesMax. Caches its
// size.
absl::Status CheckAnswerSize(const google::protobuf::Message& message);

}  // namespace tiermark
