// The commands and options of the App as plain values. Completions and the manual page are made
// from them, so that neither can fall behind what is parsed.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace tiermark::cli {

struct OptionNode {
  // "--segment"; none of a positional.
  std::vector<std::string> flags;
  // "SEGMENTS", what its value is called; of a positional its name. Empty: it takes none.
  std::string value;
  std::vector<std::string> choices;
  bool is_file = false;
  // Takes several values with commas between them.
  bool is_list = false;
  // May be given, or may stand, several times.
  bool repeats = false;
  bool required = false;
  std::string description;
  std::string group;
  std::string default_value;
  std::string environment;
};

struct CommandNode {
  std::string name;
  std::string description;
  std::vector<OptionNode> options;
  std::vector<OptionNode> positionals;
  std::vector<CommandNode> commands;
};

// What is hidden from help is left out.
CommandNode TreeOf(const CLI::App& app);

}  // namespace tiermark::cli
