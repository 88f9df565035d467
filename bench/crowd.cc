// bench_crowd: connections that are in the way: they say nothing, or send a call byte by byte. What
// the server cuts comes again, so that there are always as many. Opens and sends are spread over
// time, as those of many machines would be.
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <thread>

#include <CLI/CLI.hpp>

namespace tiermark::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  int port = 0;
  int connections = 0;
  // Of one connection; 0: they say nothing.
  double bytes_per_second = 0;
  // Connections opened a second, at first and again.
  double opens_per_second = 2'000;
  double seconds = 0;
};

constexpr char kCall[] =
    "POST /tiermark.v1.ScoringService/EvaluateAccount HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{\"account_id\": \"";

[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr, "bench_crowd: %s\n", what);
  std::exit(EXIT_FAILURE);
}

class Crowd {
 public:
  explicit Crowd(const Options& options) : options_(options) {
    rlimit files = {};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
      files.rlim_cur = files.rlim_max;
      setrlimit(RLIMIT_NOFILE, &files);
    }
  }

  void Run() {
    const Clock::time_point start = Clock::now();
    Clock::time_point last = start;
    double opens = 0;
    double sends = 0;
    constexpr std::chrono::milliseconds kTurn(5);
    while (Clock::now() - start < std::chrono::duration<double>(options_.seconds)) {
      std::this_thread::sleep_for(kTurn);
      const Clock::time_point now = Clock::now();
      const double passed = std::chrono::duration<double>(now - last).count();
      last = now;
      opens = std::min(opens + passed * options_.opens_per_second, options_.opens_per_second);
      for (; opens >= 1 && open_.size() < static_cast<size_t>(options_.connections); --opens)
        Open();
      sends += passed * options_.bytes_per_second * static_cast<double>(open_.size());
      for (; sends >= 1 && !open_.empty(); --sends) SendByte();
      if (options_.bytes_per_second == 0) Rotate();
    }
    std::printf("{\"opened\": %lld, \"cut\": %lld, \"open\": %zu}\n",
                static_cast<long long>(opened_), static_cast<long long>(cut_), open_.size());
  }

 private:
  struct Connection {
    int descriptor;
    size_t sent;
  };

  void Open() {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) Die("no more descriptors");
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(options_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      Die("nobody listens");
    }
    ++opened_;
    open_.push_back({descriptor, 0});
  }

  // Those that are open take turns.
  void SendByte() {
    Connection connection = open_.front();
    open_.pop_front();
    const char byte = connection.sent < sizeof(kCall) - 1 ? kCall[connection.sent] : 'x';
    ++connection.sent;
    if (IsCut(connection) || send(connection.descriptor, &byte, 1, MSG_NOSIGNAL) != 1) {
      Close(connection);
    } else {
      open_.push_back(connection);
    }
  }

  // Looks at the next few of those that say nothing.
  void Rotate() {
    const size_t few = open_.size() / 200;
    for (size_t i = 0; i < few; ++i) {
      const Connection connection = open_.front();
      open_.pop_front();
      if (IsCut(connection)) {
        Close(connection);
      } else {
        open_.push_back(connection);
      }
    }
  }

  static bool IsCut(const Connection& connection) {
    std::array<char, 4096> answer;
    const ssize_t n = recv(connection.descriptor, answer.data(), answer.size(), MSG_DONTWAIT);
    return n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
  }

  void Close(const Connection& connection) {
    close(connection.descriptor);
    ++cut_;
  }

  const Options options_;
  std::deque<Connection> open_;
  int64_t opened_ = 0;
  int64_t cut_ = 0;
};

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("Holds connections to a server.", "bench_crowd");
  app.add_option("--port", options.port, "Of 127.0.0.1")->required();
  app.add_option("--connections", options.connections)->required()->check(CLI::Range(1, 20'000));
  app.add_option("--bytes-per-second", options.bytes_per_second, "Of each; 0: they say nothing");
  app.add_option("--opens-per-second", options.opens_per_second);
  app.add_option("--seconds", options.seconds)->required()->check(CLI::Range(0.05, 600.0));
  CLI11_PARSE(app, argc, argv);
  Crowd(options).Run();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace tiermark::bench

// What is thrown ends it, as it should.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) { return tiermark::bench::Main(argc, argv); }
