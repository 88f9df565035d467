// tiermark estimate: what the score can be while not all is known.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/commands.h"
#include "clients/cli/facts_flags.h"
#include "clients/cli/options.h"
#include "clients/cli/session.h"
#include "clients/cli/text.h"
#include "tiermark/v1/scoring_service.grpc.pb.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

void PrintEstimate(const v1::EstimateScoreResponse& answer, const Session& session) {
  Fields fields;
  fields.Add("Score", {absl::StrCat(answer.min_score(), " to ", answer.max_score()), Look::kTitle});
  if (answer.segment() != 0) {
    fields.Add("Segment",
               {absl::StrCat(WordsOf(answer.segment()), ", whatever is unknown"), Look::kTitle});
  } else {
    std::vector<std::string> bands;
    for (const v1::BandReference& band : answer.possible_bands()) {
      bands.push_back(band.display_name());
    }
    fields.Add(bands.size() == 1 ? "Band" : "One of", absl::StrJoin(bands, ", "));
  }
  fields.Add("Unknown", absl::StrJoin(answer.unknown_facts(), ", "));
  fields.Add("Model",
             absl::StrCat(answer.model().model_id(), " version ", answer.model().version()));
  session.Print(fields);
  Table criteria({"CRITERION", {"POINTS", Align::kRight}, "FACT"});
  for (const v1::CriterionEstimate& criterion : answer.criteria()) {
    const std::string least = absl::StrCat(criterion.min_points());
    criteria.Add({criterion.display_name(),
                  criterion.min_points() == criterion.max_points()
                      ? least
                      : absl::StrCat(least, " to ", criterion.max_points()),
                  absl::StrCat(criterion.fact(), criterion.known() ? "" : " (unknown)")});
  }
  session.out() << "\n";
  session.Print(criteria);
}

}  // namespace

void AddEstimateCommand(CLI::App* app, Session* session) {
  struct Options {
    std::string account_id;
    FactsFlags facts;
    std::string model_id;
    int model_version = 0;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand(
      "estimate", "Tell what the score can be while facts are unknown; keeps nothing");
  command->add_option(
      "ACCOUNT", options->account_id,
      "Id of an account whose known facts count; without one, the facts given alone");
  options->facts.AddTo(command);
  auto* model = AddText(command, "--model", &options->model_id, "MODEL",
                        "By this model instead of the segmentation model");
  command->add_option("--model-version", options->model_version, "Version of --model")
      ->type_name("N")
      ->needs(model);
  session->OnRun(command, [session, options](const Client& client) {
    v1::EstimateScoreRequest request;
    request.set_account_id(options->account_id);
    if (options->facts.given()) {
      google::protobuf::FieldMask mask;
      absl::Status read = options->facts.Read(request.mutable_facts(), &mask);
      if (!read.ok()) return read;
      if (!mask.paths().empty()) *request.mutable_update_mask() = mask;
    } else if (options->account_id.empty()) {
      return UsageError("neither an account nor facts are given");
    }
    request.set_model_id(options->model_id);
    request.set_model_version(options->model_version);
    const auto answer = client.Call(&v1::ScoringService::Stub::EstimateScore, request);
    if (!answer.ok()) return answer.status();
    if (session->json()) {
      session->PrintJson(*answer);
    } else {
      PrintEstimate(*answer, *session);
    }
    return absl::OkStatus();
  });
}

}  // namespace tiermark::cli
