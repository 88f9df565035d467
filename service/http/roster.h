// The open connections of an HTTP server, and who of them gives way to newcomers.
#pragma once

#include <array>
#include <cstdint>
#include <list>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "storage/mutex.h"

namespace tiermark {

class HttpSession {
 public:
  virtual ~HttpSession() = default;

  // Ends it: at once when nothing happens on it, else when the call under way is answered. May be
  // called from any thread.
  virtual void Drain() = 0;

  // Ends it unless it is being asked for something. May be called from any thread.
  virtual void GiveWay() = 0;
};

// Thread-safe.
class Roster {
 private:
  // Before its first request's head is whole; from there to the end of the answer; after it.
  enum Kind { kStranger, kAsking, kResting };
  struct Entry {
    HttpSession* session;
    Kind kind;
  };

 public:
  using Place = std::list<Entry>::iterator;

  explicit Roster(int connections_max) : connections_max_(connections_max) {}

  // A session is there from Enter, as a stranger, to Leave.
  Place Enter(HttpSession* session);
  void Asks(Place place) { Move(place, kAsking); }
  void Rests(Place place) { Move(place, kResting); }
  void Leave(Place place);

  // To be called for each newcomer. When nine tenths of the connections are taken, one of those
  // that ask for nothing gives way: a stranger, or else one that rests, the longest silent first.
  void MakeRoom();

  void DrainAll();

 private:
  void Move(Place place, Kind to);
  void MoveLocked(Place place, Kind to) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const int connections_max_;
  Mutex mutex_;
  // By kind; those that became of that kind last come last.
  std::array<std::list<Entry>, 3> entries_ ABSL_GUARDED_BY(mutex_);
  // Those that were to give way since the log was told last.
  int64_t gave_way_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time log_next_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace tiermark
