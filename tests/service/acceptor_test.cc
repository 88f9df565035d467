// Accepting connections, above all when there is no descriptor left for them.
#include "service/acceptor.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "service/descriptors.h"
#include "storage/mutex.h"
#include "tests/service/support.h"
#include "tests/service/tls_client.h"

namespace tiermark {
namespace {

// Holds the process to so many descriptors.
class DescriptorLimitOf {
 public:
  explicit DescriptorLimitOf(rlim_t limit) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    struct rlimit lower = before_;
    lower.rlim_cur = limit;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &lower), 0);
  }
  ~DescriptorLimitOf() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  struct rlimit before_ = {};
};

void CloseAll(std::vector<int>* descriptors) {
  for (const int descriptor : *descriptors) ::close(descriptor);
  descriptors->clear();
}

// Takes every descriptor that is free.
std::vector<int> TakeAllDescriptors() {
  std::vector<int> taken;
  for (int fd = ::open("/dev/null", O_RDONLY); fd >= 0; fd = ::open("/dev/null", O_RDONLY)) {
    taken.push_back(fd);
  }
  EXPECT_EQ(errno, EMFILE);
  return taken;
}

double ProcessorSeconds() {
  struct timespec time = {};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// Listens and keeps what comes.
class Keeper {
 public:
  explicit Keeper(AcceptorOptions options) {
    auto acceptor = Acceptor::Listen(options);
    EXPECT_OK(acceptor);
    acceptor_ = *std::move(acceptor);
    acceptor_->Start([this](int, int connection) {
      MutexLock lock(&mutex_);
      kept_.push_back(connection);
    });
  }
  ~Keeper() {
    acceptor_->Stop();
    Forget();
  }

  Acceptor& acceptor() { return *acceptor_; }

  // Whether it has so many, soon.
  bool Has(size_t count) {
    for (int i = 0; i < 1'000; ++i) {
      {
        MutexLock lock(&mutex_);
        if (kept_.size() == count) return true;
      }
      absl::SleepFor(absl::Milliseconds(2));
    }
    return false;
  }

  int First() {
    MutexLock lock(&mutex_);
    return kept_.front();
  }

  void Forget() {
    MutexLock lock(&mutex_);
    CloseAll(&kept_);
  }

 private:
  std::unique_ptr<Acceptor> acceptor_;
  Mutex mutex_;
  std::vector<int> kept_ ABSL_GUARDED_BY(mutex_);
};

std::string At(const std::string& host, int port) { return absl::StrCat(host, ":", port); }

TEST(AcceptorListens, OnAddressesOfEveryKind) {
  const struct {
    const char* listen;
    std::vector<std::string> hosts;
  } kCases[] = {
      {"127.0.0.1:0", {"127.0.0.1"}},     {"[::1]:0", {"[::1]"}},
      {"[::]:0", {"127.0.0.1", "[::1]"}}, {":0", {"127.0.0.1", "[::1]"}},
      {"0.0.0.0:0", {"127.0.0.1"}},       {"localhost:0", {"127.0.0.1"}},
  };
  for (const auto& test : kCases) {
    SCOPED_TRACE(test.listen);
    Keeper keeper({test.listen});
    size_t count = 0;
    for (const std::string& host : test.hosts) {
      const int client = ConnectTo(At(host, keeper.acceptor().port()));
      EXPECT_GE(client, 0) << host;
      EXPECT_TRUE(keeper.Has(++count)) << host;
      ::close(client);
    }
  }
}

TEST(AcceptorListens, NotWhereItCannot_AndSaysWhy) {
  const auto first = Acceptor::Listen({"127.0.0.1:0"});
  ASSERT_OK(first);
  const struct {
    std::string listen;
    const char* why;
  } kCases[] = {
      {At("127.0.0.1", (*first)->port()), "the address is taken"},
      {"192.0.2.1:0", "Cannot assign"},
      {"127.0.0.1", "not HOST:PORT"},
      {"127.0.0.1:65536", "0 to 65535"},
      {"127.0.0.1:http", "0 to 65535"},
      {"::1:50051", "brackets"},
      {"no-such-host.invalid:0", "no-such-host.invalid:0"},
  };
  for (const auto& test : kCases) {
    const absl::Status refused = Acceptor::Listen({test.listen}).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable) << test.listen;
    EXPECT_THAT(std::string(refused.message()), testing::HasSubstr(test.why));
  }
}

