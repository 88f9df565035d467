// A call as every front end and every handler sees it.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "storage/store.h"

namespace tiermark {

// What a caller may do; each role may do what the ones before it may.
enum class Role { kViewer, kScorer, kAdministrator };

// Who calls.
struct Caller {
  TenantId tenant = kDefaultTenant;
  Role role = Role::kAdministrator;
  // Names the credential, never its secret; empty without one.
  std::string credential;
};

// What a handler may know of a call besides its request.
struct CallInfo {
  // "tiermark.v1.ScoringService/EvaluateAccount".
  absl::string_view rpc;
  Caller caller;
  absl::Time deadline = absl::InfiniteFuture();
  // When set, writes happen at this instant and not at the clock's; for demonstration data.
  std::optional<absl::Time> at;
};

// Ends a call, once. May be called from any thread.
using Done = absl::AnyInvocable<void(absl::Status)>;

// Handles one request. `info`, `request` and `response` live until `done` is called; the response
// counts only when it is called with OK. Must not block unless its method runs on a worker.
using Handler = std::function<void(const CallInfo& info, const google::protobuf::Message& request,
                                   google::protobuf::Message* response, Done done)>;

}  // namespace tiermark
