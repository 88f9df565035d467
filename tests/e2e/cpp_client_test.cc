// The C++ client against the server at TIERMARK_ADDRESS, which the e2e suite starts.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tiermark/client.h"
#include "tiermark/v1/account_service.grpc.pb.h"
#include "tiermark/v1/scoring_service.grpc.pb.h"

namespace tiermark {
namespace {

using Account = v1::AccountService::Stub;
using Scoring = v1::ScoringService::Stub;

ClientOptions Options() {
  ClientOptions options;
  options.target = std::getenv("TIERMARK_ADDRESS");
  return options;
}

v1::EvaluateAccountRequest Bank(const std::string& account_id) {
  v1::EvaluateAccountRequest request;
  request.set_account_id(account_id);
  v1::AccountFacts* facts = request.mutable_facts();
  facts->set_country("CO");
  v1::PotentialMrr* mrr = facts->add_potential_mrr();
  mrr->set_country("CO");
  mrr->mutable_amount()->set_currency_code("USD");
  mrr->mutable_amount()->set_units(60'000);
  facts->set_past_due_cases(500'000);
  facts->set_industry_reference(v1::INDUSTRY_REFERENCE_MARKET_LEADER);
  for (const char* country : {"CO", "PE", "EC", "CL", "MX"}) {
    facts->add_operating_countries(country);
  }
  return request;
}

// A service that fails as it is told, and then answers.
class Fails final : public v1::ScoringService::Service {
 public:
  grpc::Status ClaimReevaluations(grpc::ServerContext*, const v1::ClaimReevaluationsRequest*,
                                  v1::ClaimReevaluationsResponse*) override {
    ++calls;
    return std::exchange(failure, grpc::Status::OK);
  }

  int calls = 0;
  grpc::Status failure;
};

grpc::Status Failure(grpc::StatusCode code, const std::string& reason) {
  google::rpc::Status status;
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  status.add_details()->PackFrom(info);
  return grpc::Status(code, "not now", status.SerializeAsString());
}

class CppClientAlone : public testing::Test {
 protected:
  CppClientAlone() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    server_ = builder.BuildAndStart();
  }

  absl::Status Claim(ClientOptions options) const {
    return Client::Create(std::move(options))
        ->Call(&Scoring::ClaimReevaluations, v1::ClaimReevaluationsRequest())
        .status();
  }

  Fails service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(CppClientAlone, AClaim_IsRepeatedOnlyWhenNothingWasClaimed) {
  ClientOptions options;
  options.target = absl::StrCat("127.0.0.1:", port_);
  service_.failure = Failure(grpc::StatusCode::UNAVAILABLE, "SHUTTING_DOWN");
  EXPECT_EQ(Claim(options), absl::OkStatus());
  EXPECT_EQ(service_.calls, 2);
  service_.failure = Failure(grpc::StatusCode::UNKNOWN, "COMMIT_UNKNOWN");
  EXPECT_TRUE(absl::IsUnknown(Claim(options)));
  EXPECT_EQ(service_.calls, 3);
  service_.failure = grpc::Status(grpc::StatusCode::UNAVAILABLE, "the connection broke");
  EXPECT_TRUE(absl::IsUnavailable(Claim(options)));
  EXPECT_EQ(service_.calls, 4);
}

TEST_F(CppClientAlone, OtherMachines_AreSpokenToByTls) {
  ClientOptions options;
  options.target = absl::StrCat("ipv4:127.0.0.1:", port_);  // Not by its name of this machine.
  options.attempts_max = 1;
  EXPECT_TRUE(absl::IsUnavailable(Claim(options)));
  EXPECT_EQ(service_.calls, 0);
  options.plaintext = true;
  EXPECT_EQ(Claim(options), absl::OkStatus());
}

TEST(CppClientTest, EvaluateAccount_Bank_Is100StrategicAndKept) {
  const Client client = *Client::Create(Options());
  const auto answer = client.Call(&Scoring::EvaluateAccount, Bank("cpp-bank"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->evaluation().score(), 100);
  EXPECT_EQ(answer->evaluation().segment(), v1::SEGMENT_STRATEGIC);

  v1::GetAccountRequest get;
  get.set_account_id("cpp-bank");
  const auto account = client.Call(&Account::GetAccount, get);
  ASSERT_TRUE(account.ok()) << account.status();
  ASSERT_EQ(account->account().scores_size(), 1);
  EXPECT_EQ(account->account().scores(0).evaluation_id(), answer->evaluation().evaluation_id());
}

TEST(CppClientTest, RequestId_Given_GetsTheFirstAnswerAgain) {
  const Client client = *Client::Create(Options());
  v1::EvaluateAccountRequest request = Bank("cpp-repeated");
  request.set_request_id("cpp-repeated");
  const auto first = client.Call(&Scoring::EvaluateAccount, request);
  const auto again = client.Call(&Scoring::EvaluateAccount, request);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(first->SerializeAsString(), again->SerializeAsString());
}

TEST(CppClientTest, RequestId_Absent_IsAnotherOneForEachCall) {
  const Client client = *Client::Create(Options());
  const auto first = client.Call(&Scoring::EvaluateAccount, Bank("cpp-twice"));
  const auto second = client.Call(&Scoring::EvaluateAccount, Bank("cpp-twice"));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(first->evaluation().evaluation_id(), second->evaluation().evaluation_id());
}

TEST(CppClientTest, Errors_SayReasonAndEveryField) {
  const Client client = *Client::Create(Options());
  v1::EvaluateAccountRequest request = Bank("");
  request.mutable_facts()->set_past_due_cases(-1);
  const absl::Status refused = client.Call(&Scoring::EvaluateAccount, request).status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  const ErrorDetails details = DetailsOf(refused);
  EXPECT_EQ(details.reason, "INVALID_FIELDS");
  std::set<std::string> paths;
  for (const auto& [path, description] : details.field_violations) {
    EXPECT_FALSE(description.empty());
    paths.insert(path);
  }
  EXPECT_EQ(paths, (std::set<std::string>{"account_id", "facts.past_due_cases"}));

  v1::GetAccountRequest get;
  get.set_account_id("cpp-unknown");
  const absl::Status unknown = client.Call(&Account::GetAccount, get).status();
  EXPECT_TRUE(absl::IsNotFound(unknown)) << unknown;
  EXPECT_EQ(DetailsOf(unknown).reason, "ACCOUNT_NOT_FOUND");
}

TEST(CppClientTest, Pages_OfAnySize_AreTheWholeList) {
  const Client client = *Client::Create(Options());
  constexpr int kEvaluations = 7;
  for (int i = 0; i < kEvaluations; ++i) {
    ASSERT_TRUE(client.Call(&Scoring::EvaluateAccount, Bank("cpp-paged")).ok());
  }
  for (int page_size = 1; page_size <= kEvaluations + 1; ++page_size) {
    v1::ListEvaluationsRequest request;
    request.set_account_id("cpp-paged");
    request.set_page_size(page_size);
    Pages pages(&client, &Scoring::ListEvaluations, request);
    std::set<std::string> ids;
    while (const auto page = pages.Next()) {
      EXPECT_LE(page->evaluations_size(), page_size);
      for (const v1::Evaluation& evaluation : page->evaluations()) {
        ids.insert(evaluation.evaluation_id());
      }
    }
    EXPECT_TRUE(pages.status().ok()) << pages.status();
    EXPECT_EQ(ids.size(), static_cast<size_t>(kEvaluations));
  }
}

TEST(CppClientTest, Pages_OfAFailingList_SayWhy) {
  const Client client = *Client::Create(Options());
  v1::ListEvaluationsRequest request;
  request.set_account_id("cpp-unknown");
  Pages pages(&client, &Scoring::ListEvaluations, request);
  EXPECT_FALSE(pages.Next().has_value());
  EXPECT_TRUE(absl::IsNotFound(pages.status())) << pages.status();
  EXPECT_FALSE(pages.Next().has_value());
}

TEST(CppClientTest, Stub_OfOnesOwn_StreamsOnTheSameChannel) {
  const Client client = *Client::Create(Options());
  Scoring stub(client.channel());
  grpc::ClientContext context;
  const auto stream = stub.StreamEvaluateAccounts(&context);
  v1::StreamEvaluateAccountsRequest message;
  *message.add_requests() = Bank("cpp-stream");
  ASSERT_TRUE(stream->Write(message));
  v1::StreamEvaluateAccountsResponse answer;
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_EQ(answer.results(0).response().evaluation().score(), 100);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST(CppClientTest, Client_IsSharedByThreads) {
  const Client client = *Client::Create(Options());
  std::vector<std::thread> threads;
  constexpr int kThreads = 8;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&client, i] {
      for (int j = 0; j < 20; ++j) {
        const auto answer =
            client.Call(&Scoring::EvaluateAccount, Bank("cpp-thread-" + std::to_string(i)));
        EXPECT_TRUE(answer.ok()) << answer.status();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(CppClientTest, Server_Absent_IsUnavailableBeforeTheDeadline) {
  ClientOptions options;
  options.target = "127.0.0.1:1";
  options.attempts_max = 2;
  const Client client = *Client::Create(options);
  v1::GetAccountRequest get;
  get.set_account_id("a");
  EXPECT_TRUE(absl::IsUnavailable(client.Call(&Account::GetAccount, get).status()));
}

}  // namespace
}  // namespace tiermark
