// bench_preload: evaluates accounts through StreamEvaluateAccounts until a server has so many, and
// then reports events of some.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/portfolio.h"
#include "tiermark/v1/account_service.grpc.pb.h"
#include "tiermark/v1/scoring_service.grpc.pb.h"
#include <CLI/CLI.hpp>

namespace tiermark::bench {
namespace {

constexpr int64_t kItemsPerMessage = 250;
constexpr int kStreams = 4;

// Sends messages of accounts, each when the one before is answered, until none are left.
bool Stream(v1::ScoringService::Stub* stub, int64_t accounts, std::atomic<int64_t>* next) {
  grpc::ClientContext context;
  const auto stream = stub->StreamEvaluateAccounts(&context);
  v1::StreamEvaluateAccountsRequest request;
  v1::StreamEvaluateAccountsResponse response;
  while (true) {
    const int64_t first = next->fetch_add(kItemsPerMessage);
    if (first >= accounts) break;
    request.Clear();
    for (int64_t i = first; i < std::min(first + kItemsPerMessage, accounts); ++i) {
      v1::EvaluateAccountRequest* item = request.add_requests();
      item->set_account_id(AccountId(i));
      FillFacts(i, FirstVariant(i), item->mutable_facts());
    }
    if (!stream->Write(request) || !stream->Read(&response)) break;
    for (const v1::EvaluateAccountResult& result : response.results()) {
      if (!result.has_error()) continue;
      std::fprintf(stderr, "bench_preload: %s: %s\n", result.account_id().c_str(),
                   result.error().message().c_str());
      context.TryCancel();
      return false;
    }
  }
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  if (!status.ok()) {
    std::fprintf(stderr, "bench_preload: %s\n", status.error_message().c_str());
  }
  return status.ok();
}

// Accounts picked at random, so that the list of those with events is in no order of accounts.
bool ReportEvents(v1::AccountService::Stub* stub, int64_t accounts, int64_t events) {
  for (int64_t i = 0; i < events; ++i) {
    const uint64_t account = Mix(static_cast<uint64_t>(i)) % static_cast<uint64_t>(accounts);
    v1::ReportAccountEventRequest request;
    v1::ReportAccountEventResponse response;
    request.set_account_id(AccountId(static_cast<int64_t>(account)));
    request.set_type(v1::ACCOUNT_EVENT_TYPE_ACQUISITION_OR_MERGER);
    grpc::ClientContext context;
    const grpc::Status status = stub->ReportAccountEvent(&context, request, &response);
    if (!status.ok()) {
      std::fprintf(stderr, "bench_preload: %s\n", status.error_message().c_str());
      return false;
    }
  }
  return true;
}

int Main(int argc, char** argv) {
  std::string target;
  int64_t accounts = 0;
  int64_t events = 0;
  CLI::App app("Fills a server with accounts.", "bench_preload");
  app.add_option("--target", target, "HOST:PORT")->required();
  app.add_option("--accounts", accounts)->required();
  app.add_option("--events", events, "Events to report afterwards");
  CLI11_PARSE(app, argc, argv);

  const auto channel = grpc::CreateChannel(target, grpc::InsecureChannelCredentials());
  const auto stub = v1::ScoringService::NewStub(channel);
  std::atomic<int64_t> next = 0;
  std::atomic<bool> good = true;
  std::vector<std::thread> threads;
  for (int i = 0; i < kStreams; ++i) {
    threads.emplace_back([&] {
      if (!Stream(stub.get(), accounts, &next)) good = false;
    });
  }
  for (std::thread& thread : threads) thread.join();
  good = good && ReportEvents(v1::AccountService::NewStub(channel).get(), accounts, events);
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace tiermark::bench

int main(int argc, char** argv) { return tiermark::bench::Main(argc, argv); }
