// Moves the write-ahead log into the file without holding up commits for as long as the disk takes.
#pragma once

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>

#include "absl/status/status.h"
#include "storage/sqlite/connection.h"

struct sqlite3_file;  // SQLite's own.

namespace tiermark::sqlite {

// The log is copied into the file in one go, the file is flushed by another thread while commits go
// on, and what was committed meanwhile follows: only then does SQLite begin the log anew. Until
// then a reader holds on to the log, whose durable end makes good for anything that a power cut
// takes from the file.
//
// Used by the thread that writes, between its transactions.
class Checkpointer {
 public:
  // `frames`: a log of so many pages is moved; one of a third more waits for the disk and for
  // readers in its way. `connection` must outlive it. May throw SQLite::Exception.
  Checkpointer(Connection* connection, int frames);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // Does what is to be done by now; called after each commit. An error: a file could not be
  // flushed. Nothing is lost as long as nothing more is written, and the log is kept: the next
  // start reads it. May throw SQLite::Exception, which says the same.
  absl::Status Run();

  // What the log holds as of the last commit. On any thread.
  int64_t wal_bytes() const { return wal_frames_.load(std::memory_order_relaxed) * frame_bytes_; }

 private:
  void Copy();
  absl::Status Finish();
  bool AtBound() const { return wal_frames_ > frames_ + frames_ / 3; }

  Connection* const connection_;
  // Reads nothing; keeps the log from beginning anew while the file is being flushed.
  Connection keeper_;
  const int frames_;
  const int64_t frame_bytes_;
  std::atomic<int> wal_frames_ = 0;
  // Where the log is moved next.
  int move_at_frames_;
  sqlite3_file* const file_;
  std::unique_ptr<ReadTransaction> kept_;
  std::future<absl::Status> flushed_;
};

}  // namespace tiermark::sqlite
