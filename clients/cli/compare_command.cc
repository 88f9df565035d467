// tiermark compare and replay: why two evaluations differ, and whether one comes out the same
// again.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/commands.h"
#include "clients/cli/evaluation_text.h"
#include "clients/cli/session.h"
#include "clients/cli/text.h"
#include "tiermark/v1/scoring_service.grpc.pb.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

using Scoring = v1::ScoringService::Stub;

void PrintComparison(const v1::CompareEvaluationsResponse& answer, const Session& session) {
  Fields fields;
  const auto told = [](const v1::Evaluation& evaluation) {
    return absl::StrCat(HundredthsOf(evaluation.exact_score()), " ", SegmentOf(evaluation), ", ",
                        TextOf(evaluation.evaluate_time()), ", model version ",
                        evaluation.model().version());
  };
  fields.Add("Account", answer.to().account_id());
  fields.Add("From", told(answer.from()));
  fields.Add("To", told(answer.to()));
  fields.Add("Difference", {SignedHundredthsOf(answer.exact_difference()), Look::kTitle});
  if (answer.override_differs()) {
    fields.Add("Override", "moved the segment, and not the score");
  }
  session.Print(fields);
  if (answer.parts().empty()) return;
  Table parts({"CAUSE", {"MOVES", Align::kRight}, "FACTS", "CRITERIA"});
  for (const v1::ScorePart& part : answer.parts()) {
    std::vector<std::string> criteria;
    for (const v1::CriterionDifference& criterion : part.criteria()) {
      criteria.push_back(absl::StrCat(criterion.criterion_id(), " ",
                                      HundredthsOf(criterion.from_contribution()), " to ",
                                      HundredthsOf(criterion.to_contribution())));
    }
    parts.Add({WordsOf(part.cause()), SignedHundredthsOf(part.hundredths()),
               OrDash(absl::StrJoin(part.facts(), ", ")), absl::StrJoin(criteria, ", ")});
  }
  session.out() << "\n";
  session.Print(parts);
}

}  // namespace

void AddCompareCommand(CLI::App* app, Session* session) {
  struct Options {
    std::string from;
    std::string to;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app->add_subcommand("compare", "Say why two evaluations of an account differ");
  command->add_option("FROM", options->from, "Id of the earlier evaluation")->required();
  command->add_option("TO", options->to, "Id of the later evaluation")->required();
  session->OnRun(command, [session, options](const Client& client) {
    v1::CompareEvaluationsRequest request;
    request.set_from_evaluation_id(options->from);
    request.set_to_evaluation_id(options->to);
    const auto answer = client.Call(&Scoring::CompareEvaluations, request);
    if (!answer.ok()) return answer.status();
    if (session->json()) {
      session->PrintJson(*answer);
    } else {
      PrintComparison(*answer, *session);
    }
    return absl::OkStatus();
  });
}

void AddReplayCommand(CLI::App* app, Session* session) {
  auto evaluation_id = std::make_shared<std::string>();
  CLI::App* command = app->add_subcommand(
      "replay", "Compute an evaluation anew from its own facts, and say whether it is identical");
  command->add_option("EVALUATION", *evaluation_id, "Id of the evaluation")->required();
  session->OnRun(command, [session, evaluation_id](const Client& client) {
    v1::ReplayEvaluationRequest request;
    request.set_evaluation_id(*evaluation_id);
    const auto answer = client.Call(&Scoring::ReplayEvaluation, request);
    if (!answer.ok()) return answer.status();
    if (!answer->identical()) session->set_exit_code(ExitCode::kDifferent);
    if (session->json()) {
      session->PrintJson(*answer);
      return absl::OkStatus();
    }
    if (answer->identical()) {
      session->out() << "identical: " << HundredthsOf(answer->replayed().exact_score()) << " "
                     << Clean(SegmentOf(answer->replayed())) << "\n";
      return absl::OkStatus();
    }
    Table differences({"FIELD", "STORED", "REPLAYED"});
    for (const v1::ReplayDifference& difference : answer->differences()) {
      differences.Add({difference.field(), difference.stored(), difference.replayed()});
    }
    session->Print(differences);
    return absl::OkStatus();
  });
}

}  // namespace tiermark::cli
