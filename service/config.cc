#include "service/config.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "scoring/text.h"
#include "service/api_keys.h"
#include "service/tenants.h"
#include "storage/sqlite/sqlite_store.h"
#include <CLI/CLI.hpp>

namespace tiermark {
namespace {

constexpr char kVersion[] = TIERMARK_VERSION;
constexpr char kStoreFault[] = "store: must be sqlite:PATH";

struct Bound {
  const char* name;
  double value;
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
  app->add_option("--http-listen", config->http_listen,
                  "HOST:PORT for HTTP with JSON; port 0 picks one, off serves none");
  app->add_option("--tls-certificate", config->tls_certificate,
                  "PEM file: the server's certificate and those between it and the root");
  app->add_option("--tls-key", config->tls_key, "PEM file: its private key");
  app->add_option("--tls-client-ca", config->tls_client_ca,
                  "PEM file: what verifies clients' certificates");
  app->add_flag("--tls-require-client-certificate", config->tls_require_client_certificate,
                "Refuse clients without a certificate");
  app->add_flag("--require-keys", config->require_keys, "Ask for a key even while there is none");
  app->add_flag("--allow-insecure-remote", config->allow_insecure_remote,
                "Listen beyond loopback without TLS or without keys");
  app->add_option("--key-rate", config->key_rate,
                  "Calls a second that a key may make for long; 0 is any number");
  app->add_option("--tenant-rate", config->tenant_rate, "The same for a tenant's keys together");
  app->add_option("--cors-origins", config->cors_origins,
                  "Origins of web pages that may call, with commas between them")
      ->delimiter(',');
  app->add_option("--reflection", config->reflection, "auto (on loopback), on, off");
  app->add_option("--log-level", config->log_level, "debug, info, warning, error");
  app->add_option("--store-readers", config->store_readers, "Connections that read, 1 to 64");
  app->add_option("--store-cache-mib", config->store_cache_mib,
                  "Pages kept in memory, 8 to 4096 MiB");
  app->add_option("--drain-seconds", config->drain_seconds,
                  "Longest wait for accepted calls on stopping, 0 to 600");
  app->add_flag("--demo", config->demo, "Fill the store with a demonstration portfolio");
}

// The subcommand `key create`.
CLI::App* AddKeyCommand(CLI::App* app, KeyCommand* key) {
  CLI::App* keys =
      app->add_subcommand("key", "Work with API keys in the store, which nobody serves");
  keys->require_subcommand(1);
  keys->configurable(false);
  CLI::App* create = keys->add_subcommand("create", "Create a key and print its secret");
  // Settings may stand behind it, as people write them.
  keys->fallthrough();
  create->fallthrough();
  create->add_option("--tenant", key->tenant, "Whose key it is; created with its first key");
  create->add_option("--name", key->display_name, "Who or what will call with it")->required();
  create->add_option("--role", key->role, "viewer, scorer, administrator");
  create->add_option("--expire-days", key->expire_days, "Days until it is refused; 0 is never");
  create->add_option("--certificate-name", key->certificate_name,
                     "A client certificate of this name stands for the key, too");
  return create;
}

// The subcommands that work on the store's file, and what each asks for.
using StoreCommands = std::vector<std::pair<CLI::App*, CommandLine::Action>>;

StoreCommands AddStoreCommands(CLI::App* app, StoreCommand* store) {
  using Action = CommandLine::Action;
  StoreCommands commands;
  const auto add = [&](const char* name, const char* what, Action action) {
    CLI::App* command = app->add_subcommand(name, what);
    command->configurable(false);
    command->fallthrough();
    command->footer(
        "Exit codes: 0 done, and all is well; 1 the store or the backup is damaged; 64 the "
        "command\n"
        "line is wrong; 69 it could not be done; nothing was changed, unless it says so.");
    commands.emplace_back(command, action);
    return command;
  };
  add("check", "Look for damage in the store: every page, every row; changes nothing",
      Action::kCheckStore);
  add("backup", "Copy the store into a file and check that, while a server runs or not",
      Action::kBackUp)
      ->add_option("--to", store->file, "The file, which must not be there yet")
      ->required();
  CLI::App* restore =
      add("restore", "Check a backup and make it the store, which nobody serves", Action::kRestore);
  restore->add_option("--from", store->file, "The backup")->required();
  restore->add_flag("--replace", store->replace,
                    "Keep the store that is there under another name, which is printed");
  add("migrate", "Bring the store's schema up to date, as starting the server does",
      Action::kMigrate)
      ->add_flag("--dry-run", store->dry_run, "Only say what would be done");
  return commands;
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
    // What is empty is left to the file, as those who start containers leave variables.
    if (value != nullptr && *value != '\0') flags.push_back(absl::StrCat("--", name, "=", value));
  }
  return flags;
}

// The library would take what stands behind "--name=" for the value that is empty.
std::vector<std::string> WithEmptyValues(const char* const* begin, const char* const* end) {
  std::vector<std::string> arguments;
  for (; begin != end; ++begin) {
    absl::string_view argument = *begin;
    const bool empty = absl::StartsWith(argument, "--") && absl::ConsumeSuffix(&argument, "=") &&
                       !absl::StrContains(argument, '=');
    arguments.emplace_back(argument.data(), argument.size());
    if (empty) arguments.emplace_back();
  }
  return arguments;
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

absl::Status StatusOfFaults(const std::vector<std::string>& faults) {
  if (faults.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
}

bool SpeaksTls(const Config& config) { return !config.tls_certificate.empty(); }

void CheckListen(const char* name, const std::string& listen, const Config& config,
                 std::vector<std::string>* faults) {
  std::string host;
  int port = 0;
  if (!SplitAddress(listen, &host, &port)) {
    faults->push_back(absl::StrCat(name, ": must be HOST:PORT with a port of 0 to 65535"));
  } else if (!IsLoopback(listen) && !SpeaksTls(config) && !config.allow_insecure_remote) {
    faults->push_back(
        absl::StrCat(name,
                     ": is beyond loopback, where what is sent can be read on the way; give "
                     "tls-certificate and tls-key, or say allow-insecure-remote if that is meant"));
  }
}

void CheckTls(const Config& config, std::vector<std::string>* faults) {
  if (config.tls_certificate.empty() != config.tls_key.empty()) {
    faults->push_back(config.tls_key.empty() ? "tls-key: is missing beside tls-certificate"
                                             : "tls-certificate: is missing beside tls-key");
  }
  if (!config.tls_client_ca.empty() && !SpeaksTls(config)) {
    faults->push_back("tls-client-ca: needs tls-certificate and tls-key");
  }
  if (config.tls_require_client_certificate && config.tls_client_ca.empty()) {
    faults->push_back("tls-require-client-certificate: needs tls-client-ca");
  }
}

// "https://crm.example.com" or "http://localhost:3000", and nothing behind it.
bool IsOrigin(absl::string_view origin) {
  if (!absl::ConsumePrefix(&origin, "https://") && !absl::ConsumePrefix(&origin, "http://")) {
    return false;
  }
  return !origin.empty() && std::all_of(origin.begin(), origin.end(), [](unsigned char c) {
    return std::islower(c) || std::isdigit(c) || c == '.' || c == '-' || c == ':' || c == '[' ||
           c == ']';
  });
}

void CheckOrigins(const std::vector<std::string>& origins, std::vector<std::string>* faults) {
  for (const std::string& origin : origins) {
    if (IsOrigin(origin)) continue;
    faults->push_back(
        "cors-origins: each must be as browsers send it, such as https://crm.example.com");
    return;
  }
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

bool ServesHttp(const Config& config) { return config.http_listen != "off"; }

bool ServesReflection(const Config& config) {
  return config.reflection == "on" ||
         (config.reflection == "auto" && IsLoopback(config.grpc_listen));
}

absl::Status ValidateConfig(const Config& config) {
  std::vector<std::string> faults;
  if (!ParseSqliteStore(config.store).ok()) faults.push_back(kStoreFault);
  CheckListen("grpc-listen", config.grpc_listen, config, &faults);
  if (ServesHttp(config)) {
    CheckListen("http-listen", config.http_listen, config, &faults);
  }
  CheckTls(config, &faults);
  CheckOrigins(config.cors_origins, &faults);
  if (!IsOneOf(config.reflection, {"auto", "on", "off"})) {
    faults.push_back("reflection: must be auto, on or off");
  }
  if (!IsOneOf(config.log_level, {"debug", "info", "warning", "error"})) {
    faults.push_back("log-level: must be debug, info, warning or error");
  }
  constexpr int kRateMax = 1'000'000;
  for (const Bound& bound :
       {Bound{"store-readers", static_cast<double>(config.store_readers), 1, 64},
        Bound{"store-cache-mib", static_cast<double>(config.store_cache_mib), 8, 4'096},
        Bound{"drain-seconds", static_cast<double>(config.drain_seconds), 0, 600},
        Bound{"key-rate", config.key_rate, 0, kRateMax},
        Bound{"tenant-rate", config.tenant_rate, 0, kRateMax}}) {
    if (!(bound.value >= bound.min && bound.value <= bound.max)) {
      faults.push_back(absl::StrCat(bound.name, ": must be from ", bound.min, " to ", bound.max));
    }
  }
  return StatusOfFaults(faults);
}

absl::Status ValidateKeyCommand(const KeyCommand& key) {
  std::vector<std::string> faults;
  if (absl::Status named = ValidateTenantName(key.tenant); !named.ok()) {
    faults.push_back(absl::StrCat("tenant: ", named.message()));
  }
  // Both are written into messages, which cannot be read when they hold what is not UTF-8.
  const auto readable = [](const std::string& name) {
    return name.size() <= kKeyNameBytesMax && IsControlFree(name);
  };
  if (key.display_name.empty() || !readable(key.display_name)) {
    faults.push_back(absl::StrCat("name: must be 1 to ", kKeyNameBytesMax,
                                  " bytes of text without control characters"));
  }
  if (!readable(key.certificate_name)) {
    faults.push_back(absl::StrCat("certificate-name: must be at most ", kKeyNameBytesMax,
                                  " bytes of text without control characters"));
  }
  if (!IsOneOf(key.role, {"viewer", "scorer", "administrator"})) {
    faults.push_back("role: must be viewer, scorer or administrator");
  }
  constexpr int kDaysMax = 36'500;
  if (key.expire_days < 0 || key.expire_days > kDaysMax) {
    faults.push_back(absl::StrCat("expire-days: must be from 0 to ", kDaysMax));
  }
  return StatusOfFaults(faults);
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
  CLI::App* key_create = AddKeyCommand(&app, &command.key);
  const StoreCommands store_commands = AddStoreCommands(&app, &command.store);
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", absl::StrCat("tiermarkd ", kVersion));

  std::vector<std::string> arguments = EnvironmentAsFlags(app);
  for (std::string& argument : WithEmptyValues(argv + 1, argv + argc)) {
    arguments.push_back(std::move(argument));
  }
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
  if (key_create->parsed()) {
    command.action = CommandLine::Action::kCreateKey;
    if (absl::Status valid = ValidateKeyCommand(command.key); !valid.ok()) return valid;
    return command;
  }
  for (const auto& [asked, action] : store_commands) {
    if (!asked->parsed()) continue;
    command.action = action;
    // The other settings are a server's.
    if (ParseSqliteStore(command.config.store).ok()) return command;
    return absl::InvalidArgumentError(kStoreFault);
  }
  if (absl::Status valid = ValidateConfig(command.config); !valid.ok()) return valid;
  if (check_config) command.action = CommandLine::Action::kCheckConfig;
  return command;
}

}  // namespace tiermark
