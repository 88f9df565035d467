#include "tests/storage/sqlite_under_test.h"

#include <cstdlib>
#include <iostream>

namespace tiermark {

SqliteUnderTest::SqliteUnderTest(const Clock* clock, SqliteStoreOptions options)
    : options_(std::move(options)) {
  options_.path = directory_.File("store.db");
  options_.clock = clock;
  if (!Reopen()) std::abort();
}

bool SqliteUnderTest::Reopen() {
  store_.reset();
  auto store = OpenSqliteStore(options_);
  if (!store.ok()) {
    std::cerr << store.status() << "\n";
    return false;
  }
  store_ = *std::move(store);
  return true;
}

}  // namespace tiermark
