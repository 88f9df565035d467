// What the pipeline tells of calls, for those who count them.
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/method_table.h"

namespace tiermark {

// Called on the threads of calls, for every one of them: must be cheap and must not block.
// Thread-safe. Does nothing unless overridden. `answer` is what the caller sees.
class CallObserver {
 public:
  virtual ~CallObserver() = default;

  // A call was refused before it began.
  virtual void Refused(const Method& /*method*/, const absl::Status& /*answer*/) {}

  // A call, a message of a bidirectional stream or a server stream ended, `took` after it began.
  virtual void Ended(const Method& /*method*/, const absl::Status& /*answer*/,
                     absl::Duration /*took*/) {}

  // A server stream sent a message.
  virtual void Sent(const Method& /*method*/) {}
};

// One that does nothing.
CallObserver* NoCallObserver();

}  // namespace tiermark
