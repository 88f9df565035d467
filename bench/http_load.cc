// bench_http_load: bench_load's calls over HTTP/1.1 with JSON: a connection for each call in
// flight, as clients with a pool have. Requests are written from messages as a client writes them;
// answers are read to their end and one of a thousand is parsed.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "bench/call_maker.h"
#include "bench/histogram.h"
#include "bench/load_report.h"
#include "bench/process.h"
#include "service/http/json.h"
#include <CLI/CLI.hpp>

namespace tiermark::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kCheckEvery = 1'000;

struct Options {
  int port = 0;
  CallMaker::Options calls;
  int in_flight = 64;
  // Calls a second; 0: as many as are answered.
  double rate = 0;
  int threads = 2;
  double warm_up_seconds = 1;
  double seconds = 4;
  int server_pid = 0;
  // The binary form instead of JSON.
  bool binary = false;
};

std::atomic<bool> measuring = false;
std::atomic<bool> ending = false;

[[noreturn]] void Fail(absl::string_view what) {
  std::fprintf(stderr, "bench_http_load: %s\n", std::string(what).c_str());
  std::exit(EXIT_FAILURE);
}

int Connect(int port) {
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    Fail("nobody answers");
  }
  const int on = 1;
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return connection;
}

// One call after another on a connection of its own.
class Slot {
 public:
  Slot(const Options& options, int number)
      : maker_(options.calls, number), binary_(options.binary), connection_(Connect(options.port)) {
    head_ = absl::StrCat("POST ", CallMaker::PathOf(options.calls.kind),
                         " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/",
                         binary_ ? "proto" : "json", "\r\nContent-Length: ");
    if (options.rate <= 0) return;
    pace_ = std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(options.in_flight / options.rate));
    // The slots take turns.
    due_ = Clock::now() + pace_ * number / options.in_flight;
  }
  ~Slot() { close(connection_); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  int connection() const { return connection_; }

  // When its next call is to start, unless one is under way.
  Clock::time_point due() const { return due_; }
  bool busy() const { return busy_; }

  void Start() {
    busy_ = true;
    const google::protobuf::Message& message = maker_.Next();
    if (binary_) {
      message.SerializeToString(&body_);
    } else if (!PrintJson(message, &body_).ok()) {
      Fail("a request has no JSON");
    }
    const std::string request = absl::StrCat(head_, body_.size(), "\r\n\r\n", body_);
    // Of a call that had to wait for the one before, the wait counts.
    start_ = pace_ == Clock::duration::zero() ? Clock::now() : due_;
    due_ += pace_;
    size_t sent = 0;
    while (sent < request.size()) {
      const ssize_t n = send(connection_, request.data() + sent, request.size() - sent, 0);
      if (n <= 0) Fail("the server takes no request");
      sent += static_cast<size_t>(n);
    }
    answer_.clear();
  }

  // Reads what is there; the call may end with it.
  void Read(Histogram* times) {
    char buffer[16 << 10];
    const ssize_t n = recv(connection_, buffer, sizeof(buffer), 0);
    if (n <= 0) Fail("the server ends the connection");
    answer_.append(buffer, static_cast<size_t>(n));
    const size_t head_end = answer_.find("\r\n\r\n");
    if (head_end == std::string::npos) return;
    const size_t size = ContentLength(absl::string_view(answer_).substr(0, head_end));
    if (answer_.size() < head_end + 4 + size) return;
    busy_ = false;
    if (measuring) times->Add((Clock::now() - start_).count());
    if (calls_++ % kCheckEvery == 0) Check(absl::string_view(answer_).substr(head_end + 4));
  }

 private:
  static size_t ContentLength(absl::string_view head) {
    if (head.substr(0, 15) != "HTTP/1.1 200 OK") Fail(head);
    const std::string name = "content-length: ";
    const std::string lower = absl::AsciiStrToLower(head);
    const size_t at = lower.find(name);
    size_t size = 0;
    if (at == std::string::npos ||
        !absl::SimpleAtoi(lower.substr(at + name.size(), lower.find('\r', at) - at - name.size()),
                          &size)) {
      Fail("an answer has no length");
    }
    return size;
  }

  void Check(absl::string_view body) {
    const std::unique_ptr<google::protobuf::Message> answer(maker_.answer_prototype().New());
    const bool sound =
        binary_ ? answer->ParseFromString(std::string(body)) : ParseJson(body, answer.get()).ok();
    if (!sound) Fail("an answer is no answer");
  }

  CallMaker maker_;
  const bool binary_;
  const int connection_;
  std::string head_;
  std::string body_;
  std::string answer_;
  int64_t calls_ = 0;
  // Zero: the next call starts when the one before ends.
  Clock::duration pace_ = Clock::duration::zero();
  Clock::time_point due_;
  Clock::time_point start_;
  bool busy_ = false;
};

