#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/completion.h"

namespace tiermark::cli {
namespace {

// What stands before and behind the cases that the tree gives. Bash breaks words at "=" and ":",
// which is why an option and its value may be three words.
constexpr char kHead[] =
    R"bash(# bash completion for tiermark, printed by `tiermark completion bash`.

# Of a command: its own commands, its options, and those of them that take a value.
_tiermark_command() {
  commands='' options='' values=''
  case "$1" in
)bash";

constexpr char kMiddle[] = R"bash(  esac
}

# What an option takes, or a command itself: words to choose from; "," before them where several
# go together; or "FILE".
_tiermark_choices() {
  case "$1" in
)bash";

constexpr char kTail[] = R"bash(  esac
}

_tiermark() {
  local cur=${COMP_WORDS[COMP_CWORD]} path=tiermark option='' word choices i
  local commands options values all_options
  _tiermark_command "$path"
  all_options=$options
  local all_values=$values
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == '=' ]]; then
      continue
    elif [[ -n $option && ${COMP_WORDS[i - 1]} != ':' && $word != ':' ]]; then
      option=''
    elif [[ " $all_values " == *" $word "* ]]; then
      option=$word
    elif [[ " $commands " == *" $word "* ]]; then
      path+=" $word"
      _tiermark_command "$path"
      all_options="$options $all_options"
      all_values="$values $all_values"
    fi
  done
  [[ $cur != '=' ]] || cur=''
  COMPREPLY=()
  if [[ -z $option && $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$all_options" -- "$cur")
    return
  fi
  if [[ -z $option && -n $commands ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
    return
  fi
  choices=$(_tiermark_choices "$path${option:+ $option}")
  # Options of the program stand behind each of its commands too.
  [[ -n $choices || -z $option ]] || choices=$(_tiermark_choices "tiermark $option")
  if [[ $choices == FILE ]]; then
    compopt -o filenames 2>/dev/null || true
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  elif [[ $choices == ,* ]]; then
    local before=''
    [[ $cur != *,* ]] || before=${cur%,*},
    mapfile -t COMPREPLY < <(compgen -P "$before" -W "${choices#,}" -- "${cur##*,}")
  else
    mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
  fi
}

complete -F _tiermark tiermark
)bash";

std::string ChoicesOf(const OptionNode& option) {
  if (option.is_file) return "FILE";
  if (option.choices.empty()) return "";
  return absl::StrCat(option.is_list ? "," : "", absl::StrJoin(option.choices, " "));
}

void AddCommands(const CommandNode& command, const std::string& path, std::string* commands,
                 std::string* choices) {
  std::vector<std::string> names, options, values;
  for (const CommandNode& below : command.commands) names.push_back(below.name);
  for (const OptionNode& option : command.options) {
    for (const std::string& flag : option.flags) {
      options.push_back(flag);
      if (!option.value.empty()) values.push_back(flag);
      const std::string taken = ChoicesOf(option);
      if (taken.empty()) continue;
      absl::StrAppend(choices, "    '", path, " ", flag, "') echo '", taken, "' ;;\n");
    }
  }
  // Several positionals of one command would need counting; none has choices beside others.
  for (const OptionNode& positional : command.positionals) {
    const std::string taken = ChoicesOf(positional);
    if (taken.empty()) continue;
    absl::StrAppend(choices, "    '", path, "') echo '", taken, "' ;;\n");
    break;
  }
  absl::StrAppend(commands, "    '", path, "')\n      commands='", absl::StrJoin(names, " "),
                  "'\n      options='", absl::StrJoin(options, " "), "'\n      values='",
                  absl::StrJoin(values, " "), "'\n      ;;\n");
  for (const CommandNode& below : command.commands) {
    AddCommands(below, absl::StrCat(path, " ", below.name), commands, choices);
  }
}

}  // namespace

std::string BashCompletion(const CommandNode& root) {
  std::string commands, choices;
  AddCommands(root, root.name, &commands, &choices);
  return absl::StrCat(kHead, commands, kMiddle, choices, kTail);
}

}  // namespace tiermark::cli
