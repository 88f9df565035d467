#include "storage/sqlite/migrations.h"

#include "absl/strings/str_cat.h"
#include "scoring/error.h"
#include "storage/sqlite/connection.h"

namespace tiermark::sqlite {
namespace {

// "Tier", in the header of every store.
constexpr int64_t kApplicationId = 0x54696572;

constexpr char kCreateMigrationTable[] =
    "CREATE TABLE schema_migration ("
    "  number INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL,"
    "  sha256 TEXT NOT NULL,"
    "  applied_us INTEGER NOT NULL"
    ") STRICT";
constexpr char kReadMigrations[] =
    "SELECT number, name, sha256 FROM schema_migration ORDER BY number";
constexpr char kReadSchema[] =
    "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || ifnull(sql, '') FROM sqlite_schema"
    " WHERE name NOT GLOB 'sqlite_stat*' ORDER BY name";
constexpr char kInsertMigration[] = "INSERT INTO schema_migration VALUES (?, ?, ?, ?)";

absl::Status Refuse(absl::string_view reason, absl::string_view message) {
  return ReasonedError(absl::StatusCode::kFailedPrecondition, reason, message);
}

int64_t ReadNumber(const char* sql, Connection* connection) {
  Query query = connection->Prepare(sql);
  return query.Step() ? query.Int(0) : 0;
}

// Whether the file is a store already; an empty one may become one.
absl::StatusOr<bool> IsStore(Connection* connection) {
  const int64_t id = ReadNumber("PRAGMA application_id", connection);
  if (id == kApplicationId) return true;
  if (id != 0 || ReadNumber("SELECT count(*) FROM sqlite_schema", connection) != 0) {
    return Refuse("NOT_A_STORE",
                  "the file is a database of another program; give --store another path");
  }
  return false;
}

// Marks a new file as a store.
void Claim(Connection* connection) {
  WriteTransaction transaction(connection);
  connection->Execute(absl::StrCat("PRAGMA application_id = ", kApplicationId));
  connection->Execute(kCreateMigrationTable);
  transaction.Commit();
}

// Everything in the schema, but for what SQLite keeps for itself.
std::string SchemaOf(const SQLite::Database& database) {
  std::string schema;
  SQLite::Statement rows(database, kReadSchema);
  while (rows.executeStep()) absl::StrAppend(&schema, rows.getColumn(0).getString(), "\n");
  return schema;
}

// What the first `applied` steps make of an empty file.
std::string ExpectedSchema(const std::vector<Migration>& migrations, size_t applied) {
  SQLite::Database fresh(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  fresh.exec(kCreateMigrationTable);
  for (size_t i = 0; i < applied; ++i) fresh.exec(migrations[i].sql);
  return SchemaOf(fresh);
}

}  // namespace

absl::StatusOr<size_t> AppliedMigrations(const std::vector<Migration>& migrations,
                                         Connection* connection) {
  const absl::StatusOr<bool> store = IsStore(connection);
  if (!store.ok()) return store.status();
  size_t applied = 0;
  if (!*store) return applied;
  Query query = connection->Prepare(kReadMigrations);
  for (; query.Step(); ++applied) {
    if (applied >= migrations.size()) {
      return Refuse("SCHEMA_NEWER",
                    absl::StrCat("the store's schema has step ", query.Text(1),
                                 ", which this version does not know; start the version of "
                                 "tiermarkd that last wrote it, or a later one"));
    }
    const Migration& known = migrations[applied];
    if (query.Int(0) != known.number || query.Text(2) != known.sha256) {
      return Refuse("SCHEMA_DIFFERS",
                    absl::StrCat("the store's schema step ", query.Text(1),
                                 " is not the one of this version (", known.name,
                                 "); the store was written by another build: start that one"));
    }
  }
  return applied;
}

absl::Status CheckSchema(const std::vector<Migration>& migrations, size_t applied,
                         Connection* connection) {
  if (SchemaOf(connection->database()) == ExpectedSchema(migrations, applied)) {
    return absl::OkStatus();
  }
  return ReasonedError(absl::StatusCode::kDataLoss, "STORE_DAMAGED",
                       "the store's schema is not what its steps make; restore the store from "
                       "a backup");
}

absl::Status Migrate(const std::vector<Migration>& migrations, int64_t now_us,
                     Connection* connection) {
  const absl::StatusOr<bool> store = IsStore(connection);
  if (!store.ok()) return store.status();
  if (!*store) Claim(connection);
  const absl::StatusOr<size_t> applied = AppliedMigrations(migrations, connection);
  if (!applied.ok()) return applied.status();
  for (size_t i = *applied; i < migrations.size(); ++i) {
    const Migration& step = migrations[i];
    WriteTransaction transaction(connection);
    connection->Execute(step.sql);
    Query insert = connection->Prepare(kInsertMigration);
    insert.Bind(1, step.number).Bind(2, step.name).Bind(3, step.sha256).Bind(4, now_us);
    insert.Run();
    transaction.Commit();
  }
  return CheckSchema(migrations, migrations.size(), connection);
}

}  // namespace tiermark::sqlite
