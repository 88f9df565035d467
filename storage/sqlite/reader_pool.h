// Connections that read, shared by the threads that call.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "storage/mutex.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/errors.h"

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
    if (lease.connection == nullptr) return Closed();
    return Guarded(*lease.connection, [&] { return work(*lease.connection); });
  }

  // Lets no more reads in, waits for those under way, and closes the connections.
  void Close();

 private:
  struct Lease {
    explicit Lease(ReaderPool* from) : pool(from), connection(from->Take()) {}
    ~Lease() {
      if (connection != nullptr) pool->GiveBack(connection);
    }
    ReaderPool* const pool;
    Connection* const connection;
  };

  static absl::Status Closed();
  Connection* Take();
  void GiveBack(Connection* connection);

  Mutex mutex_;
  CondVar given_back_;
  std::vector<std::unique_ptr<Connection>> connections_ ABSL_GUARDED_BY(mutex_);
  // The one used last is used next: its cache is warm.
  std::vector<Connection*> free_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace tiermark::sqlite
