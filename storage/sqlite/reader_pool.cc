#include "storage/sqlite/reader_pool.h"

#include <algorithm>

#include "scoring/error.h"

namespace tiermark::sqlite {

ReaderPool::ReaderPool(std::vector<std::unique_ptr<Connection>> connections) {
  for (auto& connection : connections) readers_.push_back({std::move(connection), std::nullopt});
  for (Reader& reader : readers_) free_.push_back(&reader);
}

absl::Status ReaderPool::Closed() {
  return ReasonedError(absl::StatusCode::kUnavailable, "STORE_CLOSING", "the server is closing");
}

ReaderPool::Reader* ReaderPool::Take() {
  MutexLock lock(&mutex_);
  ++waiting_;
  while (free_.empty() && !closed_) given_back_.Wait(&mutex_);
  --waiting_;
  if (closed_) return nullptr;
  Reader* reader = free_.back();
  free_.pop_back();
  reader->busy.emplace();
  return reader;
}

void ReaderPool::GiveBack(Reader* reader) {
  pages_.Take(reader->connection->database());
  MutexLock lock(&mutex_);
  reader->busy.reset();
  free_.push_back(reader);
  // Closing waits for all of them.
  if (closed_) {
    given_back_.SignalAll();
  } else {
    given_back_.Signal();
  }
}

StoreGauges ReaderPool::Gauges() {
  const PageCounts pages = pages_.total();
  StoreGauges gauges;
  gauges.cache_hits = pages.hits;
  gauges.cache_misses = pages.misses;
  MutexLock lock(&mutex_);
  gauges.readers = static_cast<int>(readers_.size());
  gauges.readers_waited_for = waiting_;
  for (const Reader& reader : readers_) {
    if (!reader.busy.has_value()) continue;
    ++gauges.readers_busy;
    gauges.oldest_read = std::max(gauges.oldest_read, reader.busy->Elapsed());
  }
  return gauges;
}

void ReaderPool::Close() {
  MutexLock lock(&mutex_);
  closed_ = true;
  given_back_.SignalAll();
  while (free_.size() < readers_.size()) given_back_.Wait(&mutex_);
  free_.clear();
  readers_.clear();
}

}  // namespace tiermark::sqlite
