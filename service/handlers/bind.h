// Makes plain functions into what a method table takes; the function's own parameters say the types
// of the RPC's messages.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/call.h"
#include "service/handlers/handlers.h"
#include "service/message_source.h"

namespace tiermark {

// For MethodTable::Add: calls `handle` with a copy of `context`.
template <typename Request, typename Response>
std::function<void(const CallInfo&, const Request&, Response*, Done)> Bind(
    const HandlerContext& context,
    void (*handle)(const HandlerContext&, const CallInfo&, const Request&, Response*, Done)) {
  return
      [context, handle](const CallInfo& info, const Request& request, Response* response,
                        Done done) { handle(context, info, request, response, std::move(done)); };
}

// The same for MethodTable::AddBlocking.
template <typename Request, typename Response>
std::function<absl::Status(const CallInfo&, const Request&, Response*)> Bind(
    const HandlerContext& context,
    absl::Status (*handle)(const HandlerContext&, const CallInfo&, const Request&, Response*)) {
  return [context, handle](const CallInfo& info, const Request& request, Response* response) {
    return handle(context, info, request, response);
  };
}

// The same for MethodTable::AddStream.
template <typename Request, typename Response>
std::function<absl::StatusOr<std::unique_ptr<SourceOf<Response>>>(const CallInfo&, const Request&)>
Bind(const HandlerContext& context,
     absl::StatusOr<std::unique_ptr<SourceOf<Response>>> (*open)(const HandlerContext&,
                                                                 const CallInfo&, const Request&)) {
  return [context, open](const CallInfo& info, const Request& request) {
    return open(context, info, request);
  };
}

}  // namespace tiermark
