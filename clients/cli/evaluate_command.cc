// tiermark evaluate, and show for what was evaluated before.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/evaluation_text.h"
#include "clients/cli/facts_flags.h"
#include "clients/cli/options.h"
#include "clients/cli/session.h"
#include "clients/cli/text.h"
#include "tiermark/v1/scoring_service.grpc.pb.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

using Scoring = v1::ScoringService::Stub;

void PrintAction(const std::string& action, const v1::NextReevaluation* next,
                 const Session& session) {
  Fields fields;
  fields.Add("Do", action);
  if (next != nullptr) {
    fields.Add("Due next", absl::StrCat(TextOf(next->due_time()), ", ", WordsOf(next->reason())));
  }
  session.out() << "\n";
  session.Print(fields);
}

}  // namespace

void AddEvaluateCommand(CLI::App* app, Session* session) {
  struct Options {
    std::string account_id;
    FactsFlags facts;
    std::string model_id;
    int model_version = 0;
    std::string request_id;
    bool dry_run = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand(
      "evaluate",
      "Score an account by what is known of it and the facts given, and keep the result");
  command->add_option("ACCOUNT", options->account_id, "Id of the account")->required();
  options->facts.AddTo(command);
  auto* model = AddText(command, "--model", &options->model_id, "MODEL",
                        "Score by this model instead of the segmentation model");
  command->add_option("--model-version", options->model_version, "Version of --model")
      ->type_name("N")
      ->needs(model);
  AddText(command, "--request-id", &options->request_id, "ID",
          "Sent again within 24 hours with the same facts, gets the first answer again");
  command->add_flag("--dry-run", options->dry_run, "Keep nothing");
  session->OnRun(command, [session, options](const Client& client) {
    v1::EvaluateAccountRequest request;
    request.set_account_id(options->account_id);
    if (options->facts.given()) {
      google::protobuf::FieldMask mask;
      absl::Status read = options->facts.Read(request.mutable_facts(), &mask);
      if (!read.ok()) return read;
      if (!mask.paths().empty()) *request.mutable_update_mask() = mask;
    }
    request.set_model_id(options->model_id);
    request.set_model_version(options->model_version);
    request.set_request_id(options->request_id);
    request.set_validate_only(options->dry_run);
    const auto answer = client.Call(&Scoring::EvaluateAccount, request);
    if (!answer.ok()) return answer.status();
    if (session->json()) {
      session->PrintJson(*answer);
      return absl::OkStatus();
    }
    PrintEvaluation(answer->evaluation(), *session);
    PrintAction(answer->recommended_action(),
                answer->has_next_reevaluation() ? &answer->next_reevaluation() : nullptr, *session);
    return absl::OkStatus();
  });
}

void AddShowCommand(CLI::App* app, Session* session) {
  auto evaluation_id = std::make_shared<std::string>();
  CLI::App* command = app->add_subcommand("show", "Show a past evaluation, explained as it was");
  command->add_option("EVALUATION", *evaluation_id, "Id of the evaluation")->required();
  session->OnRun(command, [session, evaluation_id](const Client& client) {
    v1::GetEvaluationRequest request;
    request.set_evaluation_id(*evaluation_id);
    const auto answer = client.Call(&Scoring::GetEvaluation, request);
    if (!answer.ok()) return answer.status();
    if (session->json()) {
      session->PrintJson(*answer);
      return absl::OkStatus();
    }
    PrintEvaluation(answer->evaluation(), *session);
    PrintAction(answer->recommended_action(), nullptr, *session);
    return absl::OkStatus();
  });
}

}  // namespace tiermark::cli
