// tiermark watch: what happens to accounts, as it happens.
#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/commands.h"
#include "clients/cli/interrupt.h"
#include "clients/cli/options.h"
#include "clients/cli/read_within.h"
#include "clients/cli/session.h"
#include "clients/cli/text.h"
#include "tiermark/v1/account_service.grpc.pb.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

constexpr int kAttemptsMax = 6;
constexpr std::chrono::milliseconds kFirstPause{250};
constexpr std::chrono::seconds kHeartbeat{15};
// Behind three heartbeats that did not come, the way to the server is taken for broken.
constexpr std::chrono::seconds kSilenceMax = 3 * kHeartbeat;

std::string Told(const v1::AccountChange& change) {
  switch (change.change_case()) {
    case v1::AccountChange::kEvaluated: {
      const v1::EvaluatedChange& evaluated = change.evaluated();
      const std::string band =
          evaluated.segment() == 0 ? evaluated.band().display_name() : WordsOf(evaluated.segment());
      return absl::StrCat("evaluated: ", evaluated.score(), " ", band, ", ",
                          WordsOf(evaluated.movement()), " (", evaluated.model_id(), " ",
                          evaluated.model_version(), ", ", evaluated.evaluation_id(), ")");
    }
    case v1::AccountChange::kFacts:
      return absl::StrCat(change.facts().created() ? "created: " : "facts: ",
                          absl::StrJoin(change.facts().changed_facts(), ", "));
    case v1::AccountChange::kEvent:
      return absl::StrCat(
          change.event().detected() ? "detected: " : "event: ", WordsOf(change.event().type()),
          " on ", TextOf(change.event().event_date()), change.event().note().empty() ? "" : ", ",
          change.event().note());
    case v1::AccountChange::kTransactions:
      return absl::StrCat("transactions: ",
                          absl::StrJoin(change.transactions().transaction_ids(), ", "));
    case v1::AccountChange::kLifecycle:
      return absl::StrCat("lifecycle: ", WordsOf(change.lifecycle().stage()),
                          WordsOf(change.lifecycle().standing()), " from ",
                          TextOf(change.lifecycle().change_date()));
    case v1::AccountChange::kOverride:
      if (!change.override().has_override()) return "override: cleared";
      return absl::StrCat("override: ", WordsOf(change.override().override().segment()), ", says ",
                          change.override().override().author(), ": ",
                          change.override().override().reason());
    case v1::AccountChange::kDeleted:
      return "deleted";
    case v1::AccountChange::CHANGE_NOT_SET:
      break;
  }
  return "changed in a way that this program is too old to know";
}

// Whether a stream ended because the server did, or the way to it.
bool IsBreak(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsCancelled(status);
}

// One run of the command: streams one after the other, each going on behind the one before.
class Watch {
 public:
  Watch(const Client& client, const Session& session, std::string cursor, int limit)
      : client_(client), session_(session), cursor_(std::move(cursor)), limit_(limit) {}

  absl::Status Run() {
    const Interrupt interrupt([this] { Stop(); });
    absl::Status status;
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
      if (attempt > 0 && !Wait(kFirstPause * (1 << (attempt - 1)))) break;
      bool read = false;
      status = Stream(&read);
      if (over_) break;
      // Of a server that never answered there is nothing to go on from.
      if (!IsBreak(status) || (!read && cursor_.empty())) break;
      if (read) attempt = 0;
    }
    if (!cursor_.empty()) session_.Note(absl::StrCat("go on with --cursor ", cursor_));
    return over_ ? absl::OkStatus() : status;
  }

 private:
  void Stop() {
    const std::lock_guard lock(mutex_);
    over_ = true;
    if (context_ != nullptr) context_->TryCancel();
    wake_.notify_all();
  }

  // False when it was told to stop.
  bool Wait(std::chrono::milliseconds pause) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, pause, [this] { return over_.load(); });
    return !over_;
  }

  absl::Status Stream(bool* read) {
    grpc::ClientContext context;
    client_.Prepare(&context);
    {
      const std::lock_guard lock(mutex_);
      if (over_) return absl::OkStatus();
      context_ = &context;
    }
    v1::WatchAccountsRequest request;
    request.set_cursor(cursor_);
    request.mutable_heartbeat()->set_seconds(kHeartbeat.count());
    v1::AccountService::Stub stub(client_.channel());
    const auto stream = stub.WatchAccounts(&context, request);
    v1::WatchAccountsResponse message;
    bool late = false;
    while (!over_ && ReadWithin(kSilenceMax, stream.get(), &context, &message, &late)) {
      *read = true;
      if (!Print(message)) over_ = true;
      session_.out().flush();
    }
    if (over_) context.TryCancel();
    absl::Status status = Client::CallError(stream->Finish());
    if (late) status = absl::UnavailableError("the server fell silent");
    const std::lock_guard lock(mutex_);
    context_ = nullptr;
    return status;
  }

  // False behind the last change that is wanted.
  bool Print(const v1::WatchAccountsResponse& message) {
    for (const v1::AccountChange& change : message.changes()) {
      if (session_.json()) {
        session_.PrintJson(change);
      } else {
        session_.out() << TextOf(change.change_time()) << "  " << Clean(change.account_id()) << "  "
                       << Clean(Told(change)) << "\n";
      }
      cursor_ = change.cursor();
      if (limit_ != 0 && ++seen_ == limit_) return false;
    }
    cursor_ = message.cursor();
    return session_.out().good();
  }

  const Client& client_;
  const Session& session_;
  std::string cursor_;
  const int limit_;
  int seen_ = 0;
  std::atomic<bool> over_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  grpc::ClientContext* context_ = nullptr;
};

}  // namespace

void AddWatchCommand(CLI::App* app, Session* session) {
  struct Options {
    std::string cursor;
    int limit = 0;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app->add_subcommand("watch", "Print what happens to accounts, as it happens, until Ctrl-C");
  AddText(
      command, "--cursor", &options->cursor, "CURSOR",
      "Go on behind this cursor, which is on every change and printed at the end; default: now");
  AddLimit(command, &options->limit)->description("How many changes to wait for; 0: no end");
  session->OnRun(command, [session, options](const Client& client) {
    return Watch(client, *session, options->cursor, options->limit).Run();
  });
}

}  // namespace tiermark::cli
