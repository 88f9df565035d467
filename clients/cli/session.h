// One run of the command line: how it reaches the server, where it prints, and how it ends.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/cli/exit_codes.h"
#include "clients/cli/table.h"
#include "clients/cli/terminal.h"
#include "google/protobuf/message.h"
#include "tiermark/client.h"

namespace CLI {
class App;
}  // namespace CLI

namespace tiermark::cli {

// Made by main(), and used by the commands; outlives the App that they are added to. Not
// thread-safe, but what `Client` is.
class Session {
 public:
  using Action = std::function<absl::Status(const Client&)>;

  // How the commands print; both streams outlive the session.
  struct Output {
    std::ostream* out;
    std::ostream* err;
    Terminal out_terminal;
    Terminal err_terminal;
  };
  explicit Session(Output output) : output_(output) {}

  // The options that all commands share.
  void AddOptions(CLI::App* app);

  // What `command` does, once the whole command line has been read. An error that it returns is
  // printed, and decides the exit code. `deadline` is that of its unary calls, if the caller gives
  // none.
  void OnRun(CLI::App* command, Action action,
             std::chrono::milliseconds deadline = ClientOptions().deadline);
  // The same for what needs no server.
  void OnRunAlone(CLI::App* command, std::function<absl::Status()> action);

  // Does what the command line asked for.
  ExitCode Run();

  // How the run ends, if no error says otherwise.
  void set_exit_code(ExitCode code) { exit_code_ = code; }

  // Whether programs read the output: then one message, or one message a line, as JSON.
  bool json() const { return json_; }
  std::ostream& out() const { return *output_.out; }
  std::ostream& err() const { return *output_.err; }
  const Terminal& terminal() const { return output_.out_terminal; }
  const Terminal& err_terminal() const { return output_.err_terminal; }

  // One line of JSON, with the field names that the HTTP endpoint has too.
  void PrintJson(const google::protobuf::Message& message) const;
  // Something beside the output that its reader may go by, on the error stream: a line of words, or
  // of JSON.
  void Note(absl::string_view text) const;
  void Print(const Table& table) const { table.Print(terminal(), out()); }
  void Print(const Fields& fields) const { fields.Print(terminal(), out()); }

  // As the options say. INVALID_ARGUMENT: they name a file that cannot be read.
  absl::StatusOr<ClientOptions> client_options() const;

  // What tells one server, and who is known to it, from another, for digests; the key is in it.
  // INVALID_ARGUMENT: a file cannot be read.
  absl::StatusOr<std::string> ServerAndCaller() const;

 private:
  Output output_;
  bool json_ = false;
  std::string server_ = ClientOptions().target;
  std::string key_file_;
  std::string ca_file_;
  std::string certificate_file_;
  std::string certificate_key_file_;
  std::string server_name_;
  bool tls_ = false;
  bool plaintext_ = false;
  std::string deadline_text_;
  std::chrono::milliseconds deadline_ = ClientOptions().deadline;
  std::function<absl::Status()> action_;
  ExitCode exit_code_ = ExitCode::kOk;
};

}  // namespace tiermark::cli
