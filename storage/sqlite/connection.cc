#include "storage/sqlite/connection.h"

#include <algorithm>
#include <utility>

#include "SQLiteCpp/Exception.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace tiermark::sqlite {
namespace {

// Only others than this server can make us wait: a tool that holds the file.
constexpr int kBusyTimeoutMs = 2'000;

constexpr char kBegin[] = "BEGIN";
constexpr char kBeginImmediate[] = "BEGIN IMMEDIATE";
constexpr char kCommit[] = "COMMIT";
constexpr char kRollback[] = "ROLLBACK";

int OpenFlags(const ConnectionOptions& options) {
  const int mode = options.writes ? SQLite::OPEN_READWRITE : SQLite::OPEN_READONLY;
  return mode | SQLite::OPEN_NOMUTEX | SQLite::OPEN_PRIVATECACHE | SQLite::OPEN_NOFOLLOW |
         kOpenExtendedResultCodes | (options.immutable ? SQLite::OPEN_URI : 0);
}

// Only a URI can say that the file is immutable.
std::string NameOf(const ConnectionOptions& options) {
  if (!options.immutable) return options.path;
  return absl::StrCat(
      "file:", absl::StrReplaceAll(options.path, {{"%", "%25"}, {"?", "%3f"}, {"#", "%23"}}),
      "?immutable=1");
}

// Ends a transaction that may have ended itself.
void RollbackIfOpen(Connection* connection) noexcept {
  try {
    if (InTransaction(connection->database())) connection->Prepare(kRollback).Run();
  } catch (const SQLite::Exception&) {
    // The transaction is gone or the connection is; the next use will say so.
  }
}

}  // namespace

Query& Query::Bind(int parameter, int64_t value) {
  statement_->bind(parameter, value);
  return *this;
}

Query& Query::Bind(int parameter, const std::string& text) {
  statement_->bindNoCopy(parameter, text);
  return *this;
}

Query& Query::BindBytes(int parameter, const std::string& bytes) {
  statement_->bindNoCopy(parameter, static_cast<const void*>(bytes.data()),
                         static_cast<int>(bytes.size()));
  return *this;
}

Query& Query::BindNull(int parameter) {
  statement_->bind(parameter);
  return *this;
}

void Query::Run() {
  while (statement_->executeStep()) {
  }
  statement_->reset();
}

Connection::Connection(ConnectionOptions options)
    : options_(std::move(options)),
      database_(NameOf(options_), OpenFlags(options_), kBusyTimeoutMs) {
  Harden(database_);
  Execute(absl::StrCat("PRAGMA cache_size = -", options_.cache_bytes / 1024));
  Execute("PRAGMA temp_store = MEMORY");
  if (!options_.writes) {
    Execute("PRAGMA query_only = ON");
    Execute("PRAGMA wal_autocheckpoint = 0");
    return;
  }
  const std::string mode = database_.execAndGet("PRAGMA journal_mode = WAL").getString();
  if (mode != "wal") {
    throw SQLite::Exception(absl::StrCat("journal mode is ", mode, " and not wal"));
  }
  // Checkpoints are ordered by flushes; that of commits is the Writer's, after them.
  Execute("PRAGMA synchronous = NORMAL");
  Execute("PRAGMA wal_autocheckpoint = 0");
  // What is deleted must not be found in the file's free space.
  Execute("PRAGMA secure_delete = ON");
  if (options_.pages_max > 0) Execute(absl::StrCat("PRAGMA max_page_count = ", options_.pages_max));
}

Connection::~Connection() = default;

Query Connection::Prepare(const char* sql) {
  Prepared& prepared = statements_[sql];
  if (prepared.statement == nullptr) {
    prepared.statement = std::make_unique<SQLite::Statement>(database_, sql);
    prepared.handle = HandleOfNewest();
  }
  return Query(prepared.statement.get(), prepared.handle);
}

sqlite3_stmt* Connection::HandleOfNewest() const {
  const auto is_known = [this](sqlite3_stmt* handle) {
    return std::any_of(statements_.begin(), statements_.end(),
                       [handle](const auto& entry) { return entry.second.handle == handle; });
  };
  sqlite3_stmt* handle = NextStatement(database_, nullptr);
  while (is_known(handle)) handle = NextStatement(database_, handle);
  return handle;
}

WriteTransaction::WriteTransaction(Connection* connection) : connection_(connection) {
  connection_->Prepare(kBeginImmediate).Run();
}

WriteTransaction::~WriteTransaction() { RollbackIfOpen(connection_); }

void WriteTransaction::Commit() { connection_->Prepare(kCommit).Run(); }

ReadTransaction::ReadTransaction(Connection* connection) : connection_(connection) {
  connection_->Prepare(kBegin).Run();
}

ReadTransaction::~ReadTransaction() { RollbackIfOpen(connection_); }

}  // namespace tiermark::sqlite
