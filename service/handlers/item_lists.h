// Lists of what an account has many of.
#pragma once

#include <string>

#include "scoring/facts.h"
#include "service/handlers/handlers.h"
#include "service/page.h"
#include "storage/store.h"

namespace tiermark {

// A page of the account's items of one kind: `add(value, response)` for each, serialized as it is
// stored, in the order of their keys or against it. A Request has account_id, page_size and
// page_token, a Response next_page_token.
template <typename Request, typename Response, typename Add>
absl::Status ListItemsOf(ItemKind kind, bool descending, const HandlerContext& context,
                         const CallInfo& info, const Request& request, Add add,
                         Response* response) {
  Violations violations;
  ItemQuery query;
  query.tenant = info.caller.tenant;
  query.account_id = request.account_id();
  query.kind = kind;
  query.descending = descending;
  ValidateId(request.account_id(), "account_id", &violations);
  query.limit = PageSize(request.page_size(), &violations);
  store::v1::PageToken token = StartPage(info, request, &violations);
  if (!request.page_token().empty()) query.after = token.key();
  if (!violations.empty()) return violations.ToStatus();

  const auto page = context.store.ListItems(query);
  if (!page.ok()) return page.status();
  for (const auto& [key, value] : page->items) add(value, response);
  if (page->more) {
    token.set_key(page->items.back().first);
    response->set_next_page_token(EncodePageToken(token));
  }
  return absl::OkStatus();
}

}  // namespace tiermark
