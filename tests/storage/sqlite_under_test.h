// SQLite stores of tests, in directories that go with them.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "storage/sqlite/sqlite_store.h"
#include "tests/storage/store_test.h"

namespace tiermark {

// A new directory, removed with what is in it. Ends the process if it cannot be made.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string File(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class SqliteUnderTest : public StoreUnderTest {
 public:
  explicit SqliteUnderTest(const Clock* clock, SqliteStoreOptions options = {});

  Store& store() override { return *store_; }
  bool Reopen() override;
  void Shut() { store_.reset(); }

  const std::string& path() const { return options_.path; }
  SqliteStoreOptions& options() { return options_; }

 private:
  TemporaryDirectory directory_;
  SqliteStoreOptions options_;
  std::unique_ptr<Store> store_;
};

}  // namespace tiermark
