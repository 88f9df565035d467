#include "service/worker_pool.h"

#include <atomic>
#include <future>
#include <memory>
#include <vector>

#include "gtest/gtest.h"

namespace tiermark {
namespace {

TEST(WorkerPool, RunsAllThatItTook) {
  std::atomic<int> runs = 0;
  int taken = 0;
  {
    WorkerPool pool({.threads = 3, .queue_max = 100});
    for (int i = 0; i < 1'000; ++i)
      taken += pool.Submit(kDefaultTenant, [&runs] { ++runs; }) ? 1 : 0;
  }
  EXPECT_EQ(runs, taken) << "destruction runs what is queued";
  EXPECT_GE(taken, 100);
}

TEST(WorkerPool, BeyondItsQueue_RefusesAndNeverRunsIt) {
  std::promise<void> started;
  std::promise<void> go_on;
  std::atomic<int> runs = 0;
  {
    WorkerPool pool({.threads = 1, .queue_max = 2});
    ASSERT_TRUE(pool.Submit(kDefaultTenant, [&] {
      started.set_value();
      go_on.get_future().wait();
    }));
    started.get_future().wait();
    EXPECT_TRUE(pool.Submit(kDefaultTenant, [&runs] { ++runs; }));
    EXPECT_TRUE(pool.Submit(kDefaultTenant, [&runs] { ++runs; }));
    EXPECT_FALSE(pool.Submit(kDefaultTenant, [&runs] { runs += 100; }));
    go_on.set_value();
  }
  EXPECT_EQ(runs, 2);
}

TEST(WorkerPool, ATenantWithMuchWaiting_DoesNotHoldUpAnother) {
  std::promise<void> started;
  std::promise<void> go_on;
  std::vector<int> order;
  {
    WorkerPool pool({.threads = 1, .queue_max = 100});
    ASSERT_TRUE(pool.Submit(1, [&] {
      started.set_value();
      go_on.get_future().wait();
    }));
    started.get_future().wait();
    for (int i = 0; i < 10; ++i) {
      ASSERT_TRUE(pool.Submit(1, [&order] { order.push_back(1); }));
    }
    ASSERT_TRUE(pool.Submit(2, [&order] { order.push_back(2); }));
    go_on.set_value();
  }
  ASSERT_EQ(order.size(), 11u);
  EXPECT_EQ(order[1], 2);
}

TEST(WorkerPool, UsesAllItsThreads) {
  WorkerPool pool({.threads = 2, .queue_max = 2});
  std::promise<void> first;
  std::promise<void> second;
  // Each waits for the other: one thread alone would never end them.
  auto done_first = std::make_shared<std::promise<void>>();
  auto done_second = std::make_shared<std::promise<void>>();
  ASSERT_TRUE(pool.Submit(kDefaultTenant, [&, done_first] {
    first.set_value();
    second.get_future().wait();
    done_first->set_value();
  }));
  ASSERT_TRUE(pool.Submit(kDefaultTenant, [&, done_second] {
    first.get_future().wait();
    second.set_value();
    done_second->set_value();
  }));
  done_first->get_future().wait();
  done_second->get_future().wait();
}

}  // namespace
}  // namespace tiermark
