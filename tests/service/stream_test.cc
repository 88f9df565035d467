// The gRPC front end: streams in order, item errors, draining, and clients that do not read.
#include <grpcpp/grpcpp.h>

#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "scoring/error.h"
#include "tests/service/support.h"
#include "tiermark/v1/account_service.grpc.pb.h"
#include "tiermark/v1/scoring_service.grpc.pb.h"

namespace tiermark {
namespace {

using v1::StreamEvaluateAccountsRequest;
using v1::StreamEvaluateAccountsResponse;
using Stream =
    grpc::ClientReaderWriter<StreamEvaluateAccountsRequest, StreamEvaluateAccountsResponse>;

StreamEvaluateAccountsRequest Message(const std::string& prefix, int items) {
  StreamEvaluateAccountsRequest message;
  for (int i = 0; i < items; ++i) {
    v1::EvaluateAccountRequest* item = message.add_requests();
    item->set_account_id(absl::StrCat(prefix, "-", i));
    *item->mutable_facts() = FintechFacts();
  }
  return message;
}

TEST(Stream, AnswersInOrderMessageByMessage) {
  TestService service;
  const auto stub = v1::ScoringService::NewStub(service.Connect());
  grpc::ClientContext context;
  const auto stream = stub->StreamEvaluateAccounts(&context);
  for (int m = 0; m < 5; ++m) ASSERT_TRUE(stream->Write(Message(absl::StrCat("m", m), 20 + m)));
  stream->WritesDone();
  for (int m = 0; m < 5; ++m) {
    StreamEvaluateAccountsResponse answer;
    ASSERT_TRUE(stream->Read(&answer));
    ASSERT_EQ(answer.results_size(), 20 + m);
    for (int i = 0; i < answer.results_size(); ++i) {
      EXPECT_EQ(answer.results(i).index(), i);
      EXPECT_EQ(answer.results(i).account_id(), absl::StrCat("m", m, "-", i));
      EXPECT_EQ(answer.results(i).response().evaluation().score(), 16);
    }
  }
  StreamEvaluateAccountsResponse none;
  EXPECT_FALSE(stream->Read(&none));
  EXPECT_OK(FromGrpc(stream->Finish()));
}

TEST(Stream, ABadItem_FailsAlone) {
  TestService service;
  const auto stub = v1::ScoringService::NewStub(service.Connect());
  grpc::ClientContext context;
  const auto stream = stub->StreamEvaluateAccounts(&context);
  StreamEvaluateAccountsRequest message = Message("account", 4);
  message.mutable_requests(1)->mutable_facts()->set_country("Narnia");
  message.mutable_requests(2)->mutable_facts()->clear_past_due_cases();
  ASSERT_TRUE(stream->Write(message));
  StreamEvaluateAccountsResponse answer;
  ASSERT_TRUE(stream->Read(&answer));
  ASSERT_EQ(answer.results_size(), 4);
  EXPECT_TRUE(answer.results(0).has_response());
  EXPECT_EQ(answer.results(1).error().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(answer.results(1).error().details_size(), 2) << "reason and fields";
  EXPECT_EQ(answer.results(2).error().code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_TRUE(answer.results(3).has_response());
  // The stream goes on.
  ASSERT_TRUE(stream->Write(Message("more", 1)));
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_TRUE(answer.results(0).has_response());
  stream->WritesDone();
  EXPECT_OK(FromGrpc(stream->Finish()));
}

TEST(Stream, AMessageWithoutItemsOrWithTooMany_EndsIt) {
  TestService service;
  const auto stub = v1::ScoringService::NewStub(service.Connect());
  for (const int items : {0, 501}) {
    grpc::ClientContext context;
    const auto stream = stub->StreamEvaluateAccounts(&context);
    ASSERT_TRUE(stream->Write(Message("account", items)));
    StreamEvaluateAccountsResponse answer;
    EXPECT_FALSE(stream->Read(&answer));
    const absl::Status status = FromGrpc(stream->Finish());
    EXPECT_FAILS(status, kInvalidArgument, "INVALID_FIELDS");
    EXPECT_THAT(FieldsOf(status), testing::ElementsAre("requests"));
  }
}

TEST(Stream, WithoutAMessage_EndsWell) {
  TestService service;
  const auto stub = v1::ScoringService::NewStub(service.Connect());
  grpc::ClientContext context;
  const auto stream = stub->StreamEvaluateAccounts(&context);
  stream->WritesDone();
  StreamEvaluateAccountsResponse answer;
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_OK(FromGrpc(stream->Finish()));
}

TEST(Stream, OfIdleClients_IsEndedWhenTheServerDrains) {
  TestService service;
  const auto stub = v1::ScoringService::NewStub(service.Connect());
  constexpr int kStreams = 20;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < kStreams; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    streams.push_back(stub->StreamEvaluateAccounts(contexts.back().get()));
    ASSERT_TRUE(streams.back()->Write(Message(absl::StrCat("s", i), 2)));
    StreamEvaluateAccountsResponse answer;
    ASSERT_TRUE(streams.back()->Read(&answer));
  }
  const absl::Time start = absl::Now();
  service.DrainGrpc(absl::Seconds(30));
  EXPECT_LT(absl::Now() - start, absl::Seconds(20)) << "it need not wait for idle streams";
  for (const auto& stream : streams) {
    StreamEvaluateAccountsResponse answer;
    EXPECT_FALSE(stream->Read(&answer));
    EXPECT_FAILS(FromGrpc(stream->Finish()), kUnavailable, "SHUTTING_DOWN");
  }
}

// A server whose stream handler does what the test says.
class HandledStream : public testing::Test {
 protected:
  using Handle = std::function<void(const StreamEvaluateAccountsRequest&,
                                    StreamEvaluateAccountsResponse*, Done)>;

  void Serve(Handle handle) {
    MethodOptions options;
    options.time_max = absl::InfiniteDuration();
    options.request_bytes_max = 4 << 20;
    methods_.Add<StreamEvaluateAccountsRequest, StreamEvaluateAccountsResponse>(
        kScoringService, "StreamEvaluateAccounts", options,
        [handle = std::move(handle)](const CallInfo&, const StreamEvaluateAccountsRequest& request,
                                     StreamEvaluateAccountsResponse* response,
                                     Done done) { handle(request, response, std::move(done)); });
    pipeline_ = std::make_unique<Pipeline>(methods_, *SystemClock(), PipelineOptions());
    GrpcServerOptions server_options;
    server_options.listen = "127.0.0.1:0";
    auto server = GrpcServer::Start(server_options, *pipeline_);
    ASSERT_OK(server);
    server_ = *std::move(server);
    stub_ = v1::ScoringService::NewStub(
        grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials()));
  }

  MethodTable methods_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<v1::ScoringService::Stub> stub_;
};

TEST_F(HandledStream, AMessageUnderWay_IsAnsweredBeforeADrainEndsTheStream) {
  std::promise<Done> taken;
  Serve([&taken](const auto&, StreamEvaluateAccountsResponse* response, Done done) {
    response->add_results()->set_account_id("answered");
    taken.set_value(std::move(done));
  });
  grpc::ClientContext context;
  const auto stream = stub_->StreamEvaluateAccounts(&context);
  ASSERT_TRUE(stream->Write(Message("account", 1)));
  Done done = taken.get_future().get();
  std::thread drain([this] { server_->Drain(absl::Seconds(30)); });
  while (!pipeline_->draining()) absl::SleepFor(absl::Milliseconds(1));
  absl::SleepFor(absl::Milliseconds(50));
  done(absl::OkStatus());
  StreamEvaluateAccountsResponse answer;
  EXPECT_TRUE(stream->Read(&answer));
  EXPECT_EQ(answer.results(0).account_id(), "answered");
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_FAILS(FromGrpc(stream->Finish()), kUnavailable, "SHUTTING_DOWN");
  drain.join();
}

TEST_F(HandledStream, AClientThatStopsReading_IsNotReadFrom) {
  std::atomic<int> handled = 0;
  Serve([&handled](const auto&, StreamEvaluateAccountsResponse* response, Done done) {
    ++handled;
    response->add_results()->set_account_id(std::string(256 << 10, 'a'));
    done(absl::OkStatus());
  });
  grpc::ClientContext context;
  const auto stream = stub_->StreamEvaluateAccounts(&context);
  constexpr int kMessages = 2'000;
  std::thread writer([&stream] {
    const StreamEvaluateAccountsRequest message = Message("account", 100);
    for (int i = 0; i < kMessages; ++i) {
      if (!stream->Write(message)) return;
    }
  });
  // Answers that nobody takes soon fill what the connection may hold; then nothing moves.
  int before = -1;
  while (before != handled || before == 0) {
    before = handled;
    absl::SleepFor(absl::Milliseconds(400));
  }
  EXPECT_LT(handled, kMessages / 2);
  // When it reads again, it goes on.
  StreamEvaluateAccountsResponse answer;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(stream->Read(&answer));
  EXPECT_GT(handled, before);
  context.TryCancel();
  writer.join();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  server_->Drain(absl::Seconds(10));
}

TEST_F(HandledStream, AClientThatGoesAwayInTheMiddle_LeavesNothingBehind) {
  std::promise<Done> taken;
  Serve([&taken](const auto&, StreamEvaluateAccountsResponse*, Done done) {
    taken.set_value(std::move(done));
  });
  {
    grpc::ClientContext context;
    const auto stream = stub_->StreamEvaluateAccounts(&context);
    ASSERT_TRUE(stream->Write(Message("account", 1)));
    Done done = taken.get_future().get();
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
    absl::SleepFor(absl::Milliseconds(50));
    done(absl::OkStatus());
  }
  const absl::Time start = absl::Now();
  server_->Drain(absl::Seconds(30));
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
}

TEST(Unary, Headers_AreHandedBack) {
  TestService service;
  const auto stub = v1::AccountService::NewStub(service.Connect());
  grpc::ClientContext context;
  context.AddMetadata("x-request-id", "crm-4711");
  context.AddMetadata("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  v1::GetAccountRequest request;
  request.set_account_id("nobody");
  v1::GetAccountResponse response;
  EXPECT_FAILS(FromGrpc(stub->GetAccount(&context, request, &response)), kNotFound,
               "ACCOUNT_NOT_FOUND");
  const auto& headers = context.GetServerInitialMetadata();
  ASSERT_EQ(headers.count("x-request-id"), 1u);
  EXPECT_EQ(headers.find("x-request-id")->second, "crm-4711");
  EXPECT_EQ(headers.count("traceparent"), 1u);
}

TEST(Unary, AfterADrain_NothingIsServed) {
  TestService service;
  const auto stub = v1::AccountService::NewStub(service.Connect());
  service.DrainGrpc(absl::Seconds(5));
  grpc::ClientContext context;
  v1::GetAccountRequest request;
  request.set_account_id("nobody");
  v1::GetAccountResponse response;
  EXPECT_EQ(stub->GetAccount(&context, request, &response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST(Unary, ManyClientsAtOnce_GetTheirOwnAnswers) {
  TestService service;
  constexpr int kClients = 8;
  std::vector<std::thread> clients;
  for (int c = 0; c < kClients; ++c) {
    clients.emplace_back([&service, channel = service.Connect(), c] {
      const auto stub = v1::ScoringService::NewStub(channel);
      for (int i = 0; i < 25; ++i) {
        grpc::ClientContext context;
        v1::EvaluateAccountRequest request;
        request.set_account_id(absl::StrCat("account-", c));
        *request.mutable_facts() = i % 2 == 0 ? BankFacts() : FintechFacts();
        v1::EvaluateAccountResponse response;
        ASSERT_OK(FromGrpc(stub->EvaluateAccount(&context, request, &response)));
        EXPECT_EQ(response.evaluation().account_id(), request.account_id());
        EXPECT_EQ(response.evaluation().score(), i % 2 == 0 ? 100 : 16);
      }
    });
  }
  for (std::thread& client : clients) client.join();
}

}  // namespace
}  // namespace tiermark
