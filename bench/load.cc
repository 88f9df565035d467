// bench_load: a closed loop of unary calls, so many in flight, for so long; or so many a second,
// whatever is answered. Prints one line of JSON. It treats answers as bytes and looks into one of a
// thousand, so that it takes as little as it can of the processors that it shares with the server.
#include <grpcpp/alarm.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "bench/call_maker.h"
#include "bench/histogram.h"
#include "bench/load_report.h"
#include "bench/process.h"
#include <CLI/CLI.hpp>

namespace tiermark::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kCheckEvery = 1'000;
constexpr std::chrono::seconds kCallTimeMax(20);

struct Options {
  std::string target;
  CallMaker::Options calls;
  int in_flight = 64;
  int channels = 4;
  int threads = 2;
  double warm_up_seconds = 1;
  double seconds = 4;
  // Calls a second; 0: each slot calls again when it is answered.
  double rate = 0;
  // Whose processor time is told beside; 0: nobody's.
  int server_pid = 0;
  // Where an answer of middling size is kept, for the echo server to repeat.
  std::string record;
};

enum class Phase { kWarmUp, kMeasure, kEnd };

// What all threads share.
struct Run {
  std::atomic<Phase> phase = Phase::kWarmUp;
  std::atomic<bool> measured = false;
  std::atomic<int64_t> failures = 0;
  std::mutex mutex;
  std::string first_failure;      // Guarded by `mutex`.
  std::vector<std::string> kept;  // Answers looked at; guarded by `mutex`.

  void Fail(const std::string& what) {
    ++failures;
    const std::lock_guard<std::mutex> lock(mutex);
    if (first_failure.empty()) first_failure = what;
  }
};

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

// One call after another on one channel.
class Slot {
 public:
  Slot(const Options& options, int number, std::shared_ptr<grpc::Channel> channel,
       grpc::CompletionQueue* queue, Run* run)
      : maker_(options.calls, number),
        path_(CallMaker::PathOf(options.calls.kind)),
        stub_(std::move(channel)),
        queue_(queue),
        run_(run) {
    if (options.rate <= 0) return;
    pace_ = std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(options.in_flight / options.rate));
    // The slots take turns.
    due_ = Clock::now() + pace_ * number / options.in_flight;
  }

  // Starts the next call: at once, or at its time where they are paced.
  void StartNext() {
    if (pace_ == Clock::duration::zero()) return Start();
    due_ += pace_;
    const Clock::duration wait = due_ - Clock::now();
    if (wait <= Clock::duration::zero()) return Start();
    waits_ = true;
    alarm_.Set(queue_, std::chrono::system_clock::now() + wait, this);
  }

  // The time of its next call has come.
  bool waits() const { return waits_; }

  void Start() {
    waits_ = false;
    const google::protobuf::Message& message = maker_.Next();
    grpc::Slice slice(message.ByteSizeLong());
    message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
    request_ = grpc::ByteBuffer(&slice, 1);
    answer_.Clear();
    context_.emplace();
    // Of a call that had to wait for the one before, the wait counts.
    start_ = pace_ == Clock::duration::zero() ? Clock::now() : due_;
    context_->set_deadline(std::chrono::system_clock::now() + kCallTimeMax);
    reader_ = stub_.PrepareUnaryCall(&*context_, path_, request_, queue_);
    reader_->StartCall();
    reader_->Finish(&answer_, &status_, this);
  }

  // Takes the answer in.
  void End(Histogram* times) {
    if (run_->phase == Phase::kMeasure) {
      times->Add((Clock::now() - start_).count());
      run_->measured = true;
    }
    if (!status_.ok()) {
      run_->Fail(absl::StrCat(status_.error_code(), " ", status_.error_message()));
    } else if (calls_++ % kCheckEvery == 0) {
      Check();
    }
  }

 private:
  void Check() {
    const std::string bytes = BytesOf(answer_);
    const std::unique_ptr<google::protobuf::Message> answer(maker_.answer_prototype().New());
    if (bytes.empty() || !answer->ParseFromString(bytes)) run_->Fail("an answer is no answer");
    const std::lock_guard<std::mutex> lock(run_->mutex);
    run_->kept.push_back(bytes);
  }

  CallMaker maker_;
  const std::string path_;
  grpc::GenericStub stub_;
  grpc::CompletionQueue* const queue_;
  Run* const run_;
  int64_t calls_ = 0;
  // Between two calls; zero: one after another.
  Clock::duration pace_ = Clock::duration::zero();
  Clock::time_point due_;
  bool waits_ = false;
  grpc::Alarm alarm_;
  Clock::time_point start_;
  std::optional<grpc::ClientContext> context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer answer_;
  grpc::Status status_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader_;
};

// A thread with a completion queue and slots of its own.
class Worker {
 public:
  explicit Worker(Run* run) : run_(run) {}

  void AddSlot(const Options& options, int number, std::shared_ptr<grpc::Channel> channel) {
    slots_.push_back(std::make_unique<Slot>(options, number, std::move(channel), &queue_, run_));
  }

