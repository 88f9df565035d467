// What SQLiteCpp does not offer, through the handle of its connection. Nothing else touches it.
#pragma once

#include <cstdint>

#include "SQLiteCpp/Database.h"

namespace tiermark::sqlite {

// Flag for opening: errors carry their extended codes from the first one on.
extern const int kOpenExtendedResultCodes;

// Switches off what stored files and statements could abuse: the connection is defensive, trusts
// no schema, knows no double-quoted strings, attaches nothing and loads no extension.
void Harden(const SQLite::Database& database);

// Closing the connection will not checkpoint.
void KeepWalOnClose(const SQLite::Database& database);

bool InTransaction(const SQLite::Database& database);

// Keeps `*frames` at the length of the write-ahead log as of this connection's last commit, in
// place of checkpoints within commits. `frames` must outlive the connection.
void WatchWal(const SQLite::Database& database, int* frames);

enum class CheckpointKind {
  kPassive,  // Waits for nobody.
  kRestart,  // Waits for readers, so that the log starts anew.
};

// Moves the log into the file as far as it can. Whatever it throws, the log still holds all that it
// held. May throw SQLite::Exception.
void Checkpoint(const SQLite::Database& database, CheckpointKind kind);

// Pages that the connection read from the file or the log since it was opened.
int64_t PagesRead(const SQLite::Database& database);

}  // namespace tiermark::sqlite
