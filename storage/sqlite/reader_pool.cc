#include "storage/sqlite/reader_pool.h"

#include "scoring/error.h"

namespace tiermark::sqlite {

ReaderPool::ReaderPool(std::vector<std::unique_ptr<Connection>> connections)
    : connections_(std::move(connections)) {
  for (const auto& connection : connections_) free_.push_back(connection.get());
}

absl::Status ReaderPool::Closed() {
  return ReasonedError(absl::StatusCode::kUnavailable, "STORE_CLOSING", "the server is closing");
}

Connection* ReaderPool::Take() {
  MutexLock lock(&mutex_);
  while (free_.empty() && !closed_) given_back_.Wait(&mutex_);
  if (closed_) return nullptr;
  Connection* connection = free_.back();
  free_.pop_back();
  return connection;
}

void ReaderPool::GiveBack(Connection* connection) {
  MutexLock lock(&mutex_);
  free_.push_back(connection);
  // Closing waits for all of them.
  if (closed_) {
    given_back_.SignalAll();
  } else {
    given_back_.Signal();
  }
}

void ReaderPool::Close() {
  MutexLock lock(&mutex_);
  closed_ = true;
  given_back_.SignalAll();
  while (free_.size() < connections_.size()) given_back_.Wait(&mutex_);
  free_.clear();
  connections_.clear();
}

}  // namespace tiermark::sqlite
