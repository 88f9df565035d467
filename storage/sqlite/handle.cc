#include "storage/sqlite/handle.h"

#include <sqlite3.h>

#include "SQLiteCpp/Exception.h"

namespace tiermark::sqlite {
namespace {

void Configure(sqlite3* handle, int option, int value) {
  if (const int code = sqlite3_db_config(handle, option, value, nullptr); code != SQLITE_OK) {
    throw SQLite::Exception(handle, code);
  }
}

sqlite3_file* FileOf(sqlite3* handle, int which) {
  sqlite3_file* file = nullptr;
  if (const int code = sqlite3_file_control(handle, nullptr, which, &file); code != SQLITE_OK) {
    throw SQLite::Exception(handle, code);
  }
  return file;
}

int CountOf(const SQLite::Database& database, int what, bool begin_anew) {
  int current = 0;
  int highest = 0;
  sqlite3_db_status(database.getHandle(), what, &current, &highest, begin_anew ? 1 : 0);
  return current;
}

int OnWalCommit(void* frames, sqlite3*, const char*, int length) {
  static_cast<std::atomic<int>*>(frames)->store(length, std::memory_order_relaxed);
  return SQLITE_OK;
}

}  // namespace

const int kOpenExtendedResultCodes = SQLITE_OPEN_EXRESCODE;

void Harden(const SQLite::Database& database) {
  sqlite3* handle = database.getHandle();
  Configure(handle, SQLITE_DBCONFIG_DEFENSIVE, 1);
  Configure(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
  Configure(handle, SQLITE_DBCONFIG_DQS_DML, 0);
  Configure(handle, SQLITE_DBCONFIG_DQS_DDL, 0);
  Configure(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0);
  sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
}

void KeepWalOnClose(const SQLite::Database& database) {
  Configure(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1);
}

bool InTransaction(const SQLite::Database& database) {
  return sqlite3_get_autocommit(database.getHandle()) == 0;
}

sqlite3_stmt* NextStatement(const SQLite::Database& database, sqlite3_stmt* known) {
  return sqlite3_next_stmt(database.getHandle(), known);
}

int64_t IntColumn(sqlite3_stmt* statement, int column) {
  return sqlite3_column_int64(statement, column);
}

absl::string_view BytesColumn(sqlite3_stmt* statement, int column) {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
  const int size = sqlite3_column_bytes(statement, column);
  // What is out of memory, or of no bytes, is null.
  return bytes == nullptr ? absl::string_view("", 0)
                          : absl::string_view(bytes, static_cast<size_t>(size));
}

void WatchWal(const SQLite::Database& database, std::atomic<int>* frames) {
  sqlite3_wal_hook(database.getHandle(), OnWalCommit, frames);
}

sqlite3_file* DatabaseFile(const SQLite::Database& database) {
  return FileOf(database.getHandle(), SQLITE_FCNTL_FILE_POINTER);
}

sqlite3_file* WalFile(const SQLite::Database& database) {
  return FileOf(database.getHandle(), SQLITE_FCNTL_JOURNAL_POINTER);
}

void Flush(sqlite3_file* file) {
  const int code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  if (code != SQLITE_OK) throw SQLite::Exception("a file cannot be flushed", code);
}

void Checkpoint(const SQLite::Database& database, CheckpointKind kind) {
  const int mode =
      kind == CheckpointKind::kRestart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
  sqlite3* handle = database.getHandle();
  const int code = sqlite3_wal_checkpoint_v2(handle, nullptr, mode, nullptr, nullptr);
  if (code != SQLITE_OK && code != SQLITE_BUSY) throw SQLite::Exception(handle, code);
}

int64_t PagesRead(const SQLite::Database& database) {
  return CountOf(database, SQLITE_DBSTATUS_CACHE_MISS, false);
}

PageCounts TakePageCounts(const SQLite::Database& database) {
  // Begun anew each time, for SQLite counts to 2^31 only.
  return {CountOf(database, SQLITE_DBSTATUS_CACHE_HIT, true),
          CountOf(database, SQLITE_DBSTATUS_CACHE_MISS, true)};
}

}  // namespace tiermark::sqlite
