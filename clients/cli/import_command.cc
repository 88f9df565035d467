// tiermark import: accounts out of a CSV file.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/import_run.h"
#include "scoring/exact.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

constexpr std::chrono::milliseconds kPatience(60'000);
constexpr char kFooter[] =
    "The first row names the columns: account_id and any facts, as `tiermark export` names them.\n"
    "Ends with 4 when some rows are bad; the others are imported all the same.";

struct Given {
  ImportOptions options;
  std::string delimiter;
  std::string list_separator;
  std::string date_order = "ymd";
  std::vector<std::string> maps;
  bool no_resume = false;
};

// One character that stands between others, or "tab".
std::string CheckSeparator(const std::string& text) {
  if (text == "tab" || text == "\t") return "";
  const bool one =
      text.size() == 1 && absl::ascii_ispunct(static_cast<unsigned char>(text[0])) && text != "\"";
  return one ? "" : absl::StrCat("must be one character such as , ; or |, or tab, and not ", text);
}

char SeparatorOf(const std::string& text) {
  if (text.empty()) return '\0';
  return text == "tab" ? '\t' : text[0];
}

std::string CheckCurrency(const std::string& text) {
  return IsCurrency(text) ? "" : absl::StrCat("must be an ISO 4217 code such as USD: ", text);
}

std::string CheckMap(const std::string& text) {
  const size_t equals = text.rfind('=');
  const std::string name = equals == std::string::npos ? "" : text.substr(equals + 1);
  const bool good = name == kLeftOut || ColumnOf(name).ok();
  return good ? "" : absl::StrCat("must be HEADER=COLUMN with a column that there is: ", text);
}

void AddReadingOptions(CLI::App* command, Given* given) {
  const std::string group = "Reading";
  ImportOptions& options = given->options;
  command
      ->add_option(
          "--map", given->maps,
          "What a header stands for, such as \"Kundennummer=account_id\"; - leaves its column out")
      ->type_name("HEADER=COLUMN")
      ->check(CheckMap)
      ->allow_extra_args(false)
      ->group(group);
  command
      ->add_flag("--ignore-unknown", options.header.ignore_unknown,
                 "Leave out columns that are unknown")
      ->group(group);
  command
      ->add_option("--delimiter", given->delimiter,
                   "Between cells; otherwise the one of , ; and tab that the header has most of")
      ->type_name("CHARACTER")
      ->check(CheckSeparator)
      ->group(group);
  command
      ->add_option("--encoding", options.encoding,
                   "Such as windows-1252; otherwise as a byte order mark says, or UTF-8")
      ->type_name("NAME")
      ->group(group);
  command
      ->add_flag("--decimal-comma", options.rows.format.decimal_comma,
                 "Numbers are written as 1234,5")
      ->group(group);
  command->add_option("--date-order", given->date_order, "How days are written")
      ->check(CLI::IsMember({"ymd", "dmy", "mdy"}))
      ->capture_default_str()
      ->group(group);
  command
      ->add_option("--list-separator", given->list_separator,
                   "Between the items of a list in one cell; otherwise | and ; are")
      ->type_name("CHARACTER")
      ->check(CheckSeparator)
      ->group(group);
  command
      ->add_option("--currency", options.rows.currency, "Of amounts whose row does not say theirs")
      ->type_name("CODE")
      ->check(CheckCurrency)
      ->group(group);
}

void AddImportOptions(CLI::App* command, Given* given) {
  const std::string group = "Importing";
  ImportOptions& options = given->options;
  command->add_flag("--evaluate", options.evaluate, "Score each account")->group(group);
  command
      ->add_flag("--dry-run", options.dry_run,
                 "Check every row, here and by the server, and write nothing")
      ->group(group);
  command
      ->add_flag("--empty-clears", options.rows.empty_clears,
                 "An empty cell clears its fact; otherwise the fact stays as it is")
      ->group(group);
  command
      ->add_option("--errors", options.errors_file,
                   "CSV file for bad rows; otherwise they are told on standard error")
      ->type_name("FILE")
      ->group(group);
  auto* resume =
      command
          ->add_option("--resume-file", options.resume_file,
                       "Where to note how far the import has come, to go on from there after a "
                       "break; otherwise FILE.tiermark-import. It is removed at the end")
          ->type_name("FILE")
          ->group(group);
  command->add_flag("--no-resume", given->no_resume, "Note nothing; a repeated import does it all")
      ->excludes(resume)
      ->group(group);
}

void Complete(Given* given) {
  ImportOptions& options = given->options;
  options.delimiter = SeparatorOf(given->delimiter);
  CellFormat& format = options.rows.format;
  format.list_separator = SeparatorOf(given->list_separator);
  if (given->date_order == "dmy") format.dates = DateOrder::kDayMonthYear;
  if (given->date_order == "mdy") format.dates = DateOrder::kMonthDayYear;
  for (const std::string& map : given->maps) {
    const size_t equals = map.rfind('=');
    options.header.names[map.substr(0, equals)] = map.substr(equals + 1);
  }
  if (options.dry_run || given->no_resume) {
    options.resume_file.clear();
  } else if (options.resume_file.empty() && options.file != "-") {
    options.resume_file = options.file + ".tiermark-import";
  }
}

}  // namespace

void AddImportCommand(CLI::App* app, Session* session) {
  auto given = std::make_shared<Given>();
  CLI::App* command = app->add_subcommand("import", "Import accounts from a CSV file");
  command->add_option("FILE", given->options.file, "The file; - is standard input")
      ->type_name("FILE")
      ->required();
  AddReadingOptions(command, given.get());
  AddImportOptions(command, given.get());
  command->footer(kFooter);
  session->OnRun(
      command,
      [session, given](const Client& client) {
        Complete(given.get());
        return RunImport(client, given->options, session);
      },
      kPatience);
}

}  // namespace tiermark::cli
