// tiermark get: one account, whole.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/commands.h"
#include "clients/cli/dates.h"
#include "clients/cli/session.h"
#include "clients/cli/text.h"
#include "tiermark/v1/account_service.grpc.pb.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

void PrintAccount(const v1::Account& account, const Session& session) {
  const v1::AccountFacts& facts = account.facts();
  Fields fields;
  fields.Add("Account", account.account_id());
  fields.Add("Name", facts.display_name());
  fields.Add("Country", facts.country());
  fields.Add("Stage", WordsOf(account.lifecycle_stage()));
  fields.Add("Standing", WordsOf(account.standing()));
  fields.Add("Owner", facts.owner_id());
  fields.Add("Parent", facts.parent_id());
  fields.Add("Segment", account.segment() == 0 ? "never scored" : WordsOf(account.segment()));
  if (account.has_override()) {
    const v1::SegmentOverride& override = account.override();
    fields.Add("Treated as", absl::StrCat(WordsOf(override.segment()), ", says ", override.author(),
                                          ": ", override.reason()));
    fields.Add("  until", TextOf(override.expire_time()));
  }
  const v1::Activity& activity = account.activity();
  fields.Add("Activity", WordsOf(activity.status()));
  if (activity.has_next_change_date()) {
    fields.Add("  then", absl::StrCat(WordsOf(activity.next_status()), " from ",
                                      TextOf(activity.next_change_date())));
  }
  for (const std::string& advice : activity.advice()) fields.Add("  advice", advice);
  fields.Add("Risk", WordsOf(account.dimensions().risk_profile().level()));
  fields.Add("Created", TextOf(account.created_date()));
  fields.Add("Client since", TextOf(account.client_since_date()));
  fields.Add("Claimed until", TextOf(account.claimed_until()));
  for (const v1::DueReason& due : account.due()) {
    fields.Add("Due", absl::StrCat(WordsOf(due.reason()), " from ", TextOf(due.due_time()),
                                   ", overdue from ", TextOf(due.overdue_time())));
  }
  session.Print(fields);
  if (account.scores().empty()) return;
  Table scores({"MODEL",
                {"VERSION", Align::kRight},
                {"SCORE", Align::kRight},
                "BAND",
                "EVALUATED",
                "EVALUATION"});
  for (const v1::ModelScore& score : account.scores()) {
    scores.Add({score.model_id(), absl::StrCat(score.model_version()), absl::StrCat(score.score()),
                score.band().display_name(), TextOf(score.evaluate_time()), score.evaluation_id()});
  }
  session.out() << "\n";
  session.Print(scores);
}

}  // namespace

void AddGetCommand(CLI::App* app, Session* session) {
  struct Options {
    std::string account_id;
    std::string as_of;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand("get", "Show one account");
  command->add_option("ACCOUNT", options->account_id, "Id of the account")->required();
  command
      ->add_option("--as-of", options->as_of,
                   "Day that activity, standing and what is due are asked for")
      ->type_name("DATE")
      ->check(CheckDate);
  session->OnRun(command, [session, options](const Client& client) {
    v1::GetAccountRequest request;
    request.set_account_id(options->account_id);
    if (!options->as_of.empty()) *request.mutable_as_of_date() = *ParseDate(options->as_of);
    const auto answer = client.Call(&v1::AccountService::Stub::GetAccount, request);
    if (!answer.ok()) return answer.status();
    if (session->json()) {
      session->PrintJson(answer->account());
    } else {
      PrintAccount(answer->account(), *session);
    }
    return absl::OkStatus();
  });
}

}  // namespace tiermark::cli
