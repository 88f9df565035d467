// What the writes of all handlers have in common.
#pragma once

#include "service/call.h"
#include "service/request_tag.h"
#include "storage/store.h"

namespace tiermark {

// A write to the account of `request`, as the call has it. What is decided, and what is done then,
// is left to the handler.
template <typename Request>
AccountWrite WriteFor(const CallInfo& info, const Request& request) {
  AccountWrite write;
  write.tenant = info.caller.tenant;
  write.account_id = request.account_id();
  write.request = TagRequest(info, request.request_id(), request);
  write.deadline = info.deadline;
  write.at = info.at;
  write.bytes = request.ByteSizeLong();
  return write;
}

}  // namespace tiermark
