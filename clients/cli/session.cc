#include "clients/cli/session.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/durations.h"
#include "clients/cli/errors.h"
#include "clients/cli/files.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

std::string CheckServer(const std::string& server) {
  if (absl::StartsWith(server, "unix:")) return "";
  const size_t colon = server.rfind(':');
  const bool port = colon != std::string::npos && colon > 0 && colon + 1 < server.size() &&
                    absl::string_view(server).substr(colon + 1).find_first_not_of("0123456789") ==
                        absl::string_view::npos;
  return port ? "" : absl::StrCat("must be HOST:PORT, and not ", server);
}

}  // namespace

void Session::AddOptions(CLI::App* app) {
  const std::string group = "Connection";
  app->add_option("--server", server_, "Where tiermarkd serves gRPC")
      ->type_name("HOST:PORT")
      ->envname("TIERMARK_SERVER")
      ->capture_default_str()
      ->check(CheckServer)
      ->group(group);
  app->add_option("--key-file", key_file_,
                  "File with the API key; without it the key is that of TIERMARK_KEY, if any")
      ->type_name("FILE")
      ->group(group);
  app->add_option("--ca-file", ca_file_,
                  "Certificates (PEM) of who vouches for the server; implies --tls")
      ->type_name("FILE")
      ->envname("TIERMARK_CA_FILE")
      ->group(group);
  auto* certificate =
      app->add_option("--certificate-file", certificate_file_,
                      "Our own certificate (PEM), which may stand for a key; implies --tls")
          ->type_name("FILE")
          ->envname("TIERMARK_CERTIFICATE_FILE")
          ->group(group);
  auto* key = app->add_option("--certificate-key-file", certificate_key_file_,
                              "The private key (PEM) of our own certificate")
                  ->type_name("FILE")
                  ->envname("TIERMARK_CERTIFICATE_KEY_FILE")
                  ->group(group);
  certificate->needs(key);
  key->needs(certificate);
  app->add_option("--server-name", server_name_,
                  "Name to be on the server's certificate, if it is not the host of --server")
      ->type_name("NAME")
      ->group(group);
  auto* tls = app->add_flag("--tls", tls_, "Speak TLS; the default but for this machine's own")
                  ->group(group);
  app->add_flag("--plaintext", plaintext_,
                "Speak no TLS: what is sent, the key too, can be read on the way")
      ->excludes(tls)
      ->group(group);
  app->add_option("--deadline", deadline_text_,
                  "How long a call may take, with its repetitions, such as 500ms, 30s or 2m")
      ->type_name("DURATION")
      ->check(CheckDuration)
      ->group(group);
  app->add_flag("--json", json_, "Print JSON for programs: one object, or one a line")
      ->group("Output");
}

void Session::OnRun(CLI::App* command, Action action, std::chrono::milliseconds deadline) {
  OnRunAlone(command, [this, action = std::move(action), deadline] {
    deadline_ = deadline;
    const auto options = client_options();
    if (!options.ok()) return options.status();
    const auto client = Client::Create(*options);
    if (!client.ok()) return client.status();
    return action(*client);
  });
}

void Session::OnRunAlone(CLI::App* command, std::function<absl::Status()> action) {
  command->callback([this, action = std::move(action)] { action_ = action; });
}

ExitCode Session::Run() {
  absl::Status status = action_();
  out().flush();
  if (status.ok() && !out()) status = absl::UnknownError("the output cannot be written");
  if (status.ok()) return exit_code_;
  if (json()) {
    PrintErrorAsJson(status, err());
  } else {
    PrintError(status, err_terminal(), err());
  }
  return ExitCodeOf(status);
}

void Session::PrintJson(const google::protobuf::Message& message) const {
  std::string text;
  // Fails only for a timestamp beyond all years, which no server sends.
  if (!google::protobuf::util::MessageToJsonString(message, &text).ok()) text = "null";
  out() << text << "\n";
}

void Session::Note(absl::string_view text) const {
  if (!json()) {
    err() << Clean(text) << "\n";
    return;
  }
  // A text of the server's may be anything.
  constexpr auto kReplace = nlohmann::json::error_handler_t::replace;
  err() << nlohmann::json{{"note", std::string(text)}}.dump(-1, ' ', /*ensure_ascii=*/false,
                                                            kReplace)
        << "\n";
}

absl::StatusOr<std::string> Session::ServerAndCaller() const {
  const auto options = client_options();
  if (!options.ok()) return options.status();
  std::string certificate;
  if (!certificate_file_.empty()) {
    auto read = ReadFileOrInput(certificate_file_);
    if (!read.ok()) return read.status();
    certificate = *std::move(read);
  }
  return absl::StrCat(options->target, "\n", options->api_key, "\n", certificate);
}

absl::StatusOr<ClientOptions> Session::client_options() const {
  ClientOptions options;
  options.target = server_;
  options.deadline = deadline_text_.empty() ? deadline_ : *ParseDuration(deadline_text_);
  if (!key_file_.empty()) {
    std::ifstream file(key_file_);
    options.api_key.assign(std::istreambuf_iterator<char>(file), {});
    if (!file) return absl::InvalidArgumentError(absl::StrCat("cannot read ", key_file_));
  } else if (const char* key = std::getenv("TIERMARK_KEY")) {
    options.api_key = key;
  }
  absl::StripAsciiWhitespace(&options.api_key);
  for (const char character : options.api_key) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(character))) {
      return absl::InvalidArgumentError(
          "the API key is not one: it has characters that no key has");
    }
  }
  if (!key_file_.empty() && options.api_key.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("there is no key in ", key_file_));
  }
  const bool asked = tls_ || !ca_file_.empty() || !certificate_file_.empty();
  options.plaintext = plaintext_;
  if (!plaintext_ && (asked || !IsOnThisMachine(server_))) {
    options.tls = TlsOptions{ca_file_, certificate_file_, certificate_key_file_, server_name_};
  }
  return options;
}

}  // namespace tiermark::cli
