// Finds the write that a repeated request id repeats.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "absl/status/statusor.h"
#include "storage/commit_backend.h"
#include "storage/store.h"

namespace tiermark {

// Reads an entry of the log; entries of the present group count as there.
using ReadEntry = std::function<absl::StatusOr<StoredEntry>(int64_t position)>;

// Whether a request applied then is too old to be answered again.
bool RequestExpired(int64_t applied_us, int64_t now_us);

// ALREADY_EXISTS, REQUEST_ID_REUSED.
absl::Status RequestIdReused();

// The entry that answered the request first, if it was applied less than kRequestIdLifetime before
// `now_us`. Looks at the ids in the account's state, and behind them, when there were more, in the
// account's log.
//   ALREADY_EXISTS, REQUEST_ID_REUSED: it had another body.
//   DATA_LOSS, UNAVAILABLE: as reading the log fails.
absl::StatusOr<std::optional<LogRecord>> FindRequest(const AccountRecord& account,
                                                     const store::v1::RequestTag& tag,
                                                     int64_t now_us, const ReadEntry& read_entry);

// Adds an applied request to the state, which keeps the last kRequestsInState.
void KeepRequest(const store::v1::RequestTag& tag, int64_t position, int64_t applied_us,
                 store::v1::AccountState* state);

}  // namespace tiermark
