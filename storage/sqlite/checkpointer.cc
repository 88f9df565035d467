#include "storage/sqlite/checkpointer.h"

#include <chrono>
#include <utility>

#include "storage/sqlite/errors.h"
#include "storage/sqlite/handle.h"
#include "storage/stopwatch.h"
#include "storage/thread_name.h"

namespace tiermark::sqlite {
namespace {

// While readers are in the way, every so many more pages it is tried again.
constexpr int kRetryFrames = 1'000;

// What stands before each page in the log.
constexpr int64_t kFrameHeaderBytes = 24;

ConnectionOptions KeeperOptions(const Connection& connection) {
  ConnectionOptions options;
  options.path = connection.path();
  options.log = connection.log();
  return options;
}

}  // namespace

Checkpointer::Checkpointer(Connection* connection, int frames)
    : connection_(connection),
      keeper_(KeeperOptions(*connection)),
      frames_(frames),
      frame_bytes_(kFrameHeaderBytes +
                   connection->database().execAndGet("PRAGMA page_size").getInt64()),
      move_at_frames_(frames),
      file_(DatabaseFile(connection->database())) {
  WatchWal(connection_->database(), &wal_frames_);
}

Checkpointer::~Checkpointer() {
  // SQLite believes that what was copied is in the file.
  if (flushed_.valid() && !flushed_.get().ok()) KeepWalOnClose(connection_->database());
}

absl::Status Checkpointer::Run() {
  if (flushed_.valid()) {
    const bool ended = flushed_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    return ended || AtBound() ? Finish() : absl::OkStatus();
  }
  if (wal_frames_ < frames_) {
    move_at_frames_ = frames_;
  } else if (wal_frames_ >= move_at_frames_) {
    Copy();
  }
  return absl::OkStatus();
}

void Checkpointer::Copy() {
  const Stopwatch watch;
  // What is in the file but not durable in the log could not be undone.
  Flush(WalFile(connection_->database()));
  auto kept = std::make_unique<ReadTransaction>(&keeper_);
  keeper_.Execute("SELECT count(*) FROM sqlite_schema");
  connection_->Execute("PRAGMA synchronous = OFF");
  const absl::Status copied = Guarded(*connection_, [this] {
    Checkpoint(connection_->database(), CheckpointKind::kPassive);
    return absl::OkStatus();
  });
  connection_->Execute("PRAGMA synchronous = NORMAL");
  connection_->observer().Checkpointed(CheckpointStep::kCopy, watch.Elapsed());
  move_at_frames_ = wal_frames_ + kRetryFrames;
  // Why not is in the driver's log; the write-ahead log keeps what it holds until it goes well.
  if (!copied.ok()) return;
  kept_ = std::move(kept);
  flushed_ = std::async(std::launch::async, [file = file_, connection = connection_] {
    NameThisThread("checkpoint");
    return Guarded(*connection, [file, connection] {
      const Stopwatch flush_watch;
      Flush(file);
      connection->observer().Checkpointed(CheckpointStep::kFlush, flush_watch.Elapsed());
      return absl::OkStatus();
    });
  });
}

absl::Status Checkpointer::Finish() {
  const Stopwatch watch;
  absl::Status flushed = flushed_.get();
  if (!flushed.ok()) return flushed;
  kept_.reset();
  move_at_frames_ = wal_frames_ + kRetryFrames;
  Guarded(*connection_, [this] {
    Checkpoint(connection_->database(),
               AtBound() ? CheckpointKind::kRestart : CheckpointKind::kPassive);
    return absl::OkStatus();
  }).IgnoreError();
  connection_->observer().Checkpointed(CheckpointStep::kEnd, watch.Elapsed());
  return absl::OkStatus();
}

}  // namespace tiermark::sqlite
