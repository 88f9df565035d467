// ListAuditEntries.
#include <utility>

#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/validation.h"
#include "service/page.h"
#include "tiermark/v1/admin_service.pb.h"

namespace tiermark {
namespace {

absl::Status ListAuditEntries(const HandlerContext& context, const CallInfo& info,
                              const v1::ListAuditEntriesRequest& request,
                              v1::ListAuditEntriesResponse* response) {
  Violations violations;
  AuditQuery query;
  query.tenant = info.caller.tenant;
  query.limit = PageSize(request.page_size(), &violations);
  if (request.has_start_time()) {
    query.start_us = ReadTimestamp(request.start_time(), "start_time", &violations);
  }
  if (request.has_end_time()) {
    query.end_us = ReadTimestamp(request.end_time(), "end_time", &violations);
  }
  if (query.start_us.has_value() && query.end_us.has_value() && *query.end_us < *query.start_us) {
    violations.Add("end_time", "must not be before start_time");
  }
  query.api_key_id = request.api_key_id();
  store::v1::PageToken token = StartPage(info, request, &violations);
  if (!request.page_token().empty()) query.before_number = token.position();
  if (!violations.empty()) return violations.ToStatus();

  auto page = context.store.ListAudit(query);
  if (!page.ok()) return page.status();
  for (v1::AuditEntry& entry : page->entries) *response->add_audit_entries() = std::move(entry);
  if (page->next_before_number.has_value()) {
    token.set_position(*page->next_before_number);
    response->set_next_page_token(EncodePageToken(token));
  }
  return absl::OkStatus();
}

}  // namespace

void AddAuditHandlers(const ServerContext& server, MethodTable* methods) {
  MethodOptions worker;
  worker.on_worker = true;
  methods->AddBlocking(kAdminService, "ListAuditEntries", worker, Bind(server, ListAuditEntries));
}

}  // namespace tiermark
