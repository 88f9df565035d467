// The RPCs that are served: for each its limits and its handler.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "service/call.h"
#include "service/message_source.h"

namespace tiermark {

struct MethodOptions {
  // Where the handler may block: on a worker, or not at all, on the thread that took the call.
  bool on_worker = false;
  // Of a server stream that reads whole portfolios: its turns run on a thread of their own that
  // lets the others go first.
  bool gives_way = false;
  // The server's own bound on a call's time; streams have none.
  absl::Duration time_max = absl::Seconds(10);
  // Largest serialized request, or message of a stream.
  size_t request_bytes_max = 1 << 20;
  // Of a server stream whose source adds headers (CallMetadata): the head of the answer waits for
  // the first message, or for the end.
  bool adds_headers = false;
};

struct Method {
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  // "tiermark.v1.ScoringService/EvaluateAccount".
  std::string name;
  // Its place among those of its table as they were added, 0 and up.
  size_t number = 0;
  const google::protobuf::Message* request_prototype = nullptr;
  const google::protobuf::Message* response_prototype = nullptr;
  MethodOptions options;
  // The least role that may call.
  Role role = Role::kAdministrator;
  // Of a bidirectional stream it answers each message in turn. Of a server stream there is none.
  Handler handle;
  // Of a server stream only.
  StreamOpener open;
};

// Filled once at start, then only read.
class MethodTable {
 public:
  // Serves `service`/`method` by `handle`, which ends the call through `done`. The types must be
  // those of the RPC.
  template <typename Request, typename Response>
  void Add(absl::string_view service, absl::string_view method, MethodOptions options,
           std::function<void(const CallInfo&, const Request&, Response*, Done)> handle) {
    AddMethod(
        service, method, options, Request::default_instance(), Response::default_instance(),
        [handle = std::move(handle)](const CallInfo& info, const google::protobuf::Message& request,
                                     google::protobuf::Message* response, Done done) {
          handle(info, static_cast<const Request&>(request), static_cast<Response*>(response),
                 std::move(done));
        });
  }

  // The same for a handler that ends the call by returning.
  template <typename Request, typename Response>
  void AddBlocking(absl::string_view service, absl::string_view method, MethodOptions options,
                   std::function<absl::Status(const CallInfo&, const Request&, Response*)> handle) {
    Add<Request, Response>(service, method, options,
                           [handle = std::move(handle)](
                               const CallInfo& info, const Request& request, Response* response,
                               Done done) { done(handle(info, request, response)); });
  }

  // Serves a server stream: `open` makes the source of its messages. Its turns run on workers of
  // their own, whatever `options` says; its time_max is that of the whole stream.
  template <typename Request, typename Response>
  void AddStream(absl::string_view service, absl::string_view method, MethodOptions options,
                 std::function<absl::StatusOr<std::unique_ptr<SourceOf<Response>>>(const CallInfo&,
                                                                                   const Request&)>
                     open) {
    AddMethod(
        service, method, options, Request::default_instance(), Response::default_instance(),
        nullptr,
        [open = std::move(open)](const CallInfo& info, const google::protobuf::Message& request)
            -> absl::StatusOr<std::unique_ptr<MessageSource>> {
          return open(info, static_cast<const Request&>(request));
        });
  }

  const std::map<std::string, Method>& methods() const { return methods_; }

  // Null when there is no such RPC.
  const Method* Find(const std::string& name) const;

 private:
  void AddMethod(absl::string_view service, absl::string_view method, MethodOptions options,
                 const google::protobuf::Message& request,
                 const google::protobuf::Message& response, Handler handle,
                 StreamOpener open = nullptr);

  std::map<std::string, Method> methods_;
};

}  // namespace tiermark
