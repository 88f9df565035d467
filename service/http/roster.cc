#include "service/http/roster.h"

#include "absl/time/clock.h"
#include "service/log.h"

namespace tiermark {
namespace {

constexpr absl::Duration kLogInterval = absl::Seconds(10);

}  // namespace

Roster::Place Roster::Enter(HttpSession* session) {
  std::list<Entry> entry = {{session, kStranger}};
  const Place place = entry.begin();
  MutexLock lock(&mutex_);
  entries_[kStranger].splice(entries_[kStranger].end(), entry);
  return place;
}

void Roster::Leave(Place place) {
  MutexLock lock(&mutex_);
  entries_[place->kind].erase(place);
}

void Roster::Move(Place place, Kind to) {
  MutexLock lock(&mutex_);
  MoveLocked(place, to);
}

void Roster::MoveLocked(Place place, Kind to) {
  entries_[to].splice(entries_[to].end(), entries_[place->kind], place);
  place->kind = to;
}

void Roster::MakeRoom() {
  MutexLock lock(&mutex_);
  size_t open = 0;
  for (const std::list<Entry>& entries : entries_) open += entries.size();
  if (open < static_cast<size_t>(connections_max_) * 9 / 10) return;
  std::list<Entry>& silent = entries_[kStranger].empty() ? entries_[kResting] : entries_[kStranger];
  if (silent.empty()) return;
  const Place longest = silent.begin();
  longest->session->GiveWay();
  // It is on its way out: the next newcomer is to find another.
  MoveLocked(longest, kAsking);
  ++gave_way_;
  const absl::Time now = absl::Now();
  if (now < log_next_) return;
  Log(LogLevel::kWarning, "connections that ask for nothing give way to newcomers",
      {{"gave_way", gave_way_}, {"connections_max", connections_max_}});
  gave_way_ = 0;
  log_next_ = now + kLogInterval;
}

void Roster::DrainAll() {
  MutexLock lock(&mutex_);
  for (const std::list<Entry>& entries : entries_) {
    for (const Entry& entry : entries) entry.session->Drain();
  }
}

}  // namespace tiermark
