// bench_echo: the least that a gRPC server can do for the same messages, as the limit to measure
// against. It answers every call of an RPC with one fixed answer. Typed: through the generated
// callback service, so that requests are parsed and answers made and serialized. Raw: bytes in,
// bytes out.
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "absl/synchronization/mutex.h"
#include "tiermark/v1/account_service.grpc.pb.h"
#include "tiermark/v1/scoring_service.grpc.pb.h"
#include <CLI/CLI.hpp>

namespace tiermark::bench {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

// The answers, serialized; empty ones are answered as such.
struct Replies {
  std::string evaluate;
  std::string playbook;
  std::string account;
};

ServerUnaryReactor* End(CallbackServerContext* context) {
  ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

template <typename Answer>
Answer Parsed(const std::string& bytes) {
  Answer answer;
  if (!answer.ParseFromString(bytes)) {
    std::fprintf(stderr, "bench_echo: a recorded answer is not of its type\n");
    std::exit(EXIT_FAILURE);
  }
  return answer;
}

class TypedScoring final : public v1::ScoringService::CallbackService {
 public:
  explicit TypedScoring(const Replies& replies)
      : evaluate_(Parsed<v1::EvaluateAccountResponse>(replies.evaluate)),
        playbook_(Parsed<v1::GetSegmentPlaybookResponse>(replies.playbook)) {}

  ServerUnaryReactor* EvaluateAccount(CallbackServerContext* context,
                                      const v1::EvaluateAccountRequest*,
                                      v1::EvaluateAccountResponse* response) override {
    *response = evaluate_;
    return End(context);
  }

  ServerUnaryReactor* GetSegmentPlaybook(CallbackServerContext* context,
                                         const v1::GetSegmentPlaybookRequest*,
                                         v1::GetSegmentPlaybookResponse* response) override {
    *response = playbook_;
    return End(context);
  }

 private:
  const v1::EvaluateAccountResponse evaluate_;
  const v1::GetSegmentPlaybookResponse playbook_;
};

class TypedAccounts final : public v1::AccountService::CallbackService {
 public:
  explicit TypedAccounts(const Replies& replies)
      : account_(Parsed<v1::GetAccountResponse>(replies.account)) {}

  ServerUnaryReactor* GetAccount(CallbackServerContext* context, const v1::GetAccountRequest*,
                                 v1::GetAccountResponse* response) override {
    *response = account_;
    return End(context);
  }

 private:
  const v1::GetAccountResponse account_;
};

using RawScoringBase = v1::ScoringService::WithRawCallbackMethod_EvaluateAccount<
    v1::ScoringService::WithRawCallbackMethod_GetSegmentPlaybook<v1::ScoringService::Service>>;

class RawScoring final : public RawScoringBase {
 public:
  explicit RawScoring(const Replies& replies)
      : evaluate_(replies.evaluate), playbook_(replies.playbook) {}

  ServerUnaryReactor* EvaluateAccount(CallbackServerContext* context, const ByteBuffer*,
                                      ByteBuffer* response) override {
    *response = ByteBuffer(&evaluate_, 1);
    return End(context);
  }

  ServerUnaryReactor* GetSegmentPlaybook(CallbackServerContext* context, const ByteBuffer*,
                                         ByteBuffer* response) override {
    *response = ByteBuffer(&playbook_, 1);
    return End(context);
  }

 private:
  const grpc::Slice evaluate_;
  const grpc::Slice playbook_;
};

class RawAccounts final
    : public v1::AccountService::WithRawCallbackMethod_GetAccount<v1::AccountService::Service> {
 public:
  explicit RawAccounts(const Replies& replies) : account_(replies.account) {}

  ServerUnaryReactor* GetAccount(CallbackServerContext* context, const ByteBuffer*,
                                 ByteBuffer* response) override {
    *response = ByteBuffer(&account_, 1);
    return End(context);
  }

 private:
  const grpc::Slice account_;
};

int Serve(const Replies& replies, bool raw) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  std::unique_ptr<grpc::Service> scoring;
  std::unique_ptr<grpc::Service> accounts;
  if (raw) {
    scoring = std::make_unique<RawScoring>(replies);
    accounts = std::make_unique<RawAccounts>(replies);
  } else {
    scoring = std::make_unique<TypedScoring>(replies);
    accounts = std::make_unique<TypedAccounts>(replies);
  }
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(scoring.get());
  builder.RegisterService(accounts.get());
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) return EXIT_FAILURE;
  std::printf("bench_echo ready grpc=127.0.0.1:%d\n", port);
  std::fflush(stdout);
  int signal_number = 0;
  sigwait(&signals, &signal_number);
  server->Shutdown();
  return EXIT_SUCCESS;
}

std::string ReadFile(const std::string& path) {
  if (path.empty()) return "";
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "bench_echo: cannot read %s\n", path.c_str());
    std::exit(EXIT_FAILURE);
  }
  return std::string(std::istreambuf_iterator<char>(file), {});
}

int Main(int argc, char** argv) {
  std::string evaluate;
  std::string playbook;
  std::string account;
  bool raw = false;
  CLI::App app("Answers calls with recorded answers.", "bench_echo");
  app.add_option("--evaluate", evaluate, "Recorded answer of EvaluateAccount");
  app.add_option("--playbook", playbook, "Recorded answer of GetSegmentPlaybook");
  app.add_option("--account", account, "Recorded answer of GetAccount");
  app.add_flag("--raw", raw, "Bytes in, bytes out");
  CLI11_PARSE(app, argc, argv);
  return Serve({ReadFile(evaluate), ReadFile(playbook), ReadFile(account)}, raw);
}

}  // namespace
}  // namespace tiermark::bench

// NOLINTNEXTLINE(bugprone-exception-escape): an exception may well end it.
int main(int argc, char** argv) {
  // As tiermarkd does: Debian's absl looks for deadlocks at each of gRPC's locks.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return tiermark::bench::Main(argc, argv);
}
