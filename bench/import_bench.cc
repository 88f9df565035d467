// bench_import: imports accounts over one stream, and in turns with it writes the same change sets
// to a store of its own, without RPC and deciding. Prints one line of JSON, with what the server's
// memory came to. The server's store must be new.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "bench/portfolio.h"
#include "bench/process.h"
#include "service/catalog.h"
#include "service/decisions.h"
#include "storage/sqlite/sqlite_store.h"
#include "tiermark/v1/account_service.grpc.pb.h"
#include <CLI/CLI.hpp>

namespace tiermark::bench {
namespace {

using Clock = std::chrono::steady_clock;

// The most that a message may hold.
constexpr int64_t kItemsPerMessage = 500;
// Messages sent and not answered: one that the server works on, and one that it finds behind it.
constexpr int64_t kOutstanding = 2;
// Accounts whose change sets are made beforehand, and written again and again under other ids.
constexpr int64_t kPrepared = 512;
constexpr std::chrono::milliseconds kSampleEvery(20);

struct Flags {
  std::string target;
  std::string limit;
  int64_t accounts = 0;
  int rounds = 5;
  bool evaluate = false;
  int server_pid = 0;
};

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "bench_import: %s\n", what.c_str());
  std::exit(EXIT_FAILURE);
}

[[noreturn]] void DieOf(const absl::Status& status) { Die(status.ToString()); }

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Lets `kOutstanding` messages be under way.
class Turns {
 public:
  void Take() {
    std::unique_lock<std::mutex> lock(mutex_);
    given_.wait(lock, [this] { return taken_ < kOutstanding; });
    ++taken_;
  }

  void Give() {
    const std::lock_guard<std::mutex> lock(mutex_);
    --taken_;
    given_.notify_all();
  }

