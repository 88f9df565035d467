// Server streams and the import over the gRPC front end: reconnecting, slow readers, cancelling and
// draining.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "scoring/error.h"
#include "tests/service/support.h"
#include "tiermark/v1/account_service.grpc.pb.h"

namespace tiermark {
namespace {

using testing::ElementsAre;
using v1::AccountService;
using v1::WatchAccountsRequest;
using v1::WatchAccountsResponse;

v1::AccountFacts Named(const std::string& name) {
  v1::AccountFacts facts = FintechFacts();
  facts.set_display_name(name);
  return facts;
}

// One watch of a client.
struct Watching {
  Watching(AccountService::Stub& stub, const WatchAccountsRequest& request = {})
      : reader(stub.WatchAccounts(&context, request)) {}
  ~Watching() {
    context.TryCancel();
    WatchAccountsResponse rest;
    while (reader->Read(&rest)) {
    }
    if (!finished) Finish().IgnoreError();
  }
  absl::Status Finish() {
    finished = true;
    return FromGrpc(reader->Finish());
  }

  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<WatchAccountsResponse>> reader;
  bool finished = false;
};

// Cursors of all changes, from the oldest on.
std::vector<std::string> AllCursors(TestService& service) {
  std::vector<std::string> cursors;
  v1::ListAccountChangesRequest request;
  request.set_page_size(1'000);
  while (true) {
    const auto page = service.Call<v1::ListAccountChangesResponse>(request);
    EXPECT_OK(page);
    for (const v1::AccountChange& change : page->changes()) cursors.push_back(change.cursor());
    if (page->at_end()) return cursors;
    request.set_cursor(page->next_cursor());
  }
}

TEST(ServerStream, AcrossReconnectsUnderWrites_LosesAndRepeatsNothing) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  TestService service;
  const auto stub = AccountService::NewStub(service.Connect());
  WatchAccountsRequest request;
  {
    Watching first(*stub);
    WatchAccountsResponse message;
    ASSERT_TRUE(first.reader->Read(&message));
    request.set_cursor(message.cursor());
  }
  constexpr int kWriters = 3;
  constexpr int kWrites = 200;
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&service, w] {
      for (int i = 0; i < kWrites; ++i) {
        ASSERT_OK(service.Upsert(absl::StrCat("w", w, "-", i % 10), Named(absl::StrCat(i))));
      }
    });
  }
  std::vector<std::string> seen;
  while (seen.size() < kWriters * kWrites) {
    Watching watching(*stub, request);
    const int messages = 1 + static_cast<int>(random() % 10);
    for (int m = 0; m < messages && seen.size() < kWriters * kWrites; ++m) {
      WatchAccountsResponse message;
      ASSERT_TRUE(watching.reader->Read(&message));
      // A client may break off in the middle of a message.
      const int taken = m + 1 < messages || message.changes().empty()
                            ? message.changes_size()
                            : static_cast<int>(random() % message.changes_size()) + 1;
      for (int i = 0; i < taken; ++i) seen.push_back(message.changes(i).cursor());
      request.set_cursor(taken == message.changes_size() ? message.cursor() : seen.back());
    }
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(seen, AllCursors(service));
}

// A server whose watches are endless streams of large messages.
class LargeStream : public testing::Test {
 protected:
  class Source final : public SourceOf<WatchAccountsResponse> {
   public:
    Source(std::atomic<int>* made, std::atomic<int>* alive) : made_(made), alive_(alive) {
      ++*alive_;
    }
    ~Source() override { --*alive_; }

   private:
    absl::StatusOr<Turn> Fill(WatchAccountsResponse* message) override {
      message->set_cursor(absl::StrCat(++*made_, std::string(256 << 10, 'c')));
      return Turn::kMessage;
    }

    std::atomic<int>* const made_;
    std::atomic<int>* const alive_;
  };

