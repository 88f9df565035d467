// The schema, as numbered steps that are part of the binary.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tiermark::sqlite {

class Connection;

// A step of the schema. Once released it never changes.
struct Migration {
  int number;
  std::string name;
  std::string sha256;
  std::string sql;
};

// From 1 on, without a gap.
const std::vector<Migration>& KnownMigrations();

// How many of `migrations` the file has, from the first on; 0 for one that is empty. Reads only.
//   FAILED_PRECONDITION, as Migrate.
// May throw SQLite::Exception.
absl::StatusOr<size_t> AppliedMigrations(const std::vector<Migration>& migrations,
                                         Connection* connection);

// Whether the schema is what the first `applied` of `migrations` make.
//   DATA_LOSS, STORE_DAMAGED: it is not.
// May throw SQLite::Exception.
absl::Status CheckSchema(const std::vector<Migration>& migrations, size_t applied,
                         Connection* connection);

// Brings the schema of a new or older file up to `migrations`, each step in a transaction of its
// own.
//   FAILED_PRECONDITION, SCHEMA_NEWER: the file was written by a newer version.
//   FAILED_PRECONDITION, SCHEMA_DIFFERS: an applied step is not the one that is known.
//   FAILED_PRECONDITION, NOT_A_STORE: the file holds something else.
//   DATA_LOSS, STORE_DAMAGED: the schema is not what its steps make.
// May throw SQLite::Exception.
absl::Status Migrate(const std::vector<Migration>& migrations, int64_t now_us,
                     Connection* connection);

}  // namespace tiermark::sqlite
