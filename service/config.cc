#include "service/config.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <sstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "storage/sqlite/sqlite_store.h"
#include <CLI/CLI.hpp>

namespace tiermark {
namespace {

constexpr char kVersion[] = TIERMARK_VERSION;

struct Bound {
  const char* name;
  int value;
  int min;
  int max;
};

// TIERMARK_GRPC_LISTEN for "grpc-listen".
std::string EnvironmentName(const std::string& setting) {
  std::string name = "TIERMARK_";
  for (const char c : setting) {
    name.push_back(c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  }
  return name;
}

void AddSettings(CLI::App* app, Config* config) {
  app->add_option("--store", config->store, "Where accounts are kept: sqlite:PATH");
  app->add_option("--grpc-listen", config->grpc_listen, "HOST:PORT for gRPC; port 0 picks one");
  app->add_flag("--allow-unauthenticated-remote", config->allow_unauthenticated_remote,
                "Listen beyond loopback although there are no keys");
  app->add_option("--reflection", config->reflection, "auto (on loopback), on, off");
  app->add_option("--log-level", config->log_level, "debug, info, warning, error");
  app->add_option("--store-readers", config->store_readers, "Connections that read, 1 to 64");
  app->add_option("--store-cache-mib", config->store_cache_mib,
                  "Pages kept in memory, 8 to 4096 MiB");
  app->add_option("--drain-seconds", config->drain_seconds,
                  "Longest wait for accepted calls on stopping, 0 to 600");
  app->add_flag("--demo", config->demo, "Fill the store with a demonstration portfolio");
}

// The library lets a file win over the environment. Flags made of the environment and put before
// the real ones, the last of which counts, give the order that people expect.
std::vector<std::string> EnvironmentAsFlags(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_single_name();
    // Of what is no setting (help, version, check-config) only the file's name may stand there:
    // images and scripts set such variables for purposes of their own.
    if (!option->get_configurable() && name != "config") continue;
    const char* value = std::getenv(EnvironmentName(name).c_str());
    if (value != nullptr) flags.push_back(absl::StrCat("--", name, "=", value));
  }
  return flags;
}

bool SplitAddress(const std::string& listen, std::string* host, int* port) {
  const size_t colon = listen.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  *host = listen.substr(0, colon);
  return absl::SimpleAtoi(listen.substr(colon + 1), port) && *port >= 0 && *port <= 65'535;
}

bool IsOneOf(const std::string& value, std::initializer_list<const char*> choices) {
  for (const char* choice : choices) {
    if (value == choice) return true;
  }
  return false;
}

}  // namespace

bool IsLoopback(const std::string& listen) {
  std::string host;
  int port = 0;
  if (!SplitAddress(listen, &host, &port)) return false;
  if (host == "localhost" || host == "[::1]") return true;
  // Only an address: a name may begin like one and be anybody's.
  in_addr address;
  constexpr uint32_t kLoopbackNetwork = 127;
  return inet_pton(AF_INET, host.c_str(), &address) == 1 &&
         ntohl(address.s_addr) >> 24 == kLoopbackNetwork;
}

LogLevel LogLevelOf(const Config& config) {
  if (config.log_level == "debug") return LogLevel::kDebug;
  if (config.log_level == "warning") return LogLevel::kWarning;
  if (config.log_level == "error") return LogLevel::kError;
  return LogLevel::kInfo;
}

bool ServesReflection(const Config& config) {
  return config.reflection == "on" ||
         (config.reflection == "auto" && IsLoopback(config.grpc_listen));
}

absl::Status ValidateConfig(const Config& config) {
  std::vector<std::string> faults;
  if (!ParseSqliteStore(config.store).ok()) faults.push_back("store: must be sqlite:PATH");
  std::string host;
  int port = 0;
  if (!SplitAddress(config.grpc_listen, &host, &port)) {
    faults.push_back("grpc-listen: must be HOST:PORT with a port of 0 to 65535");
  } else if (!IsLoopback(config.grpc_listen) && !config.allow_unauthenticated_remote) {
    faults.push_back(
        "grpc-listen: is beyond loopback, where anybody who reaches the port may read and write "
        "everything; say allow-unauthenticated-remote if that is meant");
  }
  if (!IsOneOf(config.reflection, {"auto", "on", "off"})) {
    faults.push_back("reflection: must be auto, on or off");
  }
  if (!IsOneOf(config.log_level, {"debug", "info", "warning", "error"})) {
    faults.push_back("log-level: must be debug, info, warning or error");
  }
  for (const Bound& bound : {Bound{"store-readers", config.store_readers, 1, 64},
                             Bound{"store-cache-mib", config.store_cache_mib, 8, 4'096},
                             Bound{"drain-seconds", config.drain_seconds, 0, 600}}) {
    if (bound.value < bound.min || bound.value > bound.max) {
      faults.push_back(absl::StrCat(bound.name, ": must be from ", bound.min, " to ", bound.max));
    }
  }
  if (faults.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
}

absl::StatusOr<CommandLine> ReadCommandLine(int argc, const char* const* argv) {
  CommandLine command;
  CLI::App app("Scores business accounts over gRPC.", "tiermarkd");
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.allow_config_extras(CLI::config_extras_mode::error);
  AddSettings(&app, &command.config);
  app.set_config("--config", "", "A file with the same settings: name = value");
  bool check_config = false;
  app.add_flag("--check-config", check_config, "Validate the configuration and exit")
      ->configurable(false);
  app.set_version_flag("--version", absl::StrCat("tiermarkd ", kVersion));

  std::vector<std::string> arguments = EnvironmentAsFlags(app);
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  // The library takes them last first.
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream faults;
    if (app.exit(error, out, faults) != 0) return absl::InvalidArgumentError(faults.str());
    command.action = CommandLine::Action::kPrint;
    command.text = out.str();
    return command;
  }
  if (absl::Status valid = ValidateConfig(command.config); !valid.ok()) return valid;
  if (check_config) command.action = CommandLine::Action::kCheckConfig;
  return command;
}

}  // namespace tiermark
