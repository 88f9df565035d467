// tiermark due, claim and release: who has to be looked at again, and who does it.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/commands.h"
#include "clients/cli/dates.h"
#include "clients/cli/durations.h"
#include "clients/cli/filter_flags.h"
#include "clients/cli/options.h"
#include "clients/cli/paging.h"
#include "clients/cli/text.h"
#include "google/protobuf/duration.pb.h"
#include "tiermark/v1/scoring_service.grpc.pb.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

using Scoring = v1::ScoringService::Stub;

// What lists and claims of due accounts have in common.
struct DueFlags {
  std::vector<std::string> reasons;
  std::vector<std::string> segments;
  std::vector<std::string> owners;
  std::vector<std::string> countries;

  void AddTo(CLI::App* app) {
    AddList(app, "--reason", &reasons, "REASONS", "Due for one of these reasons")
        ->check(OneOf<v1::ReevaluationReason>());
    AddList(app, "--segment", &segments, "SEGMENTS", "In one of these segments; none: never scored")
        ->check(OneOf(SegmentChoices()));
    AddList(app, "--owner", &owners, "IDS", "Of one of these owners");
    AddList(app, "--country", &countries, "CODES", "In one of these countries");
  }

  template <class Request>
  void Fill(Request* request) const {
    for (const std::string& reason : reasons) {
      request->add_reasons(EnumOf<v1::ReevaluationReason>(reason));
    }
    for (const std::string& segment : segments) request->add_segments(SegmentOfChoice(segment));
    *request->mutable_owner_ids() = {owners.begin(), owners.end()};
    *request->mutable_countries() = {countries.begin(), countries.end()};
  }
};

google::protobuf::Duration DurationOf(const std::string& text) {
  const auto milliseconds = ParseDuration(text)->count();
  google::protobuf::Duration duration;
  duration.set_seconds(milliseconds / 1'000);
  duration.set_nanos(static_cast<int>(milliseconds % 1'000) * 1'000'000);
  return duration;
}

Table DueTable() {
  return Table({"ACCOUNT",
                "REASONS",
                "DUE",
                {"OVERDUE", Align::kRight},
                "SEGMENT",
                {"SCORE", Align::kRight},
                "CLAIMED BY",
                "NAME"});
}

void AddDue(const v1::DueAccount& due, Table* table) {
  std::vector<std::string> reasons;
  for (const v1::DueReason& reason : due.due()) reasons.push_back(WordsOf(reason.reason()));
  const std::string days = due.overdue_days() == 0 ? "-" : absl::StrCat(due.overdue_days(), " d");
  table->Add({due.account_id(),
              absl::StrJoin(reasons, ", "),
              TextOf(due.due_time()),
              {days, due.overdue_days() > 0 ? Look::kBad : Look::kPlain},
              OrDash(WordsOf(due.segment())),
              due.has_score() ? absl::StrCat(due.score()) : "-",
              OrDash(due.worker_id()),
              due.display_name()});
}

}  // namespace

void AddDueCommand(CLI::App* app, Session* session) {
  struct Options {
    DueFlags due;
    std::string as_of;
    std::string within;
    int limit = kDefaultLimit;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app->add_subcommand("due", "List the accounts due for re-evaluation, most urgent first");
  options->due.AddTo(command);
  AddText(command, "--as-of", &options->as_of, "TIME", "Due as of then; default: now")
      ->check(CheckTime);
  AddText(command, "--within", &options->within, "DURATION",
          "Also who comes due within this time, such as 7d")
      ->check(CheckDuration);
  AddLimit(command, &options->limit);
  session->OnRun(command, [session, options](const Client& client) {
    v1::ListReevaluationDueRequest request;
    options->due.Fill(&request);
    if (!options->as_of.empty()) *request.mutable_as_of_time() = *ParseTime(options->as_of);
    if (!options->within.empty()) *request.mutable_horizon() = DurationOf(options->within);
    Table table = DueTable();
    absl::Status listed = ForEach(
        client, &Scoring::ListReevaluationDue, request, options->limit, *session,
        [](const v1::ListReevaluationDueResponse& page) -> const auto& {
          return page.due_accounts();
        },
        [&](const v1::DueAccount& due) {
          if (session->json()) return session->PrintJson(due);
          AddDue(due, &table);
        });
    if (listed.ok() && !session->json()) session->Print(table);
    return listed;
  });
}

void AddClaimCommand(CLI::App* app, Session* session) {
  struct Options {
    DueFlags due;
    std::string worker;
    std::string lease;
    int max = kDefaultLimit;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand(
      "claim", "Take the most urgent accounts that are due, so that nobody else takes them");
  AddText(command, "--worker", &options->worker, "NAME", "Who takes them; no two have one name")
      ->required();
  AddText(command, "--lease", &options->lease, "DURATION", "How long they are held; default: 10m")
      ->check(CheckDuration);
  command->add_option("--max", options->max, "How many at most, up to 500")
      ->type_name("N")
      ->check(CLI::Range(1, 500).description(""))
      ->capture_default_str();
  options->due.AddTo(command);
  session->OnRun(command, [session, options](const Client& client) {
    v1::ClaimReevaluationsRequest request;
    request.set_worker_id(options->worker);
    request.set_max_accounts(options->max);
    if (!options->lease.empty()) *request.mutable_lease() = DurationOf(options->lease);
    options->due.Fill(&request);
    const auto answer = client.Call(&Scoring::ClaimReevaluations, request);
    if (!answer.ok()) return answer.status();
    Table table = DueTable();
    for (const v1::DueAccount& due : answer->due_accounts()) {
      if (session->json()) {
        session->PrintJson(due);
      } else {
        AddDue(due, &table);
      }
    }
    if (!session->json()) session->Print(table);
    return absl::OkStatus();
  });
}

void AddReleaseCommand(CLI::App* app, Session* session) {
  struct Options {
    std::string worker;
    std::vector<std::string> account_ids;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand("release", "Give back accounts that were claimed");
  AddText(command, "--worker", &options->worker, "NAME", "Who holds them")->required();
  command->add_option("ACCOUNTS", options->account_ids, "Ids of the accounts")->required();
  session->OnRun(command, [session, options](const Client& client) {
    v1::ReleaseReevaluationsRequest request;
    request.set_worker_id(options->worker);
    *request.mutable_account_ids() = {options->account_ids.begin(), options->account_ids.end()};
    const auto answer = client.Call(&Scoring::ReleaseReevaluations, request);
    if (!answer.ok()) return answer.status();
    if (session->json()) {
      session->PrintJson(*answer);
      return absl::OkStatus();
    }
    session->out() << "released " << answer->released_account_ids_size() << " of "
                   << request.account_ids_size() << "\n";
    for (const std::string& id : answer->released_account_ids()) {
      session->out() << Clean(id) << "\n";
    }
    return absl::OkStatus();
  });
}

}  // namespace tiermark::cli