TEST(AcceptorHandsOver, ConnectionsReadyForGrpc) {
  Keeper keeper({"127.0.0.1:0"});
  const int client = ConnectTo(At("127.0.0.1", keeper.acceptor().port()));
  ASSERT_TRUE(keeper.Has(1));
  const int connection = keeper.First();
  EXPECT_NE(::fcntl(connection, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(connection, F_GETFD) & FD_CLOEXEC, 0);
  int no_delay = 0;
  socklen_t size = sizeof(no_delay);
  ::getsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size);
  EXPECT_EQ(no_delay, 1);
  ::close(client);
}

TEST(AcceptorHandsOver, NoMoreThanMayBe) {
  AcceptorOptions options;
  options.listen = "127.0.0.1:0";
  // The clients of this test are descriptors of this process too: those beyond count against it.
  options.connections_max = 20;
  Keeper keeper(options);
  const std::string address = At("127.0.0.1", keeper.acceptor().port());
  std::vector<int> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(ConnectTo(address));
  EXPECT_TRUE(keeper.Has(10));
  clients.push_back(ConnectTo(address));
  EXPECT_TRUE(ClosedByPeer(clients.back(), 5'000));
  CloseAll(&clients);
  keeper.Forget();
  clients.push_back(ConnectTo(address));
  EXPECT_TRUE(keeper.Has(1));
  CloseAll(&clients);
}

TEST(AcceptorWithoutDescriptors, LeavesThoseThatOthersNeed) {
  const DescriptorLimitOf limit(400);
  Keeper keeper({"127.0.0.1:0"});
  const std::string address = At("127.0.0.1", keeper.acceptor().port());
  std::vector<int> clients;
  bool refused = false;
  while (!refused && clients.size() < 400) {
    clients.push_back(ConnectTo(address));
    refused = ClosedByPeer(clients.back(), 20);
  }
  EXPECT_TRUE(refused);
  std::vector<int> others = TakeAllDescriptors();
  // A quarter of the limit, of which this test's last client takes one.
  EXPECT_GE(others.size(), 98u);
  CloseAll(&others);
  CloseAll(&clients);
}

TEST(AcceptorWithoutDescriptors, TurnsNewcomersAway_DoesNotSpin_AndGoesOn) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer needs descriptors to look at memory";
#endif
  const DescriptorLimitOf limit(200);
  Keeper keeper({"127.0.0.1:0"});
  struct sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(keeper.acceptor().port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::vector<int> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(::socket(AF_INET, SOCK_STREAM, 0));
  std::vector<int> others = TakeAllDescriptors();
  const double before = ProcessorSeconds();
  for (const int client : clients) {
    ASSERT_EQ(
        ::connect(client, reinterpret_cast<const struct sockaddr*>(&address), sizeof(address)), 0);
    ASSERT_TRUE(ClosedByPeer(client, 5'000));
  }
  absl::SleepFor(absl::Milliseconds(300));
  EXPECT_LT(ProcessorSeconds() - before, 0.2);
  CloseAll(&others);
  CloseAll(&clients);
  const absl::Time start = absl::Now();
  const int client = ConnectTo(At("127.0.0.1", keeper.acceptor().port()));
  EXPECT_TRUE(keeper.Has(1));
  EXPECT_LT(absl::Now() - start, absl::Seconds(1));
  ::close(client);
}

TEST(AcceptorStops, AtOnce_AndListensNoMore) {
  Keeper keeper({"127.0.0.1:0"});
  const std::string address = At("127.0.0.1", keeper.acceptor().port());
  const int client = ConnectTo(address);
  EXPECT_TRUE(keeper.Has(1));
  keeper.acceptor().Stop();
  EXPECT_FALSE(ClosedByPeer(client, 50)) << "connections stay";
  EXPECT_LT(ConnectTo(address), 0);
  keeper.acceptor().Stop();
  ::close(client);
}

}  // namespace
}  // namespace tiermark
