// bench_store: what one durable evaluation costs the store alone, without RPC and scoring: read the
// account, update its state, append to the log, with a request id; random accounts, full
// durability. Beside it, in turns, the bare insert of as many bytes into a table of its own.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "SQLiteCpp/Database.h"
#include "SQLiteCpp/Statement.h"
#include "SQLiteCpp/Transaction.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "bench/portfolio.h"
#include "storage/sqlite/sqlite_store.h"
#include <CLI/CLI.hpp>

namespace tiermark::bench {
namespace {

struct Flags {
  std::string path;
  int64_t accounts = 1'000'000;
  int in_flight = 128;
  int rounds = 5;
  double seconds = 3;
};

struct Figures {
  double ops_per_second = 0;
  double cpu_micros = 0;
};

double CpuMicros() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& time) { return time.tv_sec * 1e6 + time.tv_usec; };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

// Runs `work`, which returns how many operations it did.
Figures Measure(const std::function<int64_t()>& work) {
  const double cpu = CpuMicros();
  const auto start = std::chrono::steady_clock::now();
  const auto ops = static_cast<double>(work());
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return {ops / elapsed.count(), (CpuMicros() - cpu) / ops};
}

[[noreturn]] void Die(const absl::Status& status) {
  std::fprintf(stderr, "bench_store: %s\n", status.ToString().c_str());
  std::exit(EXIT_FAILURE);
}

// Keeps `in_flight` writes in the store until it is told to stop.
class Load {
 public:
  Load(Store* store, int in_flight) : store_(store), in_flight_(in_flight) {}

  // `next` makes the next write, or none at the end; called on one thread at a time.
  int64_t Run(std::function<bool(AccountWrite*)> next) {
    next_ = std::move(next);
    done_ = 0;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      outstanding_ = 1;
    }
    for (int i = 0; i < in_flight_; ++i) Issue();
    std::unique_lock<std::mutex> lock(mutex_);
    --outstanding_;
    idle_.wait(lock, [this] { return outstanding_ == 0; });
    return done_;
  }

 private:
  void Issue() {
    AccountWrite write;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (!next_(&write)) return;
      ++outstanding_;
    }
    write.done = [this](absl::StatusOr<CommitResult> result) {
      if (!result.ok()) Die(result.status());
      ++done_;
      Issue();
      std::lock_guard<std::mutex> lock(mutex_);
      if (--outstanding_ == 0) idle_.notify_all();
    };
    store_->Apply(std::move(write));
  }

  Store* const store_;
  const int in_flight_;
  std::function<bool(AccountWrite*)> next_;
  std::mutex mutex_;
  std::condition_variable idle_;
  int outstanding_ = 0;
  std::atomic<int64_t> done_ = 0;
};

constexpr int64_t kQuarterUs = int64_t{90} * 24 * 3600 * 1'000'000;

v1::Segment SegmentOf(int score) {
  if (score >= 80) return v1::SEGMENT_STRATEGIC;
  if (score >= 60) return v1::SEGMENT_ENTERPRISE;
  return score >= 35 ? v1::SEGMENT_COMMERCIAL : v1::SEGMENT_SMB;
}

