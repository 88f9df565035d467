// The whole command line as CLI11 has it: what is parsed, and what help, completions and the manual
// page are made from.
#pragma once

#include <memory>

#include "CLI/CLI.hpp"
#include "clients/cli/session.h"

namespace tiermark::cli {

// `session` outlives the App.
std::unique_ptr<CLI::App> MakeApp(Session* session);

// Reads the command line and does what it asks for; returns the exit code.
ExitCode RunApp(int argc, char** argv, Session* session);

}  // namespace tiermark::cli
