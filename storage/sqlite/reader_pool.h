// Connections that read, shared by the threads that call.
#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "storage/mutex.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/errors.h"
#include "storage/sqlite/page_tally.h"
#include "storage/stopwatch.h"
#include "storage/store.h"

namespace tiermark::sqlite {

// A call takes a connection for as long as it reads, and waits for one when all are taken. Safe for
// any number of threads.
class ReaderPool {
 public:
  explicit ReaderPool(std::vector<std::unique_ptr<Connection>> connections);

  // Runs `work(Connection&)`, which returns a StatusOr and may throw SQLite::Exception.
  //   UNAVAILABLE, STORE_CLOSING: the pool is closed.
  template <typename Work>
  std::invoke_result_t<Work, Connection&> Read(Work&& work) {
    const Lease lease(this);
    if (lease.reader == nullptr) return Closed();
    Connection& connection = *lease.reader->connection;
    return Guarded(connection, [&] { return work(connection); });
  }

  // The readers of StoreGauges, the pages that they asked for, and nothing else.
  StoreGauges Gauges();

  // Lets no more reads in, waits for those under way, and closes the connections.
  void Close();

 private:
  struct Reader {
    std::unique_ptr<Connection> connection;
    // Since it was taken; absent while it is free.
    std::optional<Stopwatch> busy;
  };
  struct Lease {
    explicit Lease(ReaderPool* from) : pool(from), reader(from->Take()) {}
    ~Lease() {
      if (reader != nullptr) pool->GiveBack(reader);
    }
    ReaderPool* const pool;
    Reader* const reader;
  };

  static absl::Status Closed();
  Reader* Take();
  void GiveBack(Reader* reader);

  Mutex mutex_;
  CondVar given_back_;
  // Not moved until they are closed. `busy` is guarded, `connection` is its taker's.
  std::vector<Reader> readers_ ABSL_GUARDED_BY(mutex_);
  // The one used last is used next: its cache is warm.
  std::vector<Reader*> free_ ABSL_GUARDED_BY(mutex_);
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  PageTally pages_;
};

}  // namespace tiermark::sqlite
