#include "clients/cli/export_run.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/csv_rows.h"
#include "clients/cli/csv_writer.h"
#include "clients/cli/import_state.h"
#include "clients/cli/import_stream.h"
#include "clients/cli/progress.h"
#include "clients/cli/read_within.h"
#include "clients/cli/state_file.h"
#include "clients/cli/text.h"
#include "google/protobuf/util/json_util.h"
#include "tiermark/v1/account_service.grpc.pb.h"

namespace tiermark::cli {
namespace {

constexpr char kTitle[] = "tiermark export 1";
constexpr char kStateSuffix[] = ".tiermark-export";
constexpr int kFirstAttemptsMax = 5;

// A stream of accounts, none of whose messages is waited for without bound.
class ExportStream {
 public:
  ExportStream(const Client& client, const v1::ExportAccountsRequest& request,
               std::chrono::milliseconds wait_max)
      : wait_max_(wait_max) {
    client.Prepare(&context_);
    stream_ = v1::AccountService::Stub(client.channel()).ExportAccounts(&context_, request);
  }
  ~ExportStream() {
    if (ended_) return;
    context_.TryCancel();
    stream_->Finish();
  }
  ExportStream(const ExportStream&) = delete;
  ExportStream& operator=(const ExportStream&) = delete;

  bool Read(v1::ExportAccountsResponse* message) {
    return ReadWithin(wait_max_, stream_.get(), &context_, message, &late_);
  }

  absl::Status End() {
    ended_ = true;
    absl::Status status = Client::CallError(stream_->Finish());
    if (late_) return absl::UnavailableError("the server did not answer in time");
    return status;
  }

 private:
  const std::chrono::milliseconds wait_max_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::ExportAccountsResponse>> stream_;
  bool ended_ = false;
  bool late_ = false;
};

// How many accounts a filter finds, counted by the server meanwhile: some seconds for each million.
class CountAhead {
 public:
  CountAhead(const Client& client, const v1::AccountFilter& filter) {
    client.Prepare(&context_);
    v1::SummarizePortfolioRequest request;
    *request.mutable_filter() = filter;
    request.add_group_by(v1::DIMENSION_SEGMENT);
    count_ = std::async(std::launch::async, [this, &client, request = std::move(request)] {
      v1::SummarizePortfolioResponse response;
      v1::AccountService::Stub(client.channel()).SummarizePortfolio(&context_, request, &response);
      return response.total().accounts();
    });
  }
  // Counts no further.
  ~CountAhead() { context_.TryCancel(); }
  CountAhead(const CountAhead&) = delete;
  CountAhead& operator=(const CountAhead&) = delete;

  // 0 until it is known.
  int64_t accounts() {
    if (count_.valid() && count_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
      accounts_ = count_.get();
    }
    return accounts_;
  }

 private:
  grpc::ClientContext context_;
  int64_t accounts_ = 0;
  std::future<int64_t> count_;
};

class ExportRun {
 public:
  ExportRun(const Client& client, const ExportOptions& options, Session* session)
      : client_(client),
        options_(options),
        session_(session),
        state_file_(options.file + kStateSuffix),
        progress_(session->json() || !ShowsProgress(options, *session) ? nullptr : &session->err(),
                  session->err_terminal()) {}

  absl::Status Run() {
    const auto connection = session_->client_options();
    if (!connection.ok()) return connection.status();
    patience_ = connection->deadline;
    const auto caller = session_->ServerAndCaller();
    if (!caller.ok()) return caller.status();
    *request_.mutable_filter() = options_.filter;
    request_.set_resume_token(options_.resume_token);
    if (absl::Status begun = Begin(*caller); !begun.ok()) return begun;
    if (session_->err_terminal().is_terminal && !options_.file.empty()) {
      count_ahead_.emplace(client_, options_.filter);
    }
    absl::Status exported = TakeAll();
    progress_.Clear();
    if (!exported.ok()) {
      TellHowToGoOn();
      return exported;
    }
    if (!options_.file.empty()) {
      RemoveState(state_file_);
      if (!session_->json()) session_->err() << Grouped(accounts_) << " accounts\n";
    }
    return absl::OkStatus();
  }

 private:
  // Where the accounts themselves go to the terminal, nothing may be drawn over them.
  static bool ShowsProgress(const ExportOptions& options, const Session& session) {
    return !options.file.empty() || !session.terminal().is_terminal;
  }

  std::ostream& out() { return options_.file.empty() ? session_->out() : file_; }

  absl::Status Begin(const std::string& caller) {
    if (options_.file.empty()) return absl::OkStatus();
    std::string columns;
    for (const CsvColumn& column : options_.columns) absl::StrAppend(&columns, column.name, "\n");
    settings_ = DigestOf({caller, options_.filter.SerializeAsString(), columns,
                          absl::StrCat(session_->json(), options_.byte_order_mark),
                          std::string(1, options_.delimiter)});
    auto left = LoadState(state_file_, kTitle);
    if (!left.ok()) return left.status();
    return left->empty() ? absl::OkStatus() : GoOn(*left);
  }