  void SetUp() override {
    methods_.AddStream<WatchAccountsRequest, WatchAccountsResponse>(
        kAccountService, "WatchAccounts", {}, [this](const CallInfo&, const WatchAccountsRequest&) {
          return std::make_unique<Source>(&made_, &alive_);
        });
    pipeline_ = std::make_unique<Pipeline>(methods_, *SystemClock(), PipelineOptions());
    GrpcServerOptions options;
    options.listen = "127.0.0.1:0";
    auto server = GrpcServer::Start(options, *pipeline_);
    ASSERT_OK(server);
    server_ = *std::move(server);
    stub_ = AccountService::NewStub(
        grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials()));
  }

  // Messages that nobody takes soon fill what the connection may hold; then nothing moves.
  int AwaitStandstill() {
    int before = -1;
    while (before != made_ || before == 0) {
      before = made_;
      absl::SleepFor(absl::Milliseconds(300));
    }
    return before;
  }

  std::atomic<int> made_ = 0;
  std::atomic<int> alive_ = 0;
  MethodTable methods_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<AccountService::Stub> stub_;
};

TEST_F(LargeStream, WhoseReaderStops_IsAskedForNoMoreUntilItReadsOn) {
  Watching watching(*stub_);
  const int before = AwaitStandstill();
  EXPECT_LT(before, 100);
  WatchAccountsResponse message;
  for (int i = 1; i <= before + 20; ++i) {
    ASSERT_TRUE(watching.reader->Read(&message));
    EXPECT_TRUE(absl::StartsWith(message.cursor(), absl::StrCat(i, "c")));
  }
  EXPECT_GT(made_, before);
  watching.context.TryCancel();
  pipeline_->AwaitIdle(absl::Seconds(20));
  EXPECT_EQ(alive_, 0);
  server_->Drain(absl::Seconds(10));
}

TEST_F(LargeStream, WhoseReaderStops_DoesNotHoldUpADrain) {
  Watching watching(*stub_);
  AwaitStandstill();
  const absl::Time start = absl::Now();
  server_->Drain(absl::Seconds(30));
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  EXPECT_EQ(alive_, 0);
}

TEST(ServerStream, WhoseReaderIsSlow_HoldsUpNeitherWritersNorOthers) {
  TestService service;
  const auto stub = AccountService::NewStub(service.Connect());
  Watching slow(*stub);
  Watching quick(*stub);
  WatchAccountsResponse message;
  ASSERT_TRUE(quick.reader->Read(&message));
  ASSERT_TRUE(slow.reader->Read(&message));
  constexpr int kWrites = 200;
  for (int i = 0; i < kWrites; ++i) {
    ASSERT_OK(service.Upsert("a", Named(absl::StrCat(i))));
    ASSERT_TRUE(quick.reader->Read(&message));
    ASSERT_EQ(message.changes_size(), 1);
  }
  int read = 0;
  while (read < kWrites) {
    ASSERT_TRUE(slow.reader->Read(&message));
    read += message.changes_size();
  }
  EXPECT_EQ(read, kWrites);
}

TEST(ServerStream, OfIdleWatchers_IsEndedWhenTheServerDrains) {
  TestService service;
  const auto stub = AccountService::NewStub(service.Connect());
  std::vector<std::unique_ptr<Watching>> watches;
  WatchAccountsResponse message;
  for (int i = 0; i < 50; ++i) {
    watches.push_back(std::make_unique<Watching>(*stub));
    ASSERT_TRUE(watches.back()->reader->Read(&message));
  }
  const absl::Time start = absl::Now();
  service.DrainGrpc(absl::Seconds(30));
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  for (const auto& watching : watches) {
    EXPECT_FALSE(watching->reader->Read(&message));
    EXPECT_FAILS(watching->Finish(), kUnavailable, "SHUTTING_DOWN");
  }
}

TEST(ServerStream, ThatIsCancelled_LeavesNothingBehind) {
  TestService service;
  const auto stub = AccountService::NewStub(service.Connect());
  WatchAccountsResponse message;
  for (int i = 0; i < 20; ++i) {
    Watching watching(*stub);
    if (i % 2 == 0) {
      ASSERT_TRUE(watching.reader->Read(&message));
    }
    watching.context.TryCancel();
    while (watching.reader->Read(&message)) {
    }
    EXPECT_EQ(watching.Finish().code(), absl::StatusCode::kCancelled);
  }
  service.pipeline().AwaitIdle(absl::Seconds(20));
  const absl::Time start = absl::Now();
  service.DrainGrpc(absl::Seconds(30));
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
}

