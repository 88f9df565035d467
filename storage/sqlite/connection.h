// One connection to a store's file, with its prepared statements.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "SQLiteCpp/Database.h"
#include "SQLiteCpp/Statement.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "storage/sqlite/handle.h"
#include "storage/store_observer.h"

namespace tiermark::sqlite {

// Where the words of the driver go; answers to callers never repeat them.
using DriverLog = std::function<void(absl::string_view)>;

struct ConnectionOptions {
  std::string path;
  bool writes = false;
  // Reads without locks and leaves no files beside it: nobody writes to the file meanwhile, and
  // there is no write-ahead log.
  bool immutable = false;
  int64_t cache_bytes = 0;
  // Bounds the file; 0: no bound. For tests of a full disk.
  int64_t pages_max = 0;
  DriverLog log;
  // Told of what fails. Not owned.
  StoreObserver* observer = NoStoreObserver();
};

// A prepared statement in use; it is reset, and free for its next use, when this goes. What is
// bound by reference must live until then. Methods may throw SQLite::Exception.
class Query {
 public:
  // `handle` is what is behind `statement`.
  Query(SQLite::Statement* statement, sqlite3_stmt* handle)
      : statement_(statement), handle_(handle) {}
  ~Query() {
    if (statement_ != nullptr) statement_->tryReset();
  }
  Query(Query&& other) noexcept
      : statement_(std::exchange(other.statement_, nullptr)), handle_(other.handle_) {}
  Query& operator=(Query&&) = delete;

  // Parameters count from 1. Text and bytes are bound by reference.
  Query& Bind(int parameter, int64_t value);
  Query& Bind(int parameter, const std::string& text);
  Query& Bind(int parameter, std::string&& text) = delete;
  Query& BindBytes(int parameter, const std::string& bytes);
  Query& BindBytes(int parameter, std::string&& bytes) = delete;
  Query& BindNull(int parameter);

  // Goes to the next row; false when there is none.
  bool Step() { return statement_->executeStep(); }

  // Runs a statement that gives no rows, and resets it.
  void Run();

  // Columns count from 0. Bytes are valid until the next step.
  int64_t Int(int column) const { return IntColumn(handle_, column); }
  std::string Text(int column) const { return std::string(Bytes(column)); }
  absl::string_view Bytes(int column) const { return BytesColumn(handle_, column); }
  bool IsNull(int column) const { return statement_->isColumnNull(column); }

 private:
  SQLite::Statement* statement_;
  sqlite3_stmt* handle_;
};

// Owned by one user at a time; not thread-safe. Methods may throw SQLite::Exception.
class Connection {
 public:
  // Opens an existing file (empty counts) and sets it up: write-ahead log, no checkpoints but those
  // asked for. Commits survive the process; a flush of the log makes them survive the machine.
  explicit Connection(ConnectionOptions options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // `sql` must be a constant: statements are kept by its address. A statement must not be in use
  // already.
  Query Prepare(const char* sql);

  // Runs statements that are needed once.
  void Execute(const std::string& sql) { database_.exec(sql); }

  SQLite::Database& database() { return database_; }
  const std::string& path() const { return options_.path; }
  const DriverLog& log() const { return options_.log; }
  StoreObserver& observer() const { return *options_.observer; }

 private:
  struct Prepared {
    std::unique_ptr<SQLite::Statement> statement;
    sqlite3_stmt* handle = nullptr;
  };

  // That of the one statement which none of `statements_` has.
  sqlite3_stmt* HandleOfNewest() const;

  const ConnectionOptions options_;
  SQLite::Database database_;
  absl::flat_hash_map<const char*, Prepared> statements_;
};

// A transaction that writes; without effect unless Commit was called.
class WriteTransaction {
 public:
  explicit WriteTransaction(Connection* connection);
  ~WriteTransaction();
  void Commit();

 private:
  Connection* const connection_;
};

// Reads that see one state of the store.
class ReadTransaction {
 public:
  explicit ReadTransaction(Connection* connection);
  ~ReadTransaction();

 private:
  Connection* const connection_;
};

}  // namespace tiermark::sqlite
