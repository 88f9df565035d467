#include "tests/conformance/conformance_service.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/time/clock.h"
#include "connectrpc/conformance/v1/service.pb.h"
#include "google/rpc/status.pb.h"
#include "scoring/error.h"
#include "service/rpc_status.h"

namespace tiermark {
namespace {

namespace suite = connectrpc::conformance::v1;
using google::protobuf::Message;
using Headers = google::protobuf::RepeatedPtrField<suite::Header>;
using RequestInfo = suite::ConformancePayload::RequestInfo;

constexpr char kService[] = "connectrpc.conformance.v1.ConformanceService";

RequestInfo InfoOf(const CallInfo& call, const Message& request) {
  RequestInfo info;
  std::map<std::string, suite::Header*> headers;
  for (const auto& [name, value] : call.metadata->RequestHeaders()) {
    suite::Header*& header = headers[name];
    if (header == nullptr) {
      header = info.add_request_headers();
      header->set_name(name);
    }
    header->add_value(value);
  }
  if (call.deadline != absl::InfiniteFuture()) {
    info.set_timeout_ms(absl::ToInt64Milliseconds(call.deadline - absl::Now()));
  }
  info.add_requests()->PackFrom(request);
  return info;
}

template <typename Definition>
void AddMetadata(const CallInfo& call, const Definition& definition) {
  for (const suite::Header& header : definition.response_headers()) {
    for (const std::string& value : header.value()) call.metadata->AddHeader(header.name(), value);
  }
  for (const suite::Header& header : definition.response_trailers()) {
    for (const std::string& value : header.value()) call.metadata->AddTrailer(header.name(), value);
  }
}

// `info` goes along unless it is null.
absl::Status ErrorOf(const suite::Error& error, const RequestInfo* info) {
  absl::Status status(static_cast<absl::StatusCode>(error.code()), error.message());
  google::rpc::Status details;
  *details.mutable_details() = error.details();
  if (info != nullptr) details.add_details()->PackFrom(*info);
  status.SetPayload(kMoreDetailsUrl, absl::Cord(details.SerializeAsString()));
  return status;
}

template <typename Request, typename Response>
absl::Status AnswerUnary(const CallInfo& call, const Request& request, Response* response) {
  const suite::UnaryResponseDefinition& definition = request.response_definition();
  const RequestInfo info = InfoOf(call, request);
  AddMetadata(call, definition);
  const absl::Time answer_time = absl::Now() + absl::Milliseconds(definition.response_delay_ms());
  absl::SleepFor(std::min(answer_time, call.deadline) - absl::Now());
  if (answer_time > call.deadline) return absl::DeadlineExceededError("");
  if (definition.has_error()) return ErrorOf(definition.error(), &info);
  response->mutable_payload()->set_data(definition.response_data());
  *response->mutable_payload()->mutable_request_info() = info;
  return absl::OkStatus();
}

// Waits before each message without holding the worker.
class Answers final : public SourceOf<suite::ServerStreamResponse> {
 public:
  Answers(const CallInfo& call, const suite::ServerStreamRequest& request)
      : definition_(request.response_definition()),
        delay_(absl::Milliseconds(definition_.response_delay_ms())),
        deadline_(call.deadline),
        info_(InfoOf(call, request)) {
    AddMetadata(call, definition_);
  }

  void Await(absl::AnyInvocable<void()> wake) override {
    // The server must end it by itself.
    if (absl::Now() + delay_ > deadline_) return;
    std::thread([delay = delay_, wake = std::move(wake)]() mutable {
      absl::SleepFor(delay);
      wake();
    }).detach();
  }

 protected:
  absl::StatusOr<Turn> Fill(suite::ServerStreamResponse* response) override {
    if (sent_ == definition_.response_data_size()) {
      if (definition_.has_error())
        return ErrorOf(definition_.error(), sent_ == 0 ? &info_ : nullptr);
      return Turn::kEnd;
    }
    if (delay_ > absl::ZeroDuration() && !waited_) {
      waited_ = true;
      return Turn::kNothing;
    }
    waited_ = false;
    if (sent_ == 0) *response->mutable_payload()->mutable_request_info() = info_;
    response->mutable_payload()->set_data(definition_.response_data(sent_++));
    return Turn::kMessage;
  }

 private:
  const suite::StreamResponseDefinition definition_;
  const absl::Duration delay_;
  const absl::Time deadline_;
  const RequestInfo info_;
  int sent_ = 0;
  bool waited_ = false;
};

}  // namespace

void AddConformanceHandlers(size_t request_bytes_max, MethodTable* methods) {
  MethodOptions options;
  options.on_worker = true;
  options.adds_headers = true;
  options.request_bytes_max = request_bytes_max;
  options.time_max = absl::InfiniteDuration();
  methods->AddBlocking<suite::UnaryRequest, suite::UnaryResponse>(
      kService, "Unary", options, AnswerUnary<suite::UnaryRequest, suite::UnaryResponse>);
  methods->AddBlocking<suite::IdempotentUnaryRequest, suite::IdempotentUnaryResponse>(
      kService, "IdempotentUnary", options,
      AnswerUnary<suite::IdempotentUnaryRequest, suite::IdempotentUnaryResponse>);
  methods->AddStream<suite::ServerStreamRequest, suite::ServerStreamResponse>(
      kService, "ServerStream", options,
      [](const CallInfo& call, const suite::ServerStreamRequest& request)
          -> absl::StatusOr<std::unique_ptr<SourceOf<suite::ServerStreamResponse>>> {
        return std::make_unique<Answers>(call, request);
      });
}

absl::Status WithoutOwnDetails(const absl::Status& status) {
  absl::Status bare = status;
  for (const char* url : {kErrorInfoUrl, kBadRequestUrl, kRetryInfoUrl}) bare.ErasePayload(url);
  return bare;
}

}  // namespace tiermark
