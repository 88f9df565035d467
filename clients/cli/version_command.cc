// tiermark version
#include "clients/cli/commands.h"
#include "clients/cli/session.h"
#include "google/protobuf/struct.pb.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {

void AddVersionCommand(CLI::App* app, Session* session) {
  CLI::App* command = app->add_subcommand("version", "Print the version of this program");
  session->OnRunAlone(command, [session] {
    if (session->json()) {
      google::protobuf::Struct version;
      (*version.mutable_fields())["version"].set_string_value(TIERMARK_VERSION);
      session->PrintJson(version);
    } else {
      session->out() << "tiermark " << TIERMARK_VERSION << "\n";
    }
    return absl::OkStatus();
  });
}

}  // namespace tiermark::cli