// What the service would decide: the same fields, at their usual sizes.
ChangeSet Evaluate(const DecideInput& input, int64_t account, int score) {
  const int64_t now_us = absl::ToUnixMicros(input.now);
  ChangeSet changes;
  store::v1::EvaluationEntry* evaluation = changes.entries.emplace_back().mutable_evaluation();
  if (input.account != nullptr) {
    changes.state = input.account->state;
    *evaluation->mutable_facts() = input.account->facts;
  } else {
    FillFacts(account, FirstVariant(account), &changes.facts.emplace());
    *evaluation->mutable_facts() = *changes.facts;
    changes.state.mutable_first_write_date()->set_year(2026);
    store::v1::DetectionBaseline* baseline = changes.state.mutable_baseline();
    baseline->set_past_due_cases(changes.facts->past_due_cases());
    *baseline->mutable_countries() = changes.facts->operating_countries();
    *baseline->mutable_financial_products() = changes.facts->financial_products();
  }
  if (changes.state.scores_size() == 0) {
    changes.state.add_scores();
  } else {
    const store::v1::LatestScore& before = changes.state.scores(0);
    evaluation->mutable_previous()->set_position(before.position());
    evaluation->mutable_previous()->set_score(before.score());
    evaluation->mutable_previous()->set_segment(before.segment());
    if (score < 0) score = before.score();
  }
  store::v1::LatestScore* latest = changes.state.mutable_scores(0);
  latest->set_model_id("account-segmentation");
  latest->set_model_version(1);
  latest->set_score(score);
  latest->set_band_id("enterprise");
  latest->set_band_name("Enterprise");
  latest->set_segment(SegmentOf(score));
  latest->set_position(PositionOfEntry(0));
  latest->set_evaluate_us(now_us);
  latest->set_counted(true);
  // Within a quarter the due row stays where it is.
  const int64_t due_us = now_us / kQuarterUs * kQuarterUs + kQuarterUs;
  if (changes.state.due_size() == 0) changes.state.add_due();
  changes.state.mutable_due(0)->set_reason(v1::REEVALUATION_REASON_QUARTERLY);
  changes.state.mutable_due(0)->set_due_us(due_us);
  changes.state.mutable_due(0)->set_overdue_us(due_us + kQuarterUs);
  evaluation->mutable_model()->set_model_id("account-segmentation");
  evaluation->mutable_model()->set_version(1);
  evaluation->mutable_model()->set_digest(std::string(64, 'd'));
  evaluation->set_exchange_rates_version(1);
  evaluation->set_evaluate_us(now_us);
  evaluation->mutable_evaluate_date()->set_year(2026);
  evaluation->set_score(score);
  evaluation->set_exact_score(100 * score);
  evaluation->set_band_id("enterprise");
  evaluation->set_segment(SegmentOf(score));
  evaluation->set_playbook_version(1);
  *evaluation->mutable_next() = changes.state.due(0);
  evaluation->set_counted(true);
  return changes;
}

void Preload(const Flags& flags, Store* store) {
  int64_t next = 0;
  Load(store, 2'048).Run([&](AccountWrite* write) {
    if (next == flags.accounts) return false;
    const int64_t account = next++;
    write->account_id = AccountId(account);
    write->bulk = true;
    write->decide = [account](const DecideInput& input) {
      return Evaluate(input, account, static_cast<int>(Mix(account) % 101));
    };
    return true;
  });
}

std::string RandomHash(std::mt19937_64* random) {
  std::string hash(32, '\0');
  for (char& c : hash) c = static_cast<char>((*random)());
  return hash;
}

// Evaluations of random accounts for a while; their score moves, or stays.
int64_t RunEvaluations(const Flags& flags, bool moves, std::mt19937_64* random, Store* store) {
  const absl::Time end = absl::Now() + absl::Seconds(flags.seconds);
  return Load(store, flags.in_flight).Run([&, moves](AccountWrite* write) {
    if (absl::Now() >= end) return false;
    const auto account = static_cast<int64_t>((*random)() % flags.accounts);
    const int score = moves ? static_cast<int>((*random)() % 101) : -1;
    write->account_id = AccountId(account);
    write->request.emplace();
    write->request->set_id_hash(RandomHash(random));
    write->request->set_body_hash(RandomHash(random));
    write->bytes = 300;
    write->decide = [account, score](const DecideInput& input) {
      return Evaluate(input, account, score);
    };
    return true;
  });
}

// The bound: nothing but appending, 64 rows a commit.
class BareInserts {
 public:
  explicit BareInserts(const std::string& path)
      : database_(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE) {
    database_.exec("PRAGMA journal_mode = WAL");
    database_.exec("PRAGMA synchronous = FULL");
    database_.exec("PRAGMA wal_autocheckpoint = 12000");
    database_.exec("CREATE TABLE IF NOT EXISTS log (position INTEGER PRIMARY KEY, entry BLOB)");
  }

