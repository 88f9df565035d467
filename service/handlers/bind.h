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

// The context of the caller's tenant. Errors as Catalogs::Of.
inline absl::StatusOr<HandlerContext> ContextOf(const ServerContext& server, const CallInfo& info) {
  const auto catalog = server.catalogs.Of(info.caller.tenant);
  if (!catalog.ok()) return catalog.status();
  return HandlerContext{server.store, **catalog,   server.clock,
                        server.jobs,  server.feed, server.keys};
}

// For MethodTable::Add: calls `handle` in the context of the caller's tenant.
template <typename Request, typename Response>
std::function<void(const CallInfo&, const Request&, Response*, Done)> Bind(
    const ServerContext& server,
    void (*handle)(const HandlerContext&, const CallInfo&, const Request&, Response*, Done)) {
  return [server, handle](const CallInfo& info, const Request& request, Response* response,
                          Done done) {
    const auto context = ContextOf(server, info);
    if (!context.ok()) return done(context.status());
    handle(*context, info, request, response, std::move(done));
  };
}

// The same for MethodTable::AddBlocking.
template <typename Request, typename Response>
std::function<absl::Status(const CallInfo&, const Request&, Response*)> Bind(
    const ServerContext& server,
    absl::Status (*handle)(const HandlerContext&, const CallInfo&, const Request&, Response*)) {
  return [server, handle](const CallInfo& info, const Request& request, Response* response) {
    const auto context = ContextOf(server, info);
    return context.ok() ? handle(*context, info, request, response) : context.status();
  };
}

// The same for MethodTable::AddStream.
template <typename Request, typename Response>
std::function<absl::StatusOr<std::unique_ptr<SourceOf<Response>>>(const CallInfo&, const Request&)>
Bind(const ServerContext& server,
     absl::StatusOr<std::unique_ptr<SourceOf<Response>>> (*open)(const HandlerContext&,
                                                                 const CallInfo&, const Request&)) {
  return [server, open](
             const CallInfo& info,
             const Request& request) -> absl::StatusOr<std::unique_ptr<SourceOf<Response>>> {
    const auto context = ContextOf(server, info);
    if (!context.ok()) return context.status();
    return open(*context, info, request);
  };
}

}  // namespace tiermark
