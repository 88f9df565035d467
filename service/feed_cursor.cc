#include "service/feed_cursor.h"

#include <cstring>

#include "absl/strings/escaping.h"
#include "service/call.h"
#include "service/page.h"
#include "service/request_tag.h"

namespace tiermark {
namespace {

// Tells cursors from page tokens, and those of one tenant from those of another.
uint64_t HashOfFeed(TenantId tenant) {
  CallInfo feed;
  feed.rpc = "tiermark.v1.AccountChange";
  feed.caller.tenant = tenant;
  const std::string hash = HashOfCall(feed, "", "");
  uint64_t value;
  std::memcpy(&value, hash.data(), sizeof(value));
  return value;
}

}  // namespace

std::string EncodeCursor(TenantId tenant, int64_t position) {
  store::v1::PageToken token;
  token.set_query_hash(HashOfFeed(tenant));
  token.set_position(position);
  return EncodePageToken(token);
}

std::optional<int64_t> DecodeCursor(TenantId tenant, absl::string_view text) {
  std::string bytes;
  store::v1::PageToken token;
  if (!absl::WebSafeBase64Unescape(text, &bytes) || !token.ParseFromString(bytes) ||
      token.query_hash() != HashOfFeed(tenant) || token.position() < 0) {
    return std::nullopt;
  }
  return token.position();
}

}  // namespace tiermark
