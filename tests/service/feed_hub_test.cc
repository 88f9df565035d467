// Waking those who wait for commits: in time, once, and without a commit lost in between.
#include "service/feed_hub.h"

#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace tiermark {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kLong(3'600);

// Waits in the hub until it is woken.
std::future<void> Waiting(FeedHub& hub, uint64_t seen, FeedHub::TimePoint until) {
  auto woken = std::make_shared<std::promise<void>>();
  hub.Wait(seen, until, [woken] { woken->set_value(); });
  return woken->get_future();
}

bool Sleeps(std::future<void>& waiting) {
  return waiting.wait_for(milliseconds(50)) == std::future_status::timeout;
}

TEST(FeedHub, ACommit_WakesWhoWaits) {
  FeedHub hub;
  auto waiting = Waiting(hub, hub.commits(), steady_clock::now() + kLong);
  EXPECT_TRUE(Sleeps(waiting));
  hub.Committed();
  waiting.get();
}

TEST(FeedHub, ACommitBeforeTheWaitThatWasNotSeen_Wakes) {
  FeedHub hub;
  const uint64_t seen = hub.commits();
  hub.Committed();
  Waiting(hub, seen, steady_clock::now() + kLong).get();
  auto waiting = Waiting(hub, hub.commits(), steady_clock::now() + kLong);
  EXPECT_TRUE(Sleeps(waiting)) << "it saw them all";
}

TEST(FeedHub, WithoutCommits_WakesInTheOrderOfTheTimes) {
  FeedHub hub;
  const auto now = steady_clock::now();
  auto late = Waiting(hub, 0, now + kLong);
  auto second = Waiting(hub, 0, now + milliseconds(60));
  auto first = Waiting(hub, 0, now + milliseconds(20));
  first.get();
  EXPECT_GE(steady_clock::now(), now + milliseconds(20));
  second.get();
  EXPECT_GE(steady_clock::now(), now + milliseconds(60));
  EXPECT_TRUE(Sleeps(late));
}

TEST(FeedHub, Forgotten_IsNotWoken) {
  FeedHub hub;
  std::atomic<int> woken = 0;
  const auto id = hub.Wait(0, steady_clock::now() + milliseconds(30), [&woken] { ++woken; });
  hub.Forget(id);
  hub.Forget(id);
  hub.Committed();
  absl::SleepFor(absl::Milliseconds(60));
  EXPECT_EQ(woken, 0);
}

TEST(FeedHub, ManyWhoWait_AreEachWokenOnce) {
  FeedHub hub;
  constexpr int kWaiters = 10'000;
  std::atomic<int> woken = 0;
  std::promise<void> all;
  for (int i = 0; i < kWaiters; ++i) {
    hub.Wait(0, steady_clock::now() + kLong, [&] {
      if (++woken == kWaiters) all.set_value();
    });
  }
  hub.Committed();
  all.get_future().get();
  hub.Committed();
  absl::SleepFor(absl::Milliseconds(30));
  EXPECT_EQ(woken, kWaiters);
}

TEST(FeedHub, AReaderWhoLooksBeforeItWaits_MissesNoCommit) {
  FeedHub hub;
  constexpr int kCommits = 20'000;
  std::atomic<int> written = 0;
  std::thread writer([&] {
    for (int i = 0; i < kCommits; ++i) {
      ++written;
      hub.Committed();
    }
  });
  int read = 0;
  while (read < kCommits) {
    const uint64_t seen = hub.commits();
    read = written;
    if (read == kCommits) break;
    // Without the last commit's waking this would never end.
    Waiting(hub, seen, steady_clock::now() + kLong).get();
  }
  writer.join();
}

}  // namespace
}  // namespace tiermark
