#include "clients/cli/import_stream.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "google/rpc/status.pb.h"
#include "tiermark/v1/account_service.grpc.pb.h"
#include "tiermark/v1/scoring_service.grpc.pb.h"

namespace tiermark::cli {
namespace {

absl::Status ErrorOf(const google::rpc::Status& status) {
  return Client::CallError(grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                                        status.message(), status.SerializeAsString()));
}

// What differs between importing and checking.
struct Imports {
  using Request = v1::ImportAccountsRequest;
  using Response = v1::ImportAccountsResponse;

  static auto Open(Client const& client, grpc::ClientContext* context) {
    return v1::AccountService::Stub(client.channel()).ImportAccounts(context);
  }
  static void Add(const v1::ImportedAccount& account, Request* request) {
    *request->add_accounts() = account;
  }
  static ImportOutcome OutcomeOf(const v1::ImportAccountResult& result, bool) {
    ImportOutcome outcome;
    if (result.has_error()) {
      outcome.error = ErrorOf(result.error());
    } else {
      outcome.created = result.imported().created();
      outcome.changed = result.imported().changed();
      outcome.evaluated = !result.imported().evaluation_id().empty();
    }
    return outcome;
  }
};

struct Checks {
  using Request = v1::StreamEvaluateAccountsRequest;
  using Response = v1::StreamEvaluateAccountsResponse;

  static auto Open(Client const& client, grpc::ClientContext* context) {
    return v1::ScoringService::Stub(client.channel()).StreamEvaluateAccounts(context);
  }
  static void Add(const v1::ImportedAccount& account, Request* request) {
    v1::EvaluateAccountRequest* check = request->add_requests();
    check->set_account_id(account.account_id());
    *check->mutable_facts() = account.facts();
    if (account.has_update_mask()) *check->mutable_update_mask() = account.update_mask();
    check->set_validate_only(true);
  }
  static ImportOutcome OutcomeOf(const v1::EvaluateAccountResult& result, bool evaluate) {
    ImportOutcome outcome;
    if (result.has_error()) outcome.error = ErrorOf(result.error());
    // What is missing for a score does not keep an account from being written.
    if (!evaluate && absl::IsFailedPrecondition(outcome.error)) outcome.error = absl::OkStatus();
    return outcome;
  }
};

template <class Kind>
class GrpcImportStream final : public ImportStream {
 public:
  GrpcImportStream(const Client* client, std::chrono::milliseconds wait_max) : wait_max_(wait_max) {
    client->Prepare(&context_);
    stream_ = Kind::Open(*client, &context_);
    // The server reads on only as its answers are taken, so somebody has to take them always.
    reader_ = std::thread([this] { TakeAnswers(); });
  }
  ~GrpcImportStream() override {
    if (ended_) return;
    context_.TryCancel();
    reader_.join();
    stream_->Finish();
  }
  GrpcImportStream(const GrpcImportStream&) = delete;
  GrpcImportStream& operator=(const GrpcImportStream&) = delete;

  void Send(const std::vector<const v1::ImportedAccount*>& accounts) override {
    request_.Clear();
    std::vector<bool> evaluate;
    for (const v1::ImportedAccount* account : accounts) {
      Kind::Add(*account, &request_);
      evaluate.push_back(account->evaluate());
    }
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      sent_.push_back(std::move(evaluate));
    }
    // A write waits for as long as the server does not read.
    auto written = std::async(std::launch::async, [this] { return stream_->Write(request_); });
    if (written.wait_for(wait_max_) == std::future_status::timeout) GiveUp();
    written.wait();
  }

  std::optional<Outcomes> AwaitAnswer() override {
    std::unique_lock<std::mutex> lock(mutex_);
    const bool told =
        told_.wait_for(lock, wait_max_, [this] { return broken_ || !answers_.empty(); });
    if (!told) GiveUp();
    if (answers_.empty()) return {};
    Outcomes answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }

  absl::Status End() override {
    stream_->WritesDone();
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (!told_.wait_for(lock, wait_max_, [this] { return broken_; })) GiveUp();
    }
    reader_.join();
    absl::Status status = Client::CallError(stream_->Finish());
    ended_ = true;
    if (late_) return absl::UnavailableError("the server did not answer in time");
    if (status.ok() && !sent_.empty()) {
      return absl::UnavailableError("the server ended the stream before it had answered all");
    }
    return status;
  }

 private:
  void GiveUp() {
    late_ = true;
    context_.TryCancel();
  }

  void TakeAnswers() {
    typename Kind::Response response;
    while (stream_->Read(&response)) {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (sent_.empty() || response.results_size() != static_cast<int>(sent_.front().size())) {
        // No answer to anything that was asked: nothing behind it can be told apart.
        context_.TryCancel();
        break;
      }
      Outcomes answer;
      for (int i = 0; i < response.results_size(); ++i) {
        answer.push_back(Kind::OutcomeOf(response.results(i), sent_.front()[i]));
      }
      sent_.pop_front();
      answers_.push_back(std::move(answer));
      told_.notify_all();
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    broken_ = true;
    told_.notify_all();
  }

  const std::chrono::milliseconds wait_max_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<typename Kind::Request, typename Kind::Response>>
      stream_;
  typename Kind::Request request_;
  bool ended_ = false;
  bool late_ = false;

  std::mutex mutex_;
  std::condition_variable told_;
  std::deque<std::vector<bool>> sent_;  // For each message without an answer, which are evaluated.
  std::deque<Outcomes> answers_;
  bool broken_ = false;

  std::thread reader_;
};

}  // namespace

// Answers of checks are whole evaluations with their playbooks, some kilobytes each.
int AccountsInMessageMax(bool dry_run) { return dry_run ? 100 : 500; }

std::unique_ptr<ImportStream> OpenImportStream(const Client* client,
                                               const ImportStreamOptions& options) {
  if (options.dry_run) {
    return std::make_unique<GrpcImportStream<Checks>>(client, options.wait_max);
  }
  return std::make_unique<GrpcImportStream<Imports>>(client, options.wait_max);
}

}  // namespace tiermark::cli
