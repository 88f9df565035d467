// The power is cut while a store writes, again and again: what was acknowledged by then is there.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "SQLiteCpp/Database.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/storage/power_cut_disk.h"
#include "tests/storage/sqlite_under_test.h"
#include "tests/storage/store_test.h"

namespace tiermark {
namespace {

constexpr int kCuts = 100;
constexpr int kAccounts = 1'000;
constexpr int kInFlight = 16;

// Keeps so many writes under way until it is told to stop.
class Load {
 public:
  explicit Load(Store& store) : store_(store) {
    for (int i = 0; i < kInFlight; ++i) Next();
  }

  // The position of each acknowledged write, by its score.
  std::map<int, int64_t> acknowledged() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return acknowledged_;
  }

  void Stop() {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }

 private:
  void Next() {
    int score = 0;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (stopping_) return;
      score = next_++;
    }
    AccountWrite write =
        WriteOf(absl::StrCat("account ", score % kAccounts), [score](const DecideInput& input) {
          ChangeSet changes = Evaluated(input, score);
          // Of all sizes, so that pages split.
          changes.facts = FactsOf(std::string(static_cast<size_t>(score * 37 % 1'900), 'n'), "MX",
                                  absl::StrCat("owner ", score));
          *changes.state.add_due() = DueOf(v1::REEVALUATION_REASON_EVENT, score);
          return changes;
        });
    write.done = [this, score](absl::StatusOr<CommitResult> result) {
      if (!result.ok()) return;
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        acknowledged_[score] = result->entries[0].position;
      }
      Next();
    };
    store_.Apply(std::move(write));
  }

  Store& store_;
  std::mutex mutex_;
  int next_ = 0;
  bool stopping_ = false;
  std::map<int, int64_t> acknowledged_;
};

TEST(PowerCutTest, AcknowledgedWrites_AreThereAfterwards) {
  const char* given = std::getenv("TIERMARK_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "seed: TIERMARK_SEED=" << seed << " storage_tests --gtest_filter='PowerCutTest.*'"
            << std::endl;
  std::mt19937_64 random(seed);
  FakeClock clock;
  const TemporaryDirectory cuts;
  // By then, for each cut.
  std::vector<std::map<int, int64_t>> acknowledged;
  {
    PowerCutDisk disk;
    SqliteStoreOptions options;
    // So that cuts meet checkpoints in all their steps.
    options.checkpoint_frames = 60;
    SqliteUnderTest under_test(&clock, options);
    Load load(under_test.store());
    for (int i = 0; i < kCuts; ++i) {
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 15'000));
      std::filesystem::create_directory(cuts.File(absl::StrCat(i)));
      // Before the cut, of course.
      acknowledged.push_back(load.acknowledged());
      disk.Cut(cuts.File(absl::StrCat(i)), &random);
    }
    load.Stop();
    under_test.Shut();
  }
  EXPECT_GT(acknowledged.back().size(), size_t{kCuts});
  for (int i = 0; i < kCuts; ++i) {
    SCOPED_TRACE(absl::StrCat("cut ", i));
    SqliteStoreOptions options;
    options.path = cuts.File(absl::StrCat(i, "/store.db"));
    auto store = OpenSqliteStore(options);
    ASSERT_TRUE(store.ok()) << store.status();
    for (const auto& [score, position] : acknowledged[static_cast<size_t>(i)]) {
      const auto entry = (*store)->ReadLog(kDefaultTenant, position);
      ASSERT_TRUE(entry.ok()) << "write " << score << ": " << entry.status();
      ASSERT_EQ(entry->entry.evaluation().score(), score);
    }
    for (int account = 0; account < kAccounts; ++account) {
      const auto read = (*store)->ReadAccount(kDefaultTenant, absl::StrCat("account ", account));
      ASSERT_TRUE(read.ok() || absl::IsNotFound(read.status())) << read.status();
      if (!read.ok()) continue;
      // The whole of a commit or nothing.
      const auto last = (*store)->ReadLog(kDefaultTenant, read->last_position);
      ASSERT_TRUE(last.ok()) << last.status();
      ASSERT_EQ(last->entry.evaluation().score(), read->state.scores(0).score());
    }
    ASSERT_TRUE((*store)->ListDue({.due_by_us = INT64_MAX}).ok());
    store->reset();
    SQLite::Database database(options.path, SQLite::OPEN_READONLY);
    EXPECT_EQ(database.execAndGet("PRAGMA integrity_check").getString(), "ok");
  }
}

}  // namespace
}  // namespace tiermark
