// SQLite stores of tests, in directories that go with them.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "storage/sqlite/sqlite_store.h"
#include "tests/storage/store_test.h"
#include "tests/support/temporary_directory.h"

namespace tiermark {

class SqliteUnderTest : public StoreUnderTest {
 public:
  explicit SqliteUnderTest(const Clock* clock, SqliteStoreOptions options = {});

  Store& store() override { return *store_; }
  SqliteStore& sqlite_store() { return *store_; }
  bool Reopen() override;
  void Shut() { store_.reset(); }

  const std::string& path() const { return options_.path; }
  SqliteStoreOptions& options() { return options_; }

 private:
  TemporaryDirectory directory_;
  SqliteStoreOptions options_;
  std::unique_ptr<SqliteStore> store_;
};

}  // namespace tiermark
