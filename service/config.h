// The server's configuration: flags, environment and a file, with one validator.
#pragma once

#include <string>
#include <vector>

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
  // HOST:PORT; port 0 picks a free one. "off": HTTP is not served.
  std::string http_listen = "127.0.0.1:8080";
  // PEM files. Both front ends speak TLS when they are given, and nothing else.
  std::string tls_certificate;
  std::string tls_key;
  // Certificates by which those of clients are verified. Empty: clients show none.
  std::string tls_client_ca;
  // Refuses clients without a certificate.
  bool tls_require_client_certificate = false;
  // Callers need a key even while there is none.
  bool require_keys = false;
  // Listening beyond loopback without TLS and keys, which must be said: what is sent can be read
  // on the way; and without keys whoever reaches the port may read and write everything.
  bool allow_insecure_remote = false;
  // RateLimitOptions; 0 to 1 000 000.
  double key_rate = 0;
  double tenant_rate = 0;
  // Origins of web pages that may call over HTTP, exactly as browsers send them.
  std::vector<std::string> cors_origins;
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

// `tiermarkd key create`: makes a key on the server's machine, for a tenant that is created with
// its first.
struct KeyCommand {
  std::string tenant = "default";
  std::string display_name;
  // "viewer", "scorer", "administrator".
  std::string role = "administrator";
  // 0: never.
  int expire_days = 0;
  // A client certificate of this name stands for the key. Empty: none does.
  std::string certificate_name;
};

// What `tiermarkd backup`, `restore` and `migrate` are told besides the settings.
struct StoreCommand {
  // Of a backup: the file to be made, or to be restored.
  std::string file;
  // Keeps the store that is there under another name.
  bool replace = false;
  // Only tells what would be done.
  bool dry_run = false;
};

// What the command line asks for.
struct CommandLine {
  enum class Action {
    kServe,
    kCheckConfig,
    kPrint,
    kCreateKey,
    kCheckStore,
    kBackUp,
    kRestore,
    kMigrate
  };
  Action action = Action::kServe;
  Config config;
  // For kCreateKey.
  KeyCommand key;
  // For the last four.
  StoreCommand store;
  // For kPrint: what goes to standard output (help, version).
  std::string text;
};

// Reads flags, environment and file and validates the outcome.
// INVALID_ARGUMENT: lists every fault, a line each.
absl::StatusOr<CommandLine> ReadCommandLine(int argc, const char* const* argv);

// OK, or INVALID_ARGUMENT with every fault, a line each.
absl::Status ValidateConfig(const Config& config);

// The same for a key to be created.
absl::Status ValidateKeyCommand(const KeyCommand& key);

// Whether HOST:PORT is an address of this machine's loopback.
bool IsLoopback(const std::string& listen);

LogLevel LogLevelOf(const Config& config);

// Whether HTTP is served.
bool ServesHttp(const Config& config);

// Whether reflection is served.
bool ServesReflection(const Config& config);

}  // namespace tiermark
