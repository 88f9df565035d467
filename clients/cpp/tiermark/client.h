// A thin wrapper of the generated stubs: deadlines, retries, paging, and errors that say why.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace grpc {
class ChannelInterface;
class ClientContext;
class Status;
}  // namespace grpc

namespace tiermark {

struct ClientOptions {
  std::string target = "127.0.0.1:50051";
  std::chrono::milliseconds deadline{10'000};  // Of a call together with its repetitions.
  int attempts_max = 5;
};

// What an error of a Client says beyond its code and message.
struct ErrorDetails {
  std::string reason;  // Such as "FACTS_MISSING"; may be empty.
  std::vector<std::pair<std::string, std::string>> field_violations;  // Path and description.
};
ErrorDetails DetailsOf(const absl::Status& error);

template <class Stub, class Request, class Response>
using UnaryRpc = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Response*);

// Calls one server. Thread-safe. A call is repeated while the server is unavailable or overloaded;
// to make that safe, writes get a random `request_id` when they have none.
class Client {
 public:
  explicit Client(ClientOptions options = {});

  // Call(&v1::AccountService::Stub::GetAccount, request) is StatusOr<v1::GetAccountResponse>.
  template <class Stub, class Request, class Response>
  absl::StatusOr<Response> Call(UnaryRpc<Stub, Request, Response> rpc, Request request) const {
    FillRequestIds(&request);
    Stub stub(channel_);
    Response response;
    absl::Status status = Repeat(
        [&](grpc::ClientContext* context) { return (stub.*rpc)(context, request, &response); });
    if (!status.ok()) return status;
    return response;
  }

  // For stubs of one's own: streams, and calls with metadata.
  const std::shared_ptr<grpc::ChannelInterface>& channel() const { return channel_; }

 private:
  static void FillRequestIds(google::protobuf::Message* request);
  absl::Status Repeat(const std::function<grpc::Status(grpc::ClientContext*)>& call) const;

  ClientOptions options_;
  std::shared_ptr<grpc::ChannelInterface> channel_;
};

// The pages of a list. Not thread-safe; outlived by its client.
template <class Stub, class Request, class Response>
class Pages {
 public:
  Pages(const Client* client, UnaryRpc<Stub, Request, Response> rpc, Request request)
      : client_(client), rpc_(rpc), request_(std::move(request)) {}

  // None behind the last page, and none after an error: then `status()` says why.
  std::optional<Response> Next() {
    if (done_) return {};
    auto page = client_->Call(rpc_, request_);
    status_ = page.status();
    done_ = !page.ok() || page->next_page_token().empty();
    if (!page.ok()) return {};
    request_.set_page_token(page->next_page_token());
    return *std::move(page);
  }
  const absl::Status& status() const { return status_; }

 private:
  const Client* client_;
  UnaryRpc<Stub, Request, Response> rpc_;
  Request request_;
  bool done_ = false;
  absl::Status status_;
};

}  // namespace tiermark
