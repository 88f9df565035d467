// A thin wrapper of the generated stubs: keys and TLS, deadlines, retries, paging, and errors that
// say why.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "tiermark/errors.h"

namespace grpc {
class ChannelInterface;
class ClientContext;
class Status;
}  // namespace grpc

namespace tiermark {

// How TLS is spoken. The files are PEM, and read once.
struct TlsOptions {
  std::string ca_file = {};           // Who vouches for the server. Empty: whom the system trusts.
  std::string certificate_file = {};  // The client's own, together with its key. Empty: none.
  std::string certificate_key_file = {};
  std::string server_name = {};  // On the server's certificate. Empty: the host of the target.
};

struct ClientOptions {
  std::string target = "127.0.0.1:50051";
  std::string api_key = {};  // Sent with each call. Empty: none.
  // Absent: as IsOnThisMachine() says, TLS or none.
  std::optional<TlsOptions> tls = {};
  bool plaintext = false;  // No TLS to others either: all can be read on its way, the key too.
  std::chrono::milliseconds deadline{10'000};  // Of a call together with its repetitions.
  int attempts_max = 5;
};

// Whether the host of a target is this machine by its very name: localhost, a loopback address, or
// a socket of the file system.
bool IsOnThisMachine(absl::string_view target);

template <class Stub, class Request, class Response>
using UnaryRpc = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Response*);

// Calls one server. Thread-safe. A call is repeated while the server is unavailable or overloaded;
// to make that safe, writes get a random `request_id` when they have none. ClaimReevaluations,
// which takes none, is repeated only when the server said that it did nothing.
class Client {
 public:
  // Connects with the first call. INVALID_ARGUMENT: a file cannot be read, or a certificate is
  // given without its key.
  static absl::StatusOr<Client> Create(ClientOptions options = {});

  // Call(&v1::AccountService::Stub::GetAccount, request) is StatusOr<v1::GetAccountResponse>.
  template <class Stub, class Request, class Response>
  absl::StatusOr<Response> Call(UnaryRpc<Stub, Request, Response> rpc, Request request) const {
    FillRequestIds(&request);
    Stub stub(channel_);
    Response response;
    absl::Status status = Repeat(request, [&](grpc::ClientContext* context) {
      return (stub.*rpc)(context, request, &response);
    });
    if (!status.ok()) return status;
    return response;
  }

  // For stubs of one's own: streams, and calls with metadata. Prepare() adds the key to a call, and
  // CallError() has the error of one that ended.
  const std::shared_ptr<grpc::ChannelInterface>& channel() const { return channel_; }
  void Prepare(grpc::ClientContext* context) const;
  static absl::Status CallError(const grpc::Status& from);

 private:
  Client(ClientOptions options, std::shared_ptr<grpc::ChannelInterface> channel)
      : options_(std::move(options)), channel_(std::move(channel)) {}
  static void FillRequestIds(google::protobuf::Message* request);
  absl::Status Repeat(const google::protobuf::Message& request,
                      const std::function<grpc::Status(grpc::ClientContext*)>& call) const;

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