  absl::Status GoOn(StateFields& left) {
    int64_t bytes = 0;
    std::error_code fault;
    const auto there = std::filesystem::file_size(options_.file, fault);
    const bool whole = !fault && absl::SimpleAtoi(left["bytes"], &bytes) &&
                       absl::SimpleAtoi(left["accounts"], &accounts_) && bytes >= 0 &&
                       there >= static_cast<uintmax_t>(bytes);
    if (!whole || left["settings"] != settings_) {
      return absl::FailedPreconditionError(
          absl::StrCat("an export to ", options_.file,
                       " that broke off was told something else, "
                       "or the file is not as it left it: repeat it as it was to go on, or remove ",
                       state_file_, " to begin anew"));
    }
    std::filesystem::resize_file(options_.file, bytes, fault);
    file_.open(options_.file, std::ios::app);
    if (fault || !file_) return CannotWrite();
    bytes_ = bytes;
    begun_ = true;
    request_.set_resume_token(left["resume_token"]);
    if (!session_->json()) {
      session_->err() << "Going on behind " << Grouped(accounts_) << " accounts.\n";
    }
    return absl::OkStatus();
  }

  // What stands before the first account. Written once the server has answered, so that a request
  // that it refuses leaves a file as it was.
  std::string Head() {
    begun_ = true;
    if (!options_.file.empty()) file_.open(options_.file, std::ios::trunc);
    std::string text;
    if (session_->json() || !options_.resume_token.empty()) return text;
    if (options_.byte_order_mark) text = "\xef\xbb\xbf";
    std::vector<std::string> names;
    for (const CsvColumn& column : options_.columns) names.push_back(column.name);
    AppendCsvRow(names, options_.delimiter, &text);
    return text;
  }

  absl::Status CannotWrite() const {
    return absl::UnknownError(
        absl::StrCat(options_.file.empty() ? "the output" : options_.file, " cannot be written"));
  }

  // What stands before `resume_token`, and the state that it leads to.
  absl::Status Write(const std::string& text, const std::string& resume_token) {
    out() << text << std::flush;
    if (!out()) return CannotWrite();
    request_.set_resume_token(resume_token);
    bytes_ += static_cast<int64_t>(text.size());
    if (options_.file.empty()) return absl::OkStatus();
    return SaveState({{"settings", settings_},
                      {"resume_token", request_.resume_token()},
                      {"bytes", absl::StrCat(bytes_)},
                      {"accounts", absl::StrCat(accounts_)}},
                     state_file_, kTitle);
  }

  absl::Status TakeAll() {
    auto broken_since = std::chrono::steady_clock::now();
    bool ever_answered = false;
    for (int breaks = 0;;) {
      ExportStream stream(client_, request_, patience_);
      v1::ExportAccountsResponse message;
      while (stream.Read(&message)) {
        ever_answered = true;
        breaks = 0;
        if (absl::Status written = WriteAccounts(message); !written.ok()) return written;
      }
      absl::Status status = stream.End();
      if (status.ok()) return begun_ ? status : Write(Head(), "");
      const auto now = std::chrono::steady_clock::now();
      if (breaks == 0) broken_since = now;
      const auto pause = PauseAfter(status, breaks);
      ++breaks;
      if (!pause || (!ever_answered && breaks >= kFirstAttemptsMax) ||
          now + *pause - broken_since > patience_) {
        return status;
      }
      std::this_thread::sleep_for(*pause);
    }
  }

  absl::Status WriteAccounts(const v1::ExportAccountsResponse& message) {
    std::string text;
    if (!begun_) text = Head();
    std::vector<std::string> cells(options_.columns.size());
    for (const v1::Account& account : message.accounts()) {
      if (session_->json()) {
        std::string json;
        const auto printed = google::protobuf::util::MessageToJsonString(account, &json);
        if (!printed.ok()) return absl::InternalError("an account cannot be written as JSON");
        absl::StrAppend(&text, json, "\n");
        continue;
      }
      for (size_t i = 0; i < cells.size(); ++i) cells[i] = CellOf(options_.columns[i], account);
      AppendCsvRow(cells, options_.delimiter, &text);
    }
    accounts_ += message.accounts_size();
    if (absl::Status written = Write(text, message.resume_token()); !written.ok()) return written;
    ProgressState state;
    state.rows = state.done = accounts_;
    if (count_ahead_.has_value()) state.total = count_ahead_->accounts();
    progress_.Update(state);
    return absl::OkStatus();
  }

  void TellHowToGoOn() {
    // What could not be written is behind the token, but a part of it may be there.
    if (!options_.file.empty() || request_.resume_token().empty() || !out()) return;
    session_->Note(
        absl::StrCat("All up to here is written. To go on behind it, append what the same command "
                     "writes with --resume-token ",
                     request_.resume_token()));
  }

  const Client& client_;
  const ExportOptions& options_;
  Session* const session_;
  const std::string state_file_;
  Progress progress_;
  std::optional<CountAhead> count_ahead_;  // For people who look on.
  std::string settings_;
  std::chrono::milliseconds patience_{60'000};
  v1::ExportAccountsRequest request_;
  std::ofstream file_;
  int64_t bytes_ = 0;
  int64_t accounts_ = 0;
  bool begun_ = false;
};

}  // namespace

absl::Status RunExport(const Client& client, const ExportOptions& options, Session* session) {
  return ExportRun(client, options, session).Run();
}

}  // namespace tiermark::cli
