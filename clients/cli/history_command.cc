// tiermark history: an account's evaluations, and a chart of its scores.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cli/chart.h"
#include "clients/cli/commands.h"
#include "clients/cli/dates.h"
#include "clients/cli/evaluation_text.h"
#include "clients/cli/options.h"
#include "clients/cli/paging.h"
#include "clients/cli/text.h"
#include "tiermark/v1/model_service.grpc.pb.h"
#include "tiermark/v1/scoring_service.grpc.pb.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

constexpr int kColumnsInFiles = 80;
constexpr int kColumnsMax = 120;

// By the version that is active now; none where none is.
std::vector<ChartBand> BandsOf(const Client& client, const std::string& model_id) {
  v1::GetModelRequest request;
  request.set_model_id(model_id);
  const auto answer = client.Call(&v1::ModelService::Stub::GetModel, request);
  std::vector<ChartBand> bands;
  if (!answer.ok()) return bands;
  for (const v1::Band& band : answer->model().bands()) {
    bands.push_back({band.min_score(), Clean(band.display_name())});
  }
  return bands;
}

void PrintChart(const Client& client, const std::string& model_id,
                const std::vector<ChartPoint>& points, const Session& session) {
  ChartOptions options;
  options.columns = session.terminal().columns > 0
                        ? std::min(session.terminal().columns, kColumnsMax)
                        : kColumnsInFiles;
  options.unicode = session.terminal().unicode;
  session.out() << "\n" << session.terminal().Paint(Clean(model_id), Look::kTitle) << "\n";
  for (const std::string& line : DrawChart(points, BandsOf(client, model_id), options)) {
    session.out() << line << "\n";
  }
}

}  // namespace

void AddHistoryCommand(CLI::App* app, Session* session) {
  struct Options {
    std::string account_id;
    std::string model_id;
    std::string from;
    std::string to;
    int limit = kDefaultLimit;
    bool no_chart = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand(
      "history", "List an account's evaluations, newest first, and chart its scores over time");
  command->add_option("ACCOUNT", options->account_id, "Id of the account")->required();
  AddText(command, "--model", &options->model_id, "MODEL", "Only by this model");
  AddText(command, "--from", &options->from, "TIME", "Only from then on")->check(CheckTime);
  AddText(command, "--to", &options->to, "TIME", "Only before then")->check(CheckTime);
  AddLimit(command, &options->limit);
  command->add_flag("--no-chart", options->no_chart, "Only the list");
  session->OnRun(command, [session, options](const Client& client) {
    v1::ListEvaluationsRequest request;
    request.set_account_id(options->account_id);
    request.set_model_id(options->model_id);
    if (!options->from.empty()) *request.mutable_start_time() = *ParseTime(options->from);
    if (!options->to.empty()) *request.mutable_end_time() = *ParseTime(options->to);
    Table table({"EVALUATED",
                 "MODEL",
                 {"VERSION", Align::kRight},
                 {"SCORE", Align::kRight},
                 "SEGMENT",
                 "MOVEMENT",
                 "EVALUATION"});
    std::map<std::string, std::vector<ChartPoint>> charts;
    absl::Status listed = ForEach(
        client, &v1::ScoringService::Stub::ListEvaluations, request, options->limit, *session,
        [](const v1::ListEvaluationsResponse& page) -> const auto& { return page.evaluations(); },
        [&](const v1::Evaluation& evaluation) {
          if (session->json()) return session->PrintJson(evaluation);
          table.Add({TextOf(evaluation.evaluate_time()), evaluation.model().model_id(),
                     absl::StrCat(evaluation.model().version()), absl::StrCat(evaluation.score()),
                     SegmentOf(evaluation), MovementCell(evaluation.movement()),
                     evaluation.evaluation_id()});
          charts[evaluation.model().model_id()].push_back(
              {evaluation.evaluate_time().seconds(), evaluation.score()});
        });
    if (!listed.ok() || session->json()) return listed;
    session->Print(table);
    if (options->no_chart) return absl::OkStatus();
    for (auto& [model_id, points] : charts) {
      std::reverse(points.begin(), points.end());
      PrintChart(client, model_id, points, *session);
    }
    return absl::OkStatus();
  });
}

}  // namespace tiermark::cli
