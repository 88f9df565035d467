#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "clients/cli/completion.h"

namespace tiermark::cli {
namespace {

// Within single quotes, in an explanation that ends at "]" or ":".
std::string Escaped(const std::string& text) {
  return absl::StrReplaceAll(
      text, {{"\\", "\\\\"}, {"'", "'\\''"}, {"[", "\\["}, {"]", "\\]"}, {":", "\\:"}});
}

std::string FunctionOf(const std::string& path) {
  return absl::StrCat("_", absl::StrReplaceAll(path, {{" ", "_"}}));
}

// ":message:action" of what an option or a positional takes.
std::string ValueOf(const OptionNode& option) {
  const std::string choices = absl::StrJoin(option.choices, " ");
  std::string action;
  if (option.is_file) {
    action = "_files";
  } else if (!choices.empty()) {
    action = option.is_list ? absl::StrCat("_sequence compadd - ", choices)
                            : absl::StrCat("(", choices, ")");
  }
  return absl::StrCat(":", Escaped(option.value), ":", action);
}

// Lines of an _arguments call, each ended by a backslash.
std::string OptionsOf(const CommandNode& command) {
  std::string lines;
  for (const OptionNode& option : command.options) {
    for (const std::string& flag : option.flags) {
      absl::StrAppend(&lines, "    '", option.repeats ? "*" : "", flag,
                      option.value.empty() ? "" : "=", "[", Escaped(option.description), "]",
                      option.value.empty() ? "" : ValueOf(option), "' \\\n");
    }
  }
  return lines;
}

void AddFunction(const CommandNode& command, const std::string& path, const std::string& shared,
                 std::string* to) {
  const std::string options = absl::StrCat(OptionsOf(command), shared);
  absl::StrAppend(to, "\n", FunctionOf(path), "() {\n");
  if (command.commands.empty()) {
    absl::StrAppend(to, "  _arguments -S \\\n", options);
    for (const OptionNode& positional : command.positionals) {
      absl::StrAppend(to, "    '",
                      positional.repeats    ? "*"
                      : positional.required ? ""
                                            : ":",
                      ValueOf(positional), "' \\\n");
    }
    absl::StrAppend(to, "    && return\n}\n");
    return;
  }
  absl::StrAppend(to, "  local context state state_descr line\n  typeset -A opt_args\n",
                  "  _arguments -S -C \\\n", options,
                  "    '1: :->command' \\\n    '*:: :->arguments' \\\n    && return\n",
                  "  case $state in\n    command)\n      local -a commands=(\n");
  for (const CommandNode& below : command.commands) {
    absl::StrAppend(to, "        '", below.name, ":", Escaped(below.description), "'\n");
  }
  absl::StrAppend(to, "      )\n      _describe command commands\n      ;;\n    arguments)\n",
                  "      case $line[1] in\n");
  for (const CommandNode& below : command.commands) {
    absl::StrAppend(to, "        ", below.name, ") ",
                    FunctionOf(absl::StrCat(path, " ", below.name)), " ;;\n");
  }
  absl::StrAppend(to, "      esac\n      ;;\n  esac\n}\n");
  // --help is each command's own.
  CommandNode inherited = command;
  std::erase_if(inherited.options,
                [](const OptionNode& option) { return option.flags.back() == "--help"; });
  for (const CommandNode& below : command.commands) {
    AddFunction(below, absl::StrCat(path, " ", below.name),
                absl::StrCat(OptionsOf(inherited), shared), to);
  }
}

}  // namespace

std::string ZshCompletion(const CommandNode& root) {
  std::string script = absl::StrCat("#compdef ", root.name, "\n# zsh completion for ", root.name,
                                    ", printed by `", root.name, " completion zsh`.\n");
  AddFunction(root, root.name, "", &script);
  const std::string function = FunctionOf(root.name);
  absl::StrAppend(&script, "\n# Called where $fpath led here, declared where it was sourced.\n",
                  "if [[ $funcstack[1] == ", function, " ]]; then\n  ", function,
                  " \"$@\"\nelse\n  compdef ", function, " ", root.name, "\nfi\n");
  return script;
}

}  // namespace tiermark::cli
