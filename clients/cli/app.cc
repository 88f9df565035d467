#include "clients/cli/app.h"

#include <algorithm>

#include "absl/strings/string_view.h"
#include "clients/cli/commands.h"
#include "clients/cli/errors.h"
#include "clients/cli/options.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {

std::unique_ptr<CLI::App> MakeApp(Session* session) {
  auto app = std::make_unique<CLI::App>(
      "Scores business accounts, and says what to do about them and when to look again.",
      "tiermark");
  app->get_formatter()->column_width(34);
  // So that the shared options can stand behind the command too.
  app->fallthrough();
  app->require_subcommand(1);
  session->AddOptions(app.get());
  // In the order in which help lists them.
  AddEvaluateCommand(app.get(), session);
  AddEstimateCommand(app.get(), session);
  AddGetCommand(app.get(), session);
  AddListCommand(app.get(), session);
  AddDueCommand(app.get(), session);
  AddClaimCommand(app.get(), session);
  AddReleaseCommand(app.get(), session);
  AddPlaybookCommand(app.get(), session);
  AddHistoryCommand(app.get(), session);
  AddShowCommand(app.get(), session);
  AddCompareCommand(app.get(), session);
  AddReplayCommand(app.get(), session);
  AddMovementsCommand(app.get(), session);
  AddSummaryCommand(app.get(), session);
  AddWatchCommand(app.get(), session);
  AddModelCommand(app.get(), session);
  AddImportCommand(app.get(), session);
  AddExportCommand(app.get(), session);
  AddKeyCommand(app.get(), session);
  AddCompletionCommand(app.get(), session);
  AddVersionCommand(app.get(), session);
  return app;
}

ExitCode RunApp(int argc, char** argv, Session* session) {
  const auto app = MakeApp(session);
  try {
    app->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked_for_help = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success);
    if (!asked_for_help &&
        std::any_of(argv, argv + argc, [](absl::string_view word) { return word == "--json"; })) {
      PrintErrorAsJson(UsageError(error.what()), session->err());
      return ExitCode::kUsage;
    }
    // Zero for --help, which is printed as an error is.
    return app->exit(error, session->out(), session->err()) == 0 ? ExitCode::kOk : ExitCode::kUsage;
  }
  return session->Run();
}

}  // namespace tiermark::cli
