// The HTTP server in this process, for what only threads show: many callers at once, streams that
// are ended, connections that stand when the server goes.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "service/http/connect.h"
#include "service/http/server.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr char kUpsert[] = "/tiermark.v1.AccountService/UpsertAccount";
constexpr char kWatch[] = "/tiermark.v1.AccountService/WatchAccounts";

// A connection that sends and reads bytes.
class Client {
 public:
  explicit Client(const std::string& address) : socket_(HighSocket()) {
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
    to.sin_port = htons(static_cast<uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval wait = {10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void Send(const std::string& bytes) const {
    EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  void Post(const std::string& path, const std::string& type, const std::string& body) {
    Send(absl::StrCat("POST ", path, " HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: ", type,
                      "\r\ncontent-length: ", body.size(), "\r\n\r\n", body));
  }

  // What comes until it ends with `end`, or the connection does.
  std::string ReadUntil(absl::string_view end) {
    return Read([end](const std::string& text) { return absl::EndsWith(text, end); });
  }
  // What comes until `part` has come, with what may have come after it.
  std::string ReadThrough(absl::string_view part) {
    return Read([part](const std::string& text) { return absl::StrContains(text, part); });
  }
  // An answer's head, and what may have come with it.
  std::string ReadHead() { return ReadThrough("\r\n\r\n"); }
  std::string ReadToEnd() {
    return Read([](const std::string&) { return false; });
  }

 private:
  // Its number is out of the way: the server tells by those of its connections how many there are.
  static int HighSocket() {
    constexpr int kFirst = 500;
    const int low = ::socket(AF_INET, SOCK_STREAM, 0);
    const int high = ::fcntl(low, F_DUPFD, kFirst);
    ::close(low);
    return high;
  }

  template <typename Whole>
  std::string Read(Whole whole) {
    std::string text;
    char buffer[4'096];
    while (!whole(text)) {
      const ssize_t n = ::recv(socket_, buffer, sizeof(buffer), 0);
      EXPECT_TRUE(n >= 0 || errno != EAGAIN) << "nothing comes, and the connection stays";
      if (n <= 0) break;
      text.append(buffer, static_cast<size_t>(n));
    }
    return text;
  }

  const int socket_;
};

class HttpServerTest : public testing::Test {
 protected:
  explicit HttpServerTest(HttpServerOptions options = {}) {
    options.listen = "127.0.0.1:0";
    auto started = HttpServer::Start(options, service_.pipeline(), service_.clock());
    EXPECT_OK(started);
    server_ = *std::move(started);
  }

  static std::string Upsert(const std::string& account_id) {
    return absl::StrCat(R"({"accountId": ")", account_id, R"(", "facts": {"country": "MX"}})");
  }

  TestService service_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, ManyCallersAtOnce_GetTheirOwnAnswers) {
  constexpr int kCallers = 8;
  constexpr int kCalls = 40;
  std::atomic<int> answered = 0;
  std::vector<std::thread> callers;
  callers.reserve(kCallers);
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([this, caller, &answered] {
      Client client(server_->address());
      for (int call = 0; call < kCalls; ++call) {
        const std::string account_id = absl::StrCat("account-", caller, "-", call);
        client.Post(kUpsert, "application/json", Upsert(account_id));
        const std::string answer = client.ReadUntil("}");
        if (absl::StartsWith(answer, "HTTP/1.1 200") && service_.Get(account_id).ok()) ++answered;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(answered, kCallers * kCalls);
}

TEST_F(HttpServerTest, Draining_EndsStreamsAndClosesWhatIsIdle) {
  Client idle(server_->address());
  idle.Post(kUpsert, "application/json", Upsert("idle"));
  EXPECT_THAT(idle.ReadUntil("}"), StartsWith("HTTP/1.1 200"));
  Client stream(server_->address());
  stream.Post(kWatch, "application/connect+json", Envelope(0, "{}"));
  EXPECT_THAT(stream.ReadHead(), StartsWith("HTTP/1.1 200"));
  service_.pipeline().Drain();
  server_->Drain();
  EXPECT_THAT(stream.ReadUntil("0\r\n\r\n"), HasSubstr("unavailable"));
  EXPECT_EQ(idle.ReadToEnd(), "");
}

TEST_F(HttpServerTest, AStreamWhoseClientGoes_IsStopped) {
  {
    Client stream(server_->address());
    stream.Post(kWatch, "application/connect+json", Envelope(0, "{}"));
    EXPECT_THAT(stream.ReadHead(), StartsWith("HTTP/1.1 200"));
  }
  service_.pipeline().AwaitIdle(absl::Seconds(10));
  EXPECT_EQ(service_.pipeline().Gauges().streams.now, 0);
}

TEST_F(HttpServerTest, Goes_WithConnectionsOfEveryKindOpen) {
  Client silent(server_->address());
  Client half(server_->address());
  half.Post(kUpsert, "application/json", "");
  Client stream(server_->address());
  stream.Post(kWatch, "application/connect+json", Envelope(0, "{}"));
  EXPECT_THAT(stream.ReadHead(), StartsWith("HTTP/1.1 200"));
  Client busy(server_->address());
  busy.Post(kUpsert, "application/json", Upsert("busy"));
  server_.reset();
  EXPECT_EQ(silent.ReadToEnd(), "");
}

class CrowdedHttpServerTest : public HttpServerTest {
 protected:
  static constexpr int kConnectionsMax = 40;

  CrowdedHttpServerTest()
      : HttpServerTest([] {
          HttpServerOptions options;
          options.connections_max = kConnectionsMax;
          return options;
        }()) {}

  // Whether the server answers on it.
  static bool Answers(Client& client) {
    client.Post(kUpsert, "application/json", Upsert("somebody"));
    return absl::StartsWith(client.ReadUntil("}"), "HTTP/1.1 200");
  }

  // Connections as many as there may be, and half as many again, one after the other.
  template <typename Greet>
  void Crowd(Greet greet) {
    for (int i = 0; i < kConnectionsMax * 3 / 2; ++i) {
      crowd_.push_back(std::make_unique<Client>(server_->address()));
      greet(*crowd_.back());
      // What gives way is closed on another thread.
      absl::SleepFor(absl::Milliseconds(2));
    }
  }

  std::vector<std::unique_ptr<Client>> crowd_;
};

TEST_F(CrowdedHttpServerTest, ThoseThatSayNothing_GiveWayToNewcomersAndSpareWhoAskedBefore) {
  Client known(server_->address());
  EXPECT_TRUE(Answers(known));
  Crowd([](Client&) {});
  Client newcomer(server_->address());
  EXPECT_TRUE(Answers(newcomer));
  EXPECT_TRUE(Answers(known));
  // The first of the crowd were silent for longest.
  EXPECT_EQ(crowd_.front()->ReadToEnd(), "");
  EXPECT_TRUE(Answers(*crowd_.back()));
}

TEST_F(CrowdedHttpServerTest, ThoseWithHalfAHead_GiveWay) {
  Crowd([](Client& client) { client.Send("POST / HTTP/1.1\r\nhost: "); });
  Client newcomer(server_->address());
  EXPECT_TRUE(Answers(newcomer));
  EXPECT_EQ(crowd_.front()->ReadToEnd(), "");
}

TEST_F(CrowdedHttpServerTest, ThoseThatRest_GiveWayWhereThereAreNoStrangers) {
  Crowd([](Client& client) { EXPECT_TRUE(Answers(client)); });
  Client newcomer(server_->address());
  EXPECT_TRUE(Answers(newcomer));
  EXPECT_EQ(crowd_.front()->ReadToEnd(), "");
}

TEST_F(CrowdedHttpServerTest, Streams_StayWhileOthersGiveWay) {
  Client stream(server_->address());
  stream.Post(kWatch, "application/connect+json", Envelope(0, "{}"));
  EXPECT_THAT(stream.ReadHead(), StartsWith("HTTP/1.1 200"));
  Crowd([](Client&) {});
  Client newcomer(server_->address());
  EXPECT_TRUE(Answers(newcomer));
  // The first message, which names nobody, may come apart from the head.
  EXPECT_THAT(stream.ReadThrough("somebody"), HasSubstr("somebody"));
}

}  // namespace
}  // namespace tiermark
