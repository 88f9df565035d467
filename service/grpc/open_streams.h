// Streams that are open, so that a draining server can end them.
#pragma once

#include <set>

#include "absl/base/thread_annotations.h"
#include "storage/mutex.h"

namespace tiermark {

class OpenStream {
 public:
  virtual ~OpenStream() = default;

  // Ends the stream with UNAVAILABLE as soon as its message under way is answered.
  virtual void Drain() = 0;
};

// Thread-safe.
class OpenStreams {
 public:
  void Add(OpenStream* stream) {
    MutexLock lock(&mutex_);
    streams_.insert(stream);
  }
  void Remove(OpenStream* stream) {
    MutexLock lock(&mutex_);
    streams_.erase(stream);
  }

  // Drains every open stream.
  void EndAll() {
    // A stream that ends is removed on another thread, after this lock is free.
    MutexLock lock(&mutex_);
    for (OpenStream* stream : streams_) stream->Drain();
  }

 private:
  Mutex mutex_;
  std::set<OpenStream*> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tiermark
