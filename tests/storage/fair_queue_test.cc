// A queue in which tenants take turns.
#include "storage/fair_queue.h"

#include <map>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace tiermark {
namespace {

TEST(FairQueue, OfOneTenant_IsAQueue) {
  FairQueue<int> queue;
  for (int i = 0; i < 5; ++i) queue.Push(1, i);
  EXPECT_EQ(queue.size(), 5u);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(queue.front(), i);
    EXPECT_EQ(queue.Pop(), i);
  }
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.Crowds(1, 1));
}

TEST(FairQueue, TenantsTakeTurns) {
  FairQueue<int> queue;
  for (int i = 10; i < 15; ++i) queue.Push(1, i);
  queue.Push(2, 20);
  queue.Push(3, 30);
  queue.Push(2, 21);
  std::vector<int> out;
  while (!queue.empty()) out.push_back(queue.Pop());
  EXPECT_EQ(out, (std::vector<int>{10, 20, 30, 11, 21, 12, 13, 14}));
}

TEST(FairQueue, OneOfSeveral_MayFillThreeQuarters) {
  FairQueue<int> queue;
  for (int i = 0; i < 100; ++i) queue.Push(1, i);
  EXPECT_FALSE(queue.Crowds(1, 100));
  queue.Push(2, 0);
  EXPECT_TRUE(queue.Crowds(1, 100));
  EXPECT_FALSE(queue.Crowds(2, 100));
  EXPECT_FALSE(queue.Crowds(3, 100));
  while (queue.size() > 70) queue.Pop();
  EXPECT_FALSE(queue.Crowds(1, 100));
}

// Against one that looks for whose turn it is: the tenant that has waited longest since it came
// out, or since it came.
TEST(FairQueue, KeepsOrderAndTurns_WhateverComes) {
  std::mt19937_64 random(3);
  FairQueue<int> queue;
  std::map<TenantId, std::vector<int>> waiting;
  std::map<TenantId, int> since;
  int clock = 0;
  for (int step = 0; step < 20'000; ++step) {
    ++clock;
    if (queue.empty() || random() % 2 == 0) {
      const auto tenant = static_cast<TenantId>(random() % 7 + 1);
      if (waiting[tenant].empty()) since[tenant] = clock;
      waiting[tenant].push_back(step);
      queue.Push(tenant, step);
      continue;
    }
    TenantId turn = 0;
    for (const auto& [tenant, items] : waiting) {
      if (!items.empty() && (turn == 0 || since[tenant] < since[turn])) turn = tenant;
    }
    ASSERT_EQ(queue.Pop(), waiting[turn].front());
    waiting[turn].erase(waiting[turn].begin());
    since[turn] = clock;
  }
}

}  // namespace
}  // namespace tiermark