  int64_t Run(double seconds, const std::string& entry) {
    SQLite::Statement insert(database_, "INSERT INTO log (entry) VALUES (?)");
    const absl::Time end = absl::Now() + absl::Seconds(seconds);
    int64_t ops = 0;
    while (absl::Now() < end) {
      SQLite::Transaction transaction(database_, SQLite::TransactionBehavior::IMMEDIATE);
      for (int i = 0; i < 64; ++i, ++ops) {
        insert.bindNoCopy(1, entry.data(), static_cast<int>(entry.size()));
        insert.exec();
        insert.reset();
      }
      transaction.commit();
    }
    return ops;
  }

 private:
  SQLite::Database database_;
};

void Print(const char* name, std::vector<Figures> rounds) {
  if (rounds.empty()) return;
  const auto line = [&rounds](double Figures::*figure) {
    std::sort(rounds.begin(), rounds.end(),
              [figure](const Figures& a, const Figures& b) { return a.*figure < b.*figure; });
    return std::vector<double>{rounds[rounds.size() / 2].*figure, rounds.front().*figure,
                               rounds.back().*figure};
  };
  const std::vector<double> ops = line(&Figures::ops_per_second);
  const std::vector<double> cpu = line(&Figures::cpu_micros);
  std::printf("%-24s %8.0f ops/s (%.0f to %.0f)  %6.1f CPU us (%.1f to %.1f)\n", name, ops[0],
              ops[1], ops[2], cpu[0], cpu[1], cpu[2]);
  std::fflush(stdout);
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app("Measures the store beside a bare insert.", "bench_store");
  app.add_option("--store", flags.path, "File to use; preloaded if it is empty")->required();
  app.add_option("--accounts", flags.accounts);
  app.add_option("--in-flight", flags.in_flight);
  app.add_option("--rounds", flags.rounds);
  app.add_option("--seconds", flags.seconds, "For each round of each kind");
  CLI11_PARSE(app, argc, argv);

  SqliteStoreOptions options;
  options.path = flags.path;
  auto store = OpenSqliteStore(options);
  if (!store.ok()) Die(store.status());
  if (!(*store)->ReadAccount(kDefaultTenant, AccountId(flags.accounts - 1)).ok()) {
    const Figures preload = Measure([&] {
      Preload(flags, store->get());
      return flags.accounts;
    });
    std::printf("%-24s %8.0f ops/s  %6.1f CPU us\n", "preload", preload.ops_per_second,
                preload.cpu_micros);
  }
  const auto sample = (*store)->ReadLog(kDefaultTenant, 1);
  if (!sample.ok()) Die(sample.status());
  const std::string entry = sample->entry.SerializeAsString();
  const auto account = (*store)->ReadAccount(kDefaultTenant, AccountId(0));
  std::printf("bytes: entry %zu, state %zu, facts %zu\n", entry.size() + 68,
              account->state.ByteSizeLong(), account->facts.ByteSizeLong());
  const std::string appended = entry + std::string(68, 'r');  // With a request's tag.

  std::mt19937_64 random(1);
  BareInserts bare(flags.path + ".bare");
  std::vector<Figures> inserts;
  std::vector<Figures> stays;
  std::vector<Figures> moves;
  std::vector<Figures> reads;
  for (int round = 0; round < flags.rounds; ++round) {
    inserts.push_back(Measure([&] { return bare.Run(flags.seconds, appended); }));
    stays.push_back(Measure([&] { return RunEvaluations(flags, false, &random, store->get()); }));
    moves.push_back(Measure([&] { return RunEvaluations(flags, true, &random, store->get()); }));
    reads.push_back(Measure([&] {
      const absl::Time end = absl::Now() + absl::Seconds(flags.seconds / 3);
      int64_t ops = 0;
      for (; absl::Now() < end; ++ops) {
        const std::string id = AccountId(static_cast<int64_t>(random() % flags.accounts));
        if (!(*store)->ReadAccount(kDefaultTenant, id).ok()) std::abort();
      }
      return ops;
    }));
  }
  Print("bare insert", inserts);
  Print("score unmoved", stays);
  Print("score moved", moves);
  Print("read account", reads);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace tiermark::bench

// NOLINTNEXTLINE(bugprone-exception-escape): an exception may well end it.
int main(int argc, char** argv) { return tiermark::bench::Main(argc, argv); }
