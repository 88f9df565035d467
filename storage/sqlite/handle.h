// What SQLiteCpp does not offer, through the handle of its connection. Nothing else touches it.
#pragma once

#include <atomic>
#include <cstdint>

#include "SQLiteCpp/Database.h"
#include "absl/strings/string_view.h"

// SQLite's own.
struct sqlite3_file;
struct sqlite3_stmt;

namespace tiermark::sqlite {

// Flag for opening: errors carry their extended codes from the first one on.
extern const int kOpenExtendedResultCodes;

// Switches off what stored files and statements could abuse: the connection is defensive, trusts
// no schema, knows no double-quoted strings, attaches nothing and loads no extension.
void Harden(const SQLite::Database& database);

// Closing the connection will not checkpoint.
void KeepWalOnClose(const SQLite::Database& database);

bool InTransaction(const SQLite::Database& database);

// The statement behind `known`, or the first one when that is null, in an order that stays as it is
// while no statement is prepared or goes; null when there is no more.
sqlite3_stmt* NextStatement(const SQLite::Database& database, sqlite3_stmt* known);

// A column of the row that the statement stands on, counted from 0; it must be one of its columns.
// Bytes are valid until the next step. SQLiteCpp's own columns share the ownership of the
// statement, which a scan would pay for in every column.
int64_t IntColumn(sqlite3_stmt* statement, int column);
absl::string_view BytesColumn(sqlite3_stmt* statement, int column);

// Keeps `*frames` at the length of the write-ahead log as of this connection's last commit, in
// place of checkpoints within commits. `frames` must outlive the connection; any thread may read
// it.
void WatchWal(const SQLite::Database& database, std::atomic<int>* frames);

// The files behind a connection that has read something, valid until it is closed.
sqlite3_file* DatabaseFile(const SQLite::Database& database);
sqlite3_file* WalFile(const SQLite::Database& database);

// Makes durable what was written to the file. Unlike everything else here it may be called on any
// thread, whatever the connection does meanwhile. May throw SQLite::Exception.
void Flush(sqlite3_file* file);

enum class CheckpointKind {
  kPassive,  // Waits for nobody.
  kRestart,  // Waits for readers, so that the log starts anew.
};

// Copies the log into the file as far as it can, and flushes what `PRAGMA synchronous` asks for.
// Whatever it throws, the log still holds all that it held. May throw SQLite::Exception.
void Checkpoint(const SQLite::Database& database, CheckpointKind kind);

// Pages that the connection read from the file or the log since it was opened, or since they were
// taken last.
int64_t PagesRead(const SQLite::Database& database);

// Pages that a connection asked for and found in memory, and those that it had to read.
struct PageCounts {
  int64_t hits = 0;
  int64_t misses = 0;
};

// Those since the connection was opened, or since they were taken last. On its user's thread.
PageCounts TakePageCounts(const SQLite::Database& database);

}  // namespace tiermark::sqlite
