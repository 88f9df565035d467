// ReportAccountEvent and ListAccountEvents.
#include <utility>

#include "absl/strings/str_cat.h"
#include "scoring/calendar.h"
#include "scoring/facts.h"
#include "service/answers.h"
#include "service/decisions.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/validation.h"
#include "service/handlers/writes.h"
#include "service/page.h"
#include "tiermark/v1/account_service.pb.h"

namespace tiermark {
namespace {

void ReportAccountEvent(const HandlerContext& context, const CallInfo& info,
                        const v1::ReportAccountEventRequest& request,
                        v1::ReportAccountEventResponse* response, Done done) {
  Violations violations;
  ValidateId(request.account_id(), "account_id", &violations);
  if (!v1::AccountEventType_IsValid(request.type()) ||
      request.type() == v1::ACCOUNT_EVENT_TYPE_UNSPECIFIED) {
    violations.Add("type", "must be one of the event types");
  }
  if (request.has_event_date() && !IsValidDate(request.event_date())) {
    violations.Add("event_date", "must be a whole date of the years 1900 to 2199");
  }
  ValidateText(request.note(), kEventNoteBytesMax, "note", &violations);
  ValidateRequestId(request.request_id(), &violations);
  if (!violations.empty()) return done(violations.ToStatus());

  ReportedEvent event;
  event.type = request.type();
  if (request.has_event_date()) event.date = request.event_date();
  event.note = request.note();
  AccountWrite write = WriteFor(info, request);
  write.decide = [&catalog = context.catalog, event = std::move(event)](const DecideInput& input) {
    return DecideEvent(event, *catalog.policy(), input);
  };
  write.done = [response, done = std::move(done)](absl::StatusOr<CommitResult> result) mutable {
    if (!result.ok()) return done(result.status());
    FillEventAnswer(result->entries.back(), response);
    done(absl::OkStatus());
  };
  context.store.Apply(std::move(write));
}

absl::Status ListAccountEvents(const HandlerContext& context, const CallInfo& info,
                               const v1::ListAccountEventsRequest& request,
                               v1::ListAccountEventsResponse* response) {
  Violations violations;
  EventQuery query;
  query.tenant = info.caller.tenant;
  query.account_id = request.account_id();
  query.open_only = request.open_only();
  ValidateId(request.account_id(), "account_id", &violations);
  query.limit = PageSize(request.page_size(), &violations);
  store::v1::PageToken token = StartPage(info, request, &violations);
  query.before_position = token.position();
  if (!violations.empty()) return violations.ToStatus();

  auto page = context.store.ListEvents(query);
  if (!page.ok()) return page.status();
  for (v1::AccountEvent& event : page->events) *response->add_events() = std::move(event);
  if (page->next_before_position != 0) {
    token.set_position(page->next_before_position);
    response->set_next_page_token(EncodePageToken(token));
  }
  return absl::OkStatus();
}

}  // namespace

void AddEventHandlers(const ServerContext& server, MethodTable* methods) {
  methods->Add(kAccountService, "ReportAccountEvent", {}, Bind(server, ReportAccountEvent));
  MethodOptions list;
  list.on_worker = true;
  methods->AddBlocking(kAccountService, "ListAccountEvents", list, Bind(server, ListAccountEvents));
}

}  // namespace tiermark
