#include "storage/sqlite/errors.h"

#include <sqlite3.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "scoring/error.h"

namespace tiermark::sqlite {
namespace {

constexpr absl::Duration kDiskFullRetryDelay = absl::Seconds(5);

StoreFault FaultOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kResourceExhausted:
      return StoreFault::kDiskFull;
    case absl::StatusCode::kDataLoss:
      return StoreFault::kDamaged;
    case absl::StatusCode::kUnavailable:
      return StoreFault::kUnavailable;
    default:
      return StoreFault::kInternal;
  }
}

absl::Status StatusOfCode(int primary) {
  switch (primary) {
    case SQLITE_FULL:
      return OverloadError("DISK_FULL", "the server's disk is full; nothing was written",
                           kDiskFullRetryDelay);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ReasonedError(absl::StatusCode::kDataLoss, "STORE_DAMAGED",
                           "the store's file is damaged; restore it from a backup");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_INTERRUPT:
    case SQLITE_PROTOCOL:
      return ReasonedError(absl::StatusCode::kUnavailable, "STORE_UNAVAILABLE",
                           "the store cannot be used now; try again");
    default:
      return ReasonedError(absl::StatusCode::kInternal, "STORE_INTERNAL",
                           "the store failed in a way that it should not");
  }
}

}  // namespace

absl::Status StatusOf(const SQLite::Exception& exception, Connection& connection) {
  const int extended = exception.getExtendedErrorCode();
  if (connection.log()) {
    connection.log()(absl::StrCat("sqlite: ", exception.what(), " (code ", extended, ")"));
  }
  absl::Status status = StatusOfCode(exception.getErrorCode() & 0xff);
  connection.observer().Failed(FaultOf(status));
  return status;
}

absl::Status StatusOfOpening(const SQLite::Exception& exception, absl::string_view path) {
  switch (exception.getErrorCode() & 0xff) {
    case SQLITE_NOTADB:
      return ReasonedError(absl::StatusCode::kFailedPrecondition, "NOT_A_STORE",
                           absl::StrCat(path, " is not a database; give --store another path"));
    case SQLITE_CORRUPT:
      return ReasonedError(
          absl::StatusCode::kDataLoss, "STORE_DAMAGED",
          absl::StrCat(path, " is damaged (", exception.what(), "); restore it from a backup"));
    default:
      return ReasonedError(absl::StatusCode::kFailedPrecondition, "STORE_NOT_OPENED",
                           absl::StrCat(path, " cannot be opened (", exception.what(),
                                        "); see that the disk has room and that no other program "
                                        "holds the file"));
  }
}

bool CommitHadNoEffect(const absl::Status& status) {
  // A full disk is known before the log's last frame, which makes the commit, is whole.
  return absl::IsResourceExhausted(status);
}

absl::Status Damaged(absl::string_view table, int64_t key) {
  return ReasonedError(absl::StatusCode::kDataLoss, "STORE_DAMAGED",
                       "a stored record is damaged; restore it from a backup",
                       {{"table", std::string(table)}, {"key", absl::StrCat(key)}});
}

}  // namespace tiermark::sqlite
