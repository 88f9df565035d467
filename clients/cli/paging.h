// Lists of the API, page by page, up to how many are wanted.
#pragma once

#include <algorithm>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/session.h"
#include "tiermark/client.h"

namespace tiermark::cli {

constexpr int kPageSizeMax = 1'000;

// Calls `see` with up to `limit` items (0: all) of those that `items` gets from a page. Says on the
// error stream that there are more: lists are never cut in silence.
template <class Stub, class Request, class Response, class Items, class See>
absl::Status ForEach(const Client& client, UnaryRpc<Stub, Request, Response> rpc, Request request,
                     int limit, const Session& session, Items items, See see) {
  request.set_page_size(limit == 0 ? kPageSizeMax : std::min(limit, kPageSizeMax));
  Pages pages(&client, rpc, request);
  int64_t seen = 0;
  while (auto page = pages.Next()) {
    bool more = !page->next_page_token().empty();
    for (const auto& item : items(*page)) {
      if (limit != 0 && seen == limit) {
        more = true;
        break;
      }
      see(item);
      ++seen;
    }
    if (limit != 0 && seen == limit) {
      if (more) session.Note(absl::StrCat("the first ", limit, "; --limit 0 lists all"));
      return absl::OkStatus();
    }
  }
  return pages.status();
}

}  // namespace tiermark::cli
