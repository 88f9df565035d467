// tiermark: the command line, over gRPC.
#include <unistd.h>

#include <iostream>

#include "clients/cli/app.h"

int main(int argc, char** argv) {
  using tiermark::cli::Session;
  using tiermark::cli::TerminalOf;
  Session session({&std::cout, &std::cerr, TerminalOf(STDOUT_FILENO), TerminalOf(STDERR_FILENO)});
  return static_cast<int>(tiermark::cli::RunApp(argc, argv, &session));
}
