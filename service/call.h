// A call as every front end and every handler sees it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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

// What the messages of a bidirectional stream share. They are handled one after another.
struct StreamState {
  // How many items the messages before this one had; the handler adds those of its own.
  int64_t items = 0;
};

// The headers around a call, where its front end has them. One call's, and used by one thread at a
// time: by the handler while it runs, by the front end once it has ended.
class CallMetadata {
 public:
  virtual ~CallMetadata() = default;

  // As they came in, names in lower case.
  virtual const std::vector<std::pair<std::string, std::string>>& RequestHeaders() const = 0;

  // What the answer has besides. Names are in lower case, and neither is checked. Headers of a
  // server stream must be added before its first message, and count only where the method
  // adds_headers.
  virtual void AddHeader(absl::string_view name, absl::string_view value) = 0;
  virtual void AddTrailer(absl::string_view name, absl::string_view value) = 0;
};

// What a handler may know of a call besides its request.
struct CallInfo {
  // "tiermark.v1.ScoringService/EvaluateAccount".
  absl::string_view rpc;
  Caller caller;
  absl::Time deadline = absl::InfiniteFuture();
  // When set, writes happen at this instant and not at the clock's; for demonstration data.
  std::optional<absl::Time> at;
  // Of a message of a bidirectional stream; null for other calls. Lives as long as the call.
  StreamState* stream = nullptr;
  // Null where the front end hands on none. Lives as long as the call.
  CallMetadata* metadata = nullptr;
};

// Ends a call, once. May be called from any thread.
using Done = absl::AnyInvocable<void(absl::Status)>;

// Handles one request. `info`, `request` and `response` live until `done` is called; the response
// counts only when it is called with OK. Must not block unless its method runs on a worker.
using Handler = std::function<void(const CallInfo& info, const google::protobuf::Message& request,
                                   google::protobuf::Message* response, Done done)>;

}  // namespace tiermark
