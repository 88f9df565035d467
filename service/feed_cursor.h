// The text by which callers name a place in the changes of their accounts.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "storage/store.h"

namespace tiermark {

// The place behind a log position. Good for one tenant, whatever the RPC and the credential.
std::string EncodeCursor(TenantId tenant, int64_t position);

// The position; nothing when `text` is no cursor of the tenant.
std::optional<int64_t> DecodeCursor(TenantId tenant, absl::string_view text);

}  // namespace tiermark
