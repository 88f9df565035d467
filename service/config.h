// The server's configuration: flags, environment and a file, with one validator.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/log.h"

namespace tiermark {

// Every setting has one name: `--grpc-listen` as a flag, TIERMARK_GRPC_LISTEN in the environment,
// `grpc-listen = …` in the file. A flag wins over the environment, and that over the file.
struct Config {
  // sqlite:PATH.
  std::string store = "sqlite:tiermark.db";
  // HOST:PORT; port 0 picks a free one.
  std::string grpc_listen = "127.0.0.1:50051";
  // Listening beyond loopback lets whoever reaches the port read and write everything: there are
  // no keys yet, so it must be said.
  bool allow_unauthenticated_remote = false;
  // "auto" serves reflection on loopback only; "on", "off".
  std::string reflection = "auto";
  // "debug", "info", "warning", "error".
  std::string log_level = "info";
  // Connections that read the store, 1 to 64.
  int store_readers = 4;
  // Pages that the store keeps in memory, 8 to 4 096 MiB.
  int store_cache_mib = 64;
  // How long accepted calls are waited for when the server stops, 0 to 600.
  int drain_seconds = 10;
  // Fills the store with a demonstration portfolio before serving.
  bool demo = false;
};

// What the command line asks for.
struct CommandLine {
  enum class Action { kServe, kCheckConfig, kPrint };
  Action action = Action::kServe;
  Config config;
  // For kPrint: what goes to standard output (help, version).
  std::string text;
};

// Reads flags, environment and file and validates the outcome.
// INVALID_ARGUMENT: lists every fault, a line each.
absl::StatusOr<CommandLine> ReadCommandLine(int argc, const char* const* argv);

// OK, or INVALID_ARGUMENT with every fault, a line each.
absl::Status ValidateConfig(const Config& config);

// Whether HOST:PORT is an address of this machine's loopback.
bool IsLoopback(const std::string& listen);

LogLevel LogLevelOf(const Config& config);

// Whether reflection is served.
bool ServesReflection(const Config& config);

}  // namespace tiermark
