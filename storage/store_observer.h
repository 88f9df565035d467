// What a store tells of its work while it does it.
#pragma once

#include <cstddef>

#include "absl/time/time.h"

namespace tiermark {

// Steps of moving a write-ahead log into the file it is of. The first and the last hold up commits.
enum class CheckpointStep { kCopy, kFlush, kEnd };

// What can be wrong with the medium, or with what is on it.
enum class StoreFault {
  kDiskFull,
  kUnavailable,  // Cannot be read or written now: an error of the device, or a read-only file.
  kDamaged,      // A record does not match its checksum, or the file is no database.
  kInternal,     // A fault of ours.
};

// Called on the store's threads and those of its callers, in the middle of their work: must not
// block. Thread-safe. Does nothing unless overridden.
class StoreObserver {
 public:
  virtual ~StoreObserver() = default;

  // A group of so many writes was committed. `took`: from the begin of its transaction to its end,
  // with loading and deciding.
  virtual void GroupCommitted(size_t /*writes*/, absl::Duration /*took*/) {}

  // Commits were made durable.
  virtual void Flushed(absl::Duration /*took*/) {}

  virtual void Checkpointed(CheckpointStep /*step*/, absl::Duration /*took*/) {}

  // An operation failed for this.
  virtual void Failed(StoreFault /*fault*/) {}
};

// One that does nothing.
StoreObserver* NoStoreObserver();

}  // namespace tiermark
