// tiermark playbook: how to engage with a segment, or with an account.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/options.h"
#include "clients/cli/session.h"
#include "clients/cli/text.h"
#include "tiermark/v1/scoring_service.grpc.pb.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

using Scoring = v1::ScoringService::Stub;

void AddPlaybook(const v1::Playbook& playbook, Fields* fields) {
  fields->Add("Segment", {WordsOf(playbook.segment()), Look::kTitle});
  fields->Add("Version", absl::StrCat(playbook.version()));
  fields->Add("Owner", playbook.relationship_owner());
  fields->Add("Meetings", playbook.meeting_cadence());
  fields->Add("Approach", playbook.commercial_approach());
  fields->Add("Expansion", playbook.expansion_strategy());
  fields->Add("Support", playbook.support_model());
  fields->Add("Resources", playbook.resource_allocation());
  fields->Add("Prospects", playbook.prospect_action());
  fields->Add("Clients", playbook.client_action());
}

absl::Status PrintAll(const Client& client, const Session& session) {
  const auto answer =
      client.Call(&Scoring::ListSegmentPlaybooks, v1::ListSegmentPlaybooksRequest());
  if (!answer.ok()) return answer.status();
  bool first = true;
  for (const v1::Playbook& playbook : answer->playbooks()) {
    if (session.json()) {
      session.PrintJson(playbook);
      continue;
    }
    if (!first) session.out() << "\n";
    first = false;
    Fields fields;
    AddPlaybook(playbook, &fields);
    session.Print(fields);
  }
  return absl::OkStatus();
}

}  // namespace

void AddPlaybookCommand(CLI::App* app, Session* session) {
  struct Options {
    std::string segment;
    std::string account_id;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand(
      "playbook", "Show how to engage with a segment or an account; with neither, all four");
  auto* segment = command->add_option("SEGMENT", options->segment, "The segment")
                      ->type_name("")
                      ->check(OneOf<v1::Segment>());
  AddText(command, "--account", &options->account_id, "ACCOUNT",
          "The playbook that holds for this account, and what to do next")
      ->excludes(segment);
  session->OnRun(command, [session, options](const Client& client) {
    v1::GetSegmentPlaybookRequest request;
    if (!options->account_id.empty()) {
      request.set_account_id(options->account_id);
    } else if (!options->segment.empty()) {
      request.set_segment(EnumOf<v1::Segment>(options->segment));
    } else {
      return PrintAll(client, *session);
    }
    const auto answer = client.Call(&Scoring::GetSegmentPlaybook, request);
    if (!answer.ok()) return answer.status();
    if (session->json()) {
      session->PrintJson(*answer);
      return absl::OkStatus();
    }
    Fields fields;
    AddPlaybook(answer->playbook(), &fields);
    fields.Add("Do", {answer->recommended_action(), Look::kTitle});
    for (const std::string& advice : answer->advice()) fields.Add("Advice", advice);
    session->Print(fields);
    return absl::OkStatus();
  });
}

}  // namespace tiermark::cli