// Runs the slots of one thread until the run ends.
void Work(std::vector<std::unique_ptr<Slot>>* slots, Histogram* times) {
  std::vector<pollfd> waiting;
  for (const std::unique_ptr<Slot>& slot : *slots) {
    waiting.push_back({slot->connection(), POLLIN, 0});
  }
  while (true) {
    Clock::time_point next = Clock::now() + std::chrono::seconds(20);
    bool busy = false;
    for (const std::unique_ptr<Slot>& slot : *slots) {
      if (!slot->busy() && !ending && slot->due() <= Clock::now()) slot->Start();
      busy = busy || slot->busy();
      if (!slot->busy()) next = std::min(next, slot->due());
    }
    if (!busy && ending) return;
    const auto wait = std::max(next - Clock::now(), Clock::duration::zero());
    const timespec timeout = {
        std::chrono::duration_cast<std::chrono::seconds>(wait).count(),
        std::chrono::duration_cast<std::chrono::nanoseconds>(wait % std::chrono::seconds(1))
            .count()};
    const int ready = ppoll(waiting.data(), waiting.size(), &timeout, nullptr);
    if (ready < 0 || (ready == 0 && busy && wait > std::chrono::seconds(19))) {
      Fail("the server does not answer");
    }
    for (size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].revents != 0) (*slots)[i]->Read(times);
    }
  }
}

int Measure(const Options& options) {
  std::vector<std::vector<std::unique_ptr<Slot>>> slots(static_cast<size_t>(options.threads));
  for (int i = 0; i < options.in_flight; ++i) {
    slots[static_cast<size_t>(i % options.threads)].push_back(std::make_unique<Slot>(options, i));
  }
  std::vector<Histogram> times(slots.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < slots.size(); ++i) {
    if (!slots[i].empty()) threads.emplace_back(Work, &slots[i], &times[i]);
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(options.warm_up_seconds));
  const double server_before = options.server_pid == 0 ? 0 : ProcessorSeconds(options.server_pid);
  const double own_before = OwnProcessorSeconds();
  const Clock::time_point start = Clock::now();
  measuring = true;
  std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const double own = OwnProcessorSeconds() - own_before;
  const double server =
      options.server_pid == 0 ? 0 : ProcessorSeconds(options.server_pid) - server_before;
  measuring = false;
  ending = true;
  for (std::thread& thread : threads) thread.join();
  Histogram all;
  for (const Histogram& one : times) all.Add(one);
  if (all.total() == 0) Fail("nothing was answered in time");
  PrintLoad(all, seconds, server, own);
  return EXIT_SUCCESS;
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("Calls a server over HTTP and tells how it went.", "bench_http_load");
  app.add_option("--port", options.port, "Of 127.0.0.1")->required();
  app.add_option("--call", options.calls.kind, "Kind of call")->required();
  app.add_option("--accounts", options.calls.accounts, "Accounts preloaded")->required();
  app.add_option("--seed", options.calls.seed, "Makes request ids new");
  app.add_option("--in-flight", options.in_flight)->check(CLI::Range(1, 10'000));
  app.add_option("--rate", options.rate, "Calls a second; 0: as many as are answered");
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 16));
  app.add_option("--warm-up", options.warm_up_seconds)->check(CLI::Range(0.0, 600.0));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(0.05, 600.0));
  app.add_option("--server-pid", options.server_pid, "Tells this process's time as well");
  app.add_flag("--binary", options.binary, "Protobuf's binary form instead of JSON");
  CLI11_PARSE(app, argc, argv);
  if (CallMaker::PathOf(options.calls.kind) == nullptr || options.calls.accounts < 1) {
    Fail("no such kind of call, or no accounts");
  }
  return Measure(options);
}

}  // namespace
}  // namespace tiermark::bench

// What is thrown ends it, as it should.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) { return tiermark::bench::Main(argc, argv); }