TEST(ServerStream, WhoseDeadlinePasses_Ends) {
  TestService service;
  const auto stub = AccountService::NewStub(service.Connect());
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Milliseconds(300)));
  const auto reader = stub->WatchAccounts(&context, WatchAccountsRequest());
  WatchAccountsResponse message;
  while (reader->Read(&message)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST(ServerStream, WithoutChanges_Beats) {
  TestService service;
  const auto stub = AccountService::NewStub(service.Connect());
  WatchAccountsRequest request;
  request.mutable_heartbeat()->set_seconds(1);
  Watching watching(*stub, request);
  WatchAccountsResponse message;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(watching.reader->Read(&message));
    EXPECT_TRUE(message.changes().empty());
    EXPECT_NE(message.cursor(), "");
  }
}

TEST(ServerStream, OfARequestThatIsRefused_EndsWithItsFields) {
  TestService service;
  const auto stub = AccountService::NewStub(service.Connect());
  WatchAccountsRequest request;
  request.set_cursor("nonsense");
  request.mutable_heartbeat()->set_seconds(61);
  Watching watching(*stub, request);
  WatchAccountsResponse message;
  EXPECT_FALSE(watching.reader->Read(&message));
  EXPECT_THAT(FieldsOf(watching.Finish()), ElementsAre("heartbeat", "cursor"));
}

TEST(ServerStream, AnExportWhileAccountsAreWritten_HasEachThatWasThereOnce) {
  TestService service;
  const auto stub = AccountService::NewStub(service.Connect());
  constexpr int kAccounts = 1'200;
  {
    grpc::ClientContext context;
    const auto import = stub->ImportAccounts(&context);
    v1::ImportAccountsResponse response;
    for (int i = 0; i < kAccounts; i += 400) {
      v1::ImportAccountsRequest message;
      for (int j = i; j < i + 400; ++j) {
        v1::ImportedAccount* item = message.add_accounts();
        item->set_account_id(absl::StrCat("a", j));
        *item->mutable_facts() = Named("A");
      }
      ASSERT_TRUE(import->Write(message));
      ASSERT_TRUE(import->Read(&response));
    }
    import->WritesDone();
    ASSERT_OK(FromGrpc(import->Finish()));
  }
  std::atomic<bool> stop = false;
  std::thread writer([&service, &stop] {
    for (int i = 0; !stop; ++i) {
      ASSERT_OK(service.Upsert(absl::StrCat("a", i * 7 % kAccounts), Named(absl::StrCat("B", i))));
      ASSERT_OK(service.Evaluate(absl::StrCat("new", i), FintechFacts()));
    }
  });
  for (int round = 0; round < 3; ++round) {
    grpc::ClientContext context;
    const auto reader = stub->ExportAccounts(&context, v1::ExportAccountsRequest());
    v1::ExportAccountsResponse message;
    std::set<std::string> ids;
    int old = 0;
    while (reader->Read(&message)) {
      for (const v1::Account& account : message.accounts()) {
        EXPECT_TRUE(ids.insert(account.account_id()).second) << account.account_id();
        if (account.account_id()[0] == 'a') ++old;
      }
    }
    EXPECT_OK(FromGrpc(reader->Finish()));
    EXPECT_EQ(old, kAccounts);
  }
  stop = true;
  writer.join();
}

TEST(ServerStream, AnImport_CountsItsItemsOverTheWholeStream) {
  TestService service;
  const auto stub = AccountService::NewStub(service.Connect());
  for (int stream = 0; stream < 2; ++stream) {
    grpc::ClientContext context;
    const auto import = stub->ImportAccounts(&context);
    int64_t index = 0;
    for (const int items : {1, 500, 3}) {
      v1::ImportAccountsRequest message;
      for (int i = 0; i < items; ++i) {
        v1::ImportedAccount* item = message.add_accounts();
        // Every other one is bad.
        item->set_account_id(i % 2 == 0 ? absl::StrCat("a", i) : "");
        *item->mutable_facts() = Named("A");
        item->set_evaluate(i % 4 == 0);
      }
      ASSERT_TRUE(import->Write(message));
      v1::ImportAccountsResponse response;
      ASSERT_TRUE(import->Read(&response));
      ASSERT_EQ(response.results_size(), items);
      for (int i = 0; i < items; ++i) {
        EXPECT_EQ(response.results(i).index(), index++);
        EXPECT_EQ(response.results(i).has_imported(), i % 2 == 0);
        EXPECT_EQ(response.results(i).account_id(), message.accounts(i).account_id());
      }
    }
    import->WritesDone();
    EXPECT_OK(FromGrpc(import->Finish()));
  }
}

}  // namespace
}  // namespace tiermark