  void Work() {
    size_t under_way = slots_.size();
    for (const std::unique_ptr<Slot>& slot : slots_) slot->StartNext();
    void* tag = nullptr;
    bool ok = false;
    while (under_way > 0 && queue_.Next(&tag, &ok)) {
      Slot* slot = static_cast<Slot*>(tag);
      const bool due = slot->waits();
      if (!due) slot->End(&times_);
      if (run_->phase == Phase::kEnd || run_->failures > 0) {
        --under_way;
      } else if (due) {
        slot->Start();
      } else {
        slot->StartNext();
      }
    }
    queue_.Shutdown();
    while (queue_.Next(&tag, &ok)) {
    }
  }

  const Histogram& times() const { return times_; }

 private:
  Run* const run_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<Slot>> slots_;
  Histogram times_;
};

std::vector<std::shared_ptr<grpc::Channel>> Connect(const Options& options) {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < options.channels; ++i) {
    grpc::ChannelArguments arguments;
    // Channels to one address would otherwise share one connection.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channels.push_back(
        grpc::CreateCustomChannel(options.target, grpc::InsecureChannelCredentials(), arguments));
    if (!channels.back()->WaitForConnected(std::chrono::system_clock::now() +
                                           std::chrono::seconds(10))) {
      std::fprintf(stderr, "bench_load: nobody answers at %s\n", options.target.c_str());
      std::exit(EXIT_FAILURE);
    }
  }
  return channels;
}

void KeepMiddlingAnswer(const std::string& path, std::vector<std::string> answers) {
  if (path.empty() || answers.empty()) return;
  const auto middle = answers.begin() + static_cast<std::ptrdiff_t>(answers.size() / 2);
  std::nth_element(answers.begin(), middle, answers.end(),
                   [](const std::string& a, const std::string& b) { return a.size() < b.size(); });
  std::ofstream(path, std::ios::binary) << *middle;
}

int Measure(const Options& options) {
  Run run;
  const std::vector<std::shared_ptr<grpc::Channel>> channels = Connect(options);
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < options.threads; ++i) workers.push_back(std::make_unique<Worker>(&run));
  for (int i = 0; i < options.in_flight; ++i) {
    // A channel belongs to one worker, so that no two wait for its lock.
    const int channel = i % options.channels;
    workers[channel % options.threads]->AddSlot(options, i, channels[channel]);
  }
  std::vector<std::thread> threads;
  for (const std::unique_ptr<Worker>& worker : workers) {
    threads.emplace_back([&worker] { worker->Work(); });
  }

  std::this_thread::sleep_for(std::chrono::duration<double>(options.warm_up_seconds));
  const double server_before = options.server_pid == 0 ? 0 : ProcessorSeconds(options.server_pid);
  const double own_before = OwnProcessorSeconds();
  const Clock::time_point start = Clock::now();
  run.phase = Phase::kMeasure;
  std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
  // A short measurement on a busy machine may see no answer at all; the calls' deadline ends it.
  while (!run.measured && run.failures == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  run.phase = Phase::kEnd;
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const double own = OwnProcessorSeconds() - own_before;
  const double server =
      options.server_pid == 0 ? 0 : ProcessorSeconds(options.server_pid) - server_before;
  for (std::thread& thread : threads) thread.join();

  if (run.failures > 0) {
    std::fprintf(stderr, "bench_load: %s failed, the first with: %s\n",
                 absl::StrCat(run.failures.load()).c_str(), run.first_failure.c_str());
    return EXIT_FAILURE;
  }
  KeepMiddlingAnswer(options.record, std::move(run.kept));
  Histogram times;
  for (const std::unique_ptr<Worker>& worker : workers) times.Add(worker->times());
  PrintLoad(times, seconds, server, own);
  return EXIT_SUCCESS;
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("Calls a server in a closed loop and tells how it went.", "bench_load");
  app.add_option("--target", options.target, "HOST:PORT")->required();
  app.add_option("--call", options.calls.kind, "Kind of call")->required();
  app.add_option("--accounts", options.calls.accounts, "Accounts preloaded")->required();
  app.add_option("--seed", options.calls.seed, "Makes request ids new");
  app.add_option("--in-flight", options.in_flight)->check(CLI::Range(1, 10'000));
  app.add_option("--rate", options.rate, "Calls a second; 0: as many as are answered");
  app.add_option("--channels", options.channels)->check(CLI::Range(1, 64));
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 16));
  app.add_option("--warm-up", options.warm_up_seconds)->check(CLI::Range(0.0, 600.0));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(0.05, 600.0));
  app.add_option("--server-pid", options.server_pid, "Tells this process's time as well");
  app.add_option("--record", options.record, "Keeps an answer in this file");
  CLI11_PARSE(app, argc, argv);
  if (CallMaker::PathOf(options.calls.kind) == nullptr || options.calls.accounts < 1) {
    std::fprintf(stderr, "bench_load: no such kind of call, or no accounts\n");
    return EXIT_FAILURE;
  }
  return Measure(options);
}

}  // namespace
}  // namespace tiermark::bench

int main(int argc, char** argv) {
  // As tiermarkd does: Debian's absl looks for deadlocks at each of gRPC's locks.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return tiermark::bench::Main(argc, argv);
}
