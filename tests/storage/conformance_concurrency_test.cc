// Many threads at once. Worth most under ThreadSanitizer.
#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/mutex.h"
#include "tests/storage/store_test.h"

namespace tiermark {
namespace {

constexpr int kThreads = 4;
constexpr int kWritesEach = 200;
constexpr int kAccounts = 7;

TEST_P(StoreTest, Concurrency_EveryWriteIsAppliedOnce_AndReadsSeeWhatWasAnswered) {
  std::atomic<int> answered = 0;
  Mutex mutex;
  std::set<int64_t> positions;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kWritesEach; ++i) {
        const std::string account_id = absl::StrCat("account ", (t + i) % kAccounts);
        AccountWrite write = WriteOf(account_id, [](const DecideInput& input) {
          return Evaluated(input, input.account == nullptr ? 0 : 50);
        });
        write.request = Tag(absl::StrCat(t, "-", i), "body");
        write.bulk = t % 2 == 1;
        write.done = [&, account_id](absl::StatusOr<CommitResult> result) {
          ASSERT_TRUE(result.ok()) << result.status();
          const int64_t position = result->entries[0].position;
          const auto read = store().ReadLog(kDefaultTenant, position);
          EXPECT_TRUE(read.ok()) << read.status();
          EXPECT_GE(store().ReadAccount(kDefaultTenant, account_id)->last_position, position);
          MutexLock lock(&mutex);
          EXPECT_TRUE(positions.insert(position).second);
          ++answered;
        };
        store().Apply(std::move(write));
        if (i % 16 == 0) {
          EXPECT_TRUE(store().ListAccounts({.limit = 3}).ok());
          EXPECT_TRUE(store().ListDue({.due_by_us = INT64_MAX}).ok());
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  store().Close();
  EXPECT_EQ(answered, kThreads * kWritesEach);
  EXPECT_EQ(positions.size(), static_cast<size_t>(kThreads * kWritesEach));
  EXPECT_EQ(*positions.rbegin(), kThreads * kWritesEach);
}

TEST_P(StoreTest, Concurrency_SameRequestFromAllSides_IsAppliedOnce) {
  std::atomic<int> applied = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        AccountWrite write =
            WriteOf("acme", [i](const DecideInput& input) { return Evaluated(input, i); });
        write.request = Tag(absl::StrCat(i), "body");
        write.done = [&applied](absl::StatusOr<CommitResult> result) {
          ASSERT_TRUE(result.ok()) << result.status();
          if (!result->repeated) ++applied;
        };
        store().Apply(std::move(write));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  store().Close();
  EXPECT_EQ(applied, 50);
}

}  // namespace
}  // namespace tiermark
