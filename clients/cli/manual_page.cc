#include "clients/cli/manual_page.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "clients/cli/exit_codes.h"

namespace tiermark::cli {
namespace {

std::string Escaped(const std::string& text) {
  std::string escaped = absl::StrReplaceAll(text, {{"\\", "\\e"}, {"-", "\\-"}});
  // A line that begins with one of these would be a macro.
  if (absl::StartsWith(escaped, ".") || absl::StartsWith(escaped, "'")) return "\\&" + escaped;
  return escaped;
}

std::string Bold(const std::string& text) { return absl::StrCat("\\fB", Escaped(text), "\\fR"); }
std::string Italic(const std::string& text) { return absl::StrCat("\\fI", Escaped(text), "\\fR"); }

std::string SentenceOf(const std::string& text) {
  return absl::StrCat(Escaped(text), absl::EndsWith(text, ".") ? "" : ".");
}

void AddEntry(const std::string& tag, const std::string& text, std::string* page) {
  absl::StrAppend(page, ".TP\n", tag, "\n", text, "\n");
}

void AddOption(const OptionNode& option, std::string* page) {
  std::vector<std::string> flags;
  for (const std::string& flag : option.flags) flags.push_back(Bold(flag));
  std::string tag = absl::StrJoin(flags, ", ");
  if (option.flags.empty()) {
    tag = Italic(option.value);
  } else if (!option.value.empty()) {
    absl::StrAppend(&tag, " ", Italic(option.value));
  }
  std::string text = SentenceOf(option.description);
  if (!option.choices.empty()) {
    absl::StrAppend(&text, "\nOne of ", Escaped(absl::StrJoin(option.choices, ", ")), ".");
  }
  if (!option.default_value.empty()) {
    absl::StrAppend(&text, "\nDefault: ", Escaped(option.default_value), ".");
  }
  if (option.required && !option.flags.empty()) absl::StrAppend(&text, "\nRequired.");
  if (option.is_list) {
    absl::StrAppend(&text, "\nSeveral with commas between them.");
  } else if (option.repeats) {
    absl::StrAppend(&text, "\nMay be given several times.");
  }
  AddEntry(tag, text, page);
}

// "--help" alone says nothing that is not known.
bool IsHelp(const OptionNode& option) {
  return !option.flags.empty() && option.flags.back() == "--help";
}

void AddCommand(const CommandNode& command, const std::string& path, std::string* page) {
  if (!command.commands.empty()) {
    for (const CommandNode& below : command.commands) {
      AddCommand(below, absl::StrCat(path, " ", below.name), page);
    }
    return;
  }
  std::string usage = Bold(path);
  for (const OptionNode& positional : command.positionals) {
    absl::StrAppend(&usage, positional.required ? " " : " [", Italic(positional.value),
                    positional.repeats ? "..." : "", positional.required ? "" : "]");
  }
  absl::StrAppend(page, ".SS ", Escaped(absl::AsciiStrToUpper(path)), "\n", usage, "\n.PP\n",
                  SentenceOf(command.description), "\n");
  for (const OptionNode& positional : command.positionals) AddOption(positional, page);
  for (const OptionNode& option : command.options) {
    if (!IsHelp(option)) AddOption(option, page);
  }
}

void AddEnvironment(const CommandNode& root, std::string* page) {
  absl::StrAppend(page, ".SH ENVIRONMENT\n");
  AddEntry(Bold("TIERMARK_KEY"),
           Escaped("The API key, unless --key-file names a file with it. A key is never given on "
                   "the command line, which others on the machine can see."),
           page);
  for (const OptionNode& option : root.options) {
    if (option.environment.empty()) continue;
    AddEntry(Bold(option.environment), absl::StrCat("As ", Bold(option.flags.back()), "."), page);
  }
  AddEntry(Bold("NO_COLOR"), "If set, colours are not used, as they are not in files and pipes.",
           page);
}

constexpr char kExamples[] = R"(.SH EXAMPLES
Score an account, and see why:
.PP
.nf
.RS
tiermark evaluate crm\-0042 \-\-country CO \-\-mrr USD:60000 \e
    \-\-past\-due\-cases 120000 \-\-industry\-reference market\-leader \e
    \-\-countries CO,PE,EC
.RE
.fi
.PP
Ask who is due within a week, for a program:
.PP
.nf
.RS
tiermark due \-\-within 7d \-\-json
.RE
.fi
)";

}  // namespace

std::string ManualPage(const CommandNode& root, const std::string& version) {
  std::string page = absl::StrCat(
      ".\\\" Printed by the program itself, from its own options.\n.TH TIERMARK 1 \"\" \"tiermark ",
      version, "\" \"Tiermark\"\n.SH NAME\ntiermark \\- score business accounts\n.SH SYNOPSIS\n",
      Bold(root.name), " [", Italic("OPTIONS"), "] ", Italic("COMMAND"), " ...\n",
      ".SH DESCRIPTION\n", SentenceOf(root.description), "\n.PP\n",
      Escaped("Calls a server, tiermarkd, over gRPC. Output is for people, or with --json for "
              "programs. Errors go to standard error."),
      "\n.SH OPTIONS\nThese may stand before the command or behind it.\n");
  for (const OptionNode& option : root.options) AddOption(option, &page);
  absl::StrAppend(&page, ".SH COMMANDS\n");
  for (const CommandNode& command : root.commands) AddCommand(command, command.name, &page);
  absl::StrAppend(&page, ".SH \"EXIT STATUS\"\n");
  for (const auto& [code, meaning] : ExitCodes()) {
    AddEntry(Bold(absl::StrCat(static_cast<int>(code))), Escaped(meaning), &page);
  }
  AddEnvironment(root, &page);
  absl::StrAppend(&page, kExamples);
  return page;
}

}  // namespace tiermark::cli
