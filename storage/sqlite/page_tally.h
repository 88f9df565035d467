// Pages that connections found in memory, and those that they had to read, for anyone to look at.
#pragma once

#include <atomic>
#include <cstdint>

#include "storage/sqlite/handle.h"

namespace tiermark::sqlite {

// Thread-safe.
class PageTally {
 public:
  // Adds what the connection counted since the last time. On its user's thread.
  void Take(const SQLite::Database& database) {
    const PageCounts counts = TakePageCounts(database);
    hits_.fetch_add(counts.hits, std::memory_order_relaxed);
    misses_.fetch_add(counts.misses, std::memory_order_relaxed);
  }

  PageCounts total() const {
    return {hits_.load(std::memory_order_relaxed), misses_.load(std::memory_order_relaxed)};
  }

 private:
  std::atomic<int64_t> hits_ = 0;
  std::atomic<int64_t> misses_ = 0;
};

}  // namespace tiermark::sqlite
