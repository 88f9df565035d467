// tiermark list: accounts by any of the boxes they sit in.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/filter_flags.h"
#include "clients/cli/options.h"
#include "clients/cli/paging.h"
#include "clients/cli/text.h"
#include "tiermark/v1/account_service.grpc.pb.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

google::type::Money LocalMrr(const v1::AccountFacts& facts) {
  for (const v1::PotentialMrr& mrr : facts.potential_mrr()) {
    if (mrr.country() == facts.country()) return mrr.amount();
  }
  return {};
}

// The score that the account's segment comes from.
std::string SegmentationScore(const v1::Account& account) {
  for (const v1::ModelScore& score : account.scores()) {
    if (score.segment() != 0) return absl::StrCat(score.score());
  }
  return "-";
}

}  // namespace

void AddListCommand(CLI::App* app, Session* session) {
  struct Options {
    FilterFlags filter;
    std::string order = "score";
    int limit = kDefaultLimit;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand("list", "List accounts");
  options->filter.AddTo(command);
  AddText(command, "--order", &options->order, "ORDER", "What comes first")
      ->check(OneOf<v1::AccountOrder>())
      ->capture_default_str();
  AddLimit(command, &options->limit);
  session->OnRun(command, [session, options](const Client& client) {
    v1::ListAccountsRequest request;
    *request.mutable_filter() = options->filter.Filter();
    request.set_order_by(EnumOf<v1::AccountOrder>(options->order));
    Table table({"ACCOUNT",
                 "COUNTRY",
                 "STAGE",
                 "SEGMENT",
                 {"SCORE", Align::kRight},
                 "ACTIVITY",
                 {"POTENTIAL MRR", Align::kRight},
                 "NAME"});
    absl::Status listed = ForEach(
        client, &v1::AccountService::Stub::ListAccounts, request, options->limit, *session,
        [](const v1::ListAccountsResponse& page) -> const auto& { return page.accounts(); },
        [&](const v1::Account& account) {
          if (session->json()) return session->PrintJson(account);
          std::string segment = OrDash(WordsOf(account.segment()));
          if (account.effective_segment() != account.segment()) {
            absl::StrAppend(&segment, " as ", WordsOf(account.effective_segment()));
          }
          table.Add({account.account_id(), OrDash(account.facts().country()),
                     WordsOf(account.lifecycle_stage()), segment, SegmentationScore(account),
                     WordsOf(account.activity().status()),
                     OrDash(TextOf(LocalMrr(account.facts()))), account.facts().display_name()});
        });
    if (listed.ok() && !session->json()) session->Print(table);
    return listed;
  });
}

}  // namespace tiermark::cli
