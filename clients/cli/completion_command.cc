// tiermark completion; and manual, which the build calls.
#include <memory>
#include <string>

#include "clients/cli/commands.h"
#include "clients/cli/completion.h"
#include "clients/cli/manual_page.h"
#include "clients/cli/options.h"
#include "clients/cli/session.h"
#include "clients/cli/tree.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {

void AddCompletionCommand(CLI::App* app, Session* session) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command =
      app->add_subcommand("completion", "Print the script by which a shell completes commands");
  command->add_option("SHELL", *shell, "The shell")
      ->type_name("")
      ->check(OneOf({"bash", "zsh"}))
      ->required();
  session->OnRunAlone(command, [app, session, shell] {
    const CommandNode root = TreeOf(*app);
    session->out() << (*shell == "bash" ? BashCompletion(root) : ZshCompletion(root));
    return absl::OkStatus();
  });

  CLI::App* manual = app->add_subcommand("manual", "Print the manual page");
  manual->group("");
  session->OnRunAlone(manual, [app, session] {
    session->out() << ManualPage(TreeOf(*app), TIERMARK_VERSION);
    return absl::OkStatus();
  });
}

}  // namespace tiermark::cli
