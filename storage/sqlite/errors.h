// Where SQLiteCpp's exceptions end: each becomes a status with words for people; the driver's own
// words go to the log.
#pragma once

#include <type_traits>
#include <utility>

#include "SQLiteCpp/Exception.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sqlite/connection.h"

namespace tiermark::sqlite {

//   RESOURCE_EXHAUSTED, DISK_FULL, with RetryInfo;
//   DATA_LOSS, STORE_DAMAGED;
//   UNAVAILABLE, STORE_UNAVAILABLE: the file cannot be read or written now;
//   INTERNAL, STORE_INTERNAL: a fault of ours.
absl::Status StatusOf(const SQLite::Exception& exception, Connection& connection);

// Why a store could not be opened, for whoever starts the server: the driver's words among it.
//   DATA_LOSS, STORE_DAMAGED; FAILED_PRECONDITION, NOT_A_STORE or STORE_NOT_OPENED.
absl::Status StatusOfOpening(const SQLite::Exception& exception, absl::string_view path);

// Whether a COMMIT that ended so is certain to have had no effect.
bool CommitHadNoEffect(const absl::Status& status);

// A stored row does not match its checksum. DATA_LOSS, STORE_DAMAGED.
absl::Status Damaged(absl::string_view table, int64_t key);

inline const absl::Status& StatusIn(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusIn(const absl::StatusOr<T>& result) {
  return result.status();
}

// Runs `work`, which returns a Status or a StatusOr and may throw SQLite::Exception. What fails is
// told to the connection's observer.
template <typename Work>
std::invoke_result_t<Work> Guarded(Connection& connection, Work&& work) {
  try {
    auto result = std::forward<Work>(work)();
    if (absl::IsDataLoss(StatusIn(result))) connection.observer().Failed(StoreFault::kDamaged);
    return result;
  } catch (const SQLite::Exception& exception) {
    return StatusOf(exception, connection);
  }
}

}  // namespace tiermark::sqlite