  // Waits until all are given back.
  void AwaitAll() {
    std::unique_lock<std::mutex> lock(mutex_);
    given_.wait(lock, [this] { return taken_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable given_;
  int64_t taken_ = 0;
};

// One stream of imports.
class Import {
 public:
  Import(v1::AccountService::Stub* stub, bool evaluate)
      : evaluate_(evaluate), stream_(stub->ImportAccounts(&context_)) {}

  // Imports the accounts from `first` up to `end`; they are durable when it returns.
  void Run(int64_t first, int64_t end) {
    const int64_t messages = (end - first + kItemsPerMessage - 1) / kItemsPerMessage;
    std::thread reader([this, messages] {
      for (int64_t i = 0; i < messages; ++i) TakeAnswer();
    });
    for (int64_t next = first; next < end; next += kItemsPerMessage) {
      const int64_t message_end = std::min(next + kItemsPerMessage, end);
      request_.Clear();
      for (int64_t i = next; i < message_end; ++i) {
        v1::ImportedAccount* item = request_.add_accounts();
        item->set_account_id(AccountId(i));
        FillFacts(i, FirstVariant(i), item->mutable_facts());
        item->set_evaluate(evaluate_);
      }
      turns_.Take();
      if (!stream_->Write(request_)) break;  // The reader tells why.
    }
    reader.join();
  }

  void End() {
    stream_->WritesDone();
    const grpc::Status status = stream_->Finish();
    if (!status.ok()) Die(status.error_message());
  }

 private:
  void TakeAnswer() {
    if (!stream_->Read(&response_)) Die(stream_->Finish().error_message());
    for (const v1::ImportAccountResult& result : response_.results()) {
      if (result.index() != items_++) Die("an answer is out of turn");
      if (!result.has_imported()) Die(result.error().message());
    }
    turns_.Give();
  }

  const bool evaluate_;
  grpc::ClientContext context_;
  const std::unique_ptr<
      grpc::ClientReaderWriter<v1::ImportAccountsRequest, v1::ImportAccountsResponse>>
      stream_;
  v1::ImportAccountsRequest request_;
  // The reader's.
  v1::ImportAccountsResponse response_;
  int64_t items_ = 0;

  Turns turns_;
};

// The bound: a store that is given what the server's is.
class Limit {
 public:
  Limit(const std::string& path, bool evaluate) {
    auto catalog = Catalog::Make(Catalog::Shipped());
    if (!catalog.ok()) DieOf(catalog.status());
    DecideInput unknown;
    unknown.now = absl::Now();
    for (int64_t i = 0; i < kPrepared; ++i) {
      v1::AccountFacts facts;
      FillFacts(i, FirstVariant(i), &facts);
      const auto model = (*catalog)->segmentation();
      auto changes = evaluate ? DecideEvaluation(
                                    {&facts, nullptr}, *model, (*catalog)->Counts(*model),
                                    (*catalog)->playbook_versions(), *(*catalog)->policy(), unknown)
                              : DecideUpsert({&facts, nullptr}, *(*catalog)->policy(), unknown);
      if (!changes.ok()) DieOf(changes.status());
      prepared_.push_back(*std::move(changes));
    }
    SqliteStoreOptions options;
    options.path = path;
    auto store = OpenSqliteStore(options);
    if (!store.ok()) DieOf(store.status());
    store_ = *std::move(store);
  }

  // Writes the accounts from `first` up to `end`, so many at once as a message has, with as many
  // messages' worth under way; they are durable when it returns.
  void Run(int64_t first, int64_t end) {
    for (int64_t next = first; next < end; next += kItemsPerMessage) {
      std::vector<AccountWrite> writes;
      const int64_t message_end = std::min(next + kItemsPerMessage, end);
      const auto left = std::make_shared<std::atomic<int64_t>>(message_end - next);
      for (int64_t i = next; i < message_end; ++i) writes.push_back(WriteOf(i, left));
      turns_.Take();
      for (AccountWrite& write : writes) store_->Apply(std::move(write));
    }
    turns_.AwaitAll();
  }

 private:
  AccountWrite WriteOf(int64_t account, std::shared_ptr<std::atomic<int64_t>> left) {
    AccountWrite write;
    write.account_id = AccountId(account);
    write.bulk = true;
    write.decide = [changes = &prepared_[account % kPrepared]](
                       const DecideInput& input) -> absl::StatusOr<ChangeSet> {
      if (input.account != nullptr) return absl::AlreadyExistsError("the store is not new");
      return *changes;
    };
    write.done = [this, left = std::move(left)](const absl::StatusOr<CommitResult>& written) {
      if (!written.ok()) DieOf(written.status());
      if (--*left == 0) turns_.Give();
    };
    return write;
  }

  Turns turns_;
  std::vector<ChangeSet> prepared_;
  // Goes first, as it may still call back.
  std::unique_ptr<Store> store_;
};

// Looks at a process's memory again and again.
class MemorySampler {
 public:
  explicit MemorySampler(int pid) : pid_(pid), thread_([this] { Sample(); }) {}

  // The most that it saw. To be called once.
  Memory End() {
    stop_ = true;
    thread_.join();
    return most_;
  }

 private:
  void Sample() {
    while (!stop_) {
      const Memory now = MemoryOf(pid_);
      most_.anonymous = std::max(most_.anonymous, now.anonymous);
      most_.resident_peak = std::max(most_.resident_peak, now.resident_peak);
      std::this_thread::sleep_for(kSampleEvery);
    }
  }

  const int pid_;
  Memory most_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

std::string Json(const std::vector<double>& numbers) {
  return absl::StrCat("[", absl::StrJoin(numbers, ", "), "]");
}

int Measure(const Flags& flags) {
  const auto channel = grpc::CreateChannel(flags.target, grpc::InsecureChannelCredentials());
  const auto stub = v1::AccountService::NewStub(channel);
  std::unique_ptr<Limit> limit;
  if (!flags.limit.empty()) limit = std::make_unique<Limit>(flags.limit, flags.evaluate);
  const Memory before = MemoryOf(flags.server_pid);
  MemorySampler sampler(flags.server_pid);
  Import import(stub.get(), flags.evaluate);

  std::vector<double> limit_rates;
  std::vector<double> rates;
  double limit_processor = 0;
  double server_processor = 0;
  for (int64_t round = 0; round < flags.rounds; ++round) {
    const int64_t first = flags.accounts * round / flags.rounds;
    const int64_t end = flags.accounts * (round + 1) / flags.rounds;
    const auto items = static_cast<double>(end - first);

    if (limit != nullptr) {
      const double processor = OwnProcessorSeconds();
      const Clock::time_point start = Clock::now();
      limit->Run(first, end);
      limit_rates.push_back(items / SecondsSince(start));
      limit_processor += OwnProcessorSeconds() - processor;
    }

    const double processor = ProcessorSeconds(flags.server_pid);
    const Clock::time_point start = Clock::now();
    import.Run(first, end);
    rates.push_back(items / SecondsSince(start));
    server_processor += ProcessorSeconds(flags.server_pid) - processor;
  }
  import.End();
  const Memory most = sampler.End();

  const double micros = 1e6 / static_cast<double>(flags.accounts);
  std::printf(
      "{\"per_second\": %s, \"limit_per_second\": %s, \"server_us\": %.2f, \"limit_us\": %.2f, "
      "\"anonymous_before\": %lld, \"anonymous_peak\": %lld, \"resident_peak\": %lld}\n",
      Json(rates).c_str(), Json(limit_rates).c_str(), server_processor * micros,
      limit_processor * micros, static_cast<long long>(before.anonymous),
      static_cast<long long>(most.anonymous), static_cast<long long>(most.resident_peak));
  return EXIT_SUCCESS;
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app("Imports accounts beside a store that is written to directly.", "bench_import");
  app.add_option("--target", flags.target, "HOST:PORT")->required();
  app.add_option("--server-pid", flags.server_pid, "Whose time and memory are told")->required();
  app.add_option("--limit", flags.limit,
                 "File of the store beside it, made anew; none: without one");
  app.add_option("--accounts", flags.accounts)->required()->check(CLI::Range(1, 100'000'000));
  app.add_option("--rounds", flags.rounds, "Parts that the accounts come in")
      ->check(CLI::Range(1, 1'000));
  app.add_flag("--evaluate", flags.evaluate, "Accounts are evaluated as well");
  CLI11_PARSE(app, argc, argv);
  return Measure(flags);
}

}  // namespace
}  // namespace tiermark::bench

// NOLINTNEXTLINE(bugprone-exception-escape): an exception may well end it.
int main(int argc, char** argv) {
  // As tiermarkd does: Debian's absl looks for deadlocks at each of gRPC's locks.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return tiermark::bench::Main(argc, argv);
}
