// A process that writes is killed again and again: what it acknowledged is there, once, and what it
// did not can be sent again.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <future>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>

#include "SQLiteCpp/Database.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/storage/sqlite_under_test.h"
#include "tests/storage/store_test.h"

namespace tiermark {
namespace {

constexpr int kKills = 25;
constexpr int kAccounts = 20;
constexpr int64_t kInFlight = 64;

// What the writing process tells before it is killed.
struct Acknowledged {
  int64_t request = 0;
  int64_t position = 0;
};

std::string AccountOf(int64_t request) { return absl::StrCat("account ", request % kAccounts); }

AccountWrite WriteOfRequest(int64_t request) {
  AccountWrite write = WriteOf(AccountOf(request), [request](const DecideInput& input) {
    ChangeSet changes = Evaluated(input, static_cast<int>(request % 101));
    *changes.state.mutable_due() = {};
    *changes.state.add_due() = DueOf(v1::REEVALUATION_REASON_MONTHLY, request);
    return changes;
  });
  write.request = Tag(absl::StrCat(request), "body");
  return write;
}

SqliteStoreOptions OptionsOf(const std::string& path) {
  SqliteStoreOptions options;
  options.path = path;
  // So that kills meet checkpoints too.
  options.checkpoint_frames = 200;
  return options;
}

// Writes requests from `first` on and tells of each answer, until it is killed.
[[noreturn]] void WriteUntilKilled(const std::string& path, int64_t first, int to_parent) {
  auto store = OpenSqliteStore(OptionsOf(path));
  if (!store.ok()) _exit(EXIT_FAILURE);
  std::atomic<int64_t> in_flight = 0;
  for (int64_t request = first;; ++request) {
    while (in_flight >= kInFlight) std::this_thread::yield();
    ++in_flight;
    AccountWrite write = WriteOfRequest(request);
    write.done = [&in_flight, request, to_parent](absl::StatusOr<CommitResult> result) {
      if (!result.ok()) _exit(EXIT_FAILURE);
      const Acknowledged acknowledged{request, result->entries[0].position};
      // So few bytes go into a pipe whole.
      if (::write(to_parent, &acknowledged, sizeof(acknowledged)) < 0) _exit(EXIT_FAILURE);
      --in_flight;
    };
    (*store)->Apply(std::move(write));
  }
}

absl::StatusOr<CommitResult> Apply(Store& store, AccountWrite write) {
  std::promise<absl::StatusOr<CommitResult>> answered;
  write.done = [&answered](absl::StatusOr<CommitResult> result) {
    answered.set_value(std::move(result));
  };
  store.Apply(std::move(write));
  return answered.get_future().get();
}

TEST(StoreCrashTest, Killed_NothingAcknowledgedIsLostOrDoubled) {
  const char* given = std::getenv("TIERMARK_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "seed: TIERMARK_SEED=" << seed << " store_crash_tests" << std::endl;
  std::mt19937_64 random(seed);
  const TemporaryDirectory directory;
  const std::string path = directory.File("store.db");
  int64_t next_request = 1;
  std::map<int64_t, int64_t> position_of;
  for (int kill_no = 0; kill_no < kKills; ++kill_no) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(pipe_ends[0]);
      WriteUntilKilled(path, next_request, pipe_ends[1]);
    }
    close(pipe_ends[1]);
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(50 + random() % 200);
    int64_t last_request = next_request - 1;
    Acknowledged acknowledged;
    bool killed = false;
    // What is in the pipe when it dies was acknowledged all the same.
    while (read(pipe_ends[0], &acknowledged, sizeof(acknowledged)) == sizeof(acknowledged)) {
      position_of[acknowledged.request] = acknowledged.position;
      last_request = std::max(last_request, acknowledged.request);
      if (!killed && std::chrono::steady_clock::now() > end) {
        killed = true;
        kill(child, SIGKILL);
      }
    }
    close(pipe_ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writing process failed by itself";

    auto store = OpenSqliteStore(OptionsOf(path));
    ASSERT_TRUE(store.ok()) << store.status();
    // Those of this round, and what may or may not have been on its way.
    for (int64_t request = next_request; request <= last_request + kInFlight; ++request) {
      const auto again = Apply(**store, WriteOfRequest(request));
      ASSERT_TRUE(again.ok()) << again.status();
      const auto told = position_of.find(request);
      if (told != position_of.end()) {
        ASSERT_TRUE(again->repeated) << request;
        ASSERT_EQ(again->entries[0].position, told->second);
      }
      position_of[request] = again->entries[0].position;
    }
    next_request = last_request + kInFlight + 1;
  }

  auto store = OpenSqliteStore(OptionsOf(path));
  ASSERT_TRUE(store.ok()) << store.status();
  std::set<int64_t> positions;
  for (const auto& [request, position] : position_of) {
    const auto entry = (*store)->ReadLog(kDefaultTenant, position);
    ASSERT_TRUE(entry.ok()) << entry.status();
    EXPECT_EQ(entry->account_id, AccountOf(request));
    EXPECT_TRUE(Same(entry->entry.request(), Tag(absl::StrCat(request), "body")));
    EXPECT_TRUE(positions.insert(position).second);
  }
  // Nothing beside them.
  EXPECT_EQ(*positions.rbegin(), static_cast<int64_t>(positions.size()));
  const auto due = (*store)->ListDue({.due_by_us = INT64_MAX, .limit = 2 * kAccounts});
  ASSERT_TRUE(due.ok()) << due.status();
  EXPECT_EQ(due->rows.size(), size_t{kAccounts});
  store->reset();
  SQLite::Database database(path, SQLite::OPEN_READONLY);
  EXPECT_EQ(database.execAndGet("PRAGMA integrity_check").getString(), "ok");
}

}  // namespace
}  // namespace tiermark
