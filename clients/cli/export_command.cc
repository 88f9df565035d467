// tiermark export: accounts as CSV, or as JSON with one a line.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/export_run.h"
#include "clients/cli/filter_flags.h"
#include "clients/cli/options.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

constexpr std::chrono::milliseconds kPatience(60'000);
constexpr char kGroup[] = "Writing";

struct Given {
  ExportOptions options;
  FilterFlags filter;
  std::vector<std::string> columns;
  bool answers = false;
  std::string delimiter = ",";
};

std::string CheckColumn(const std::string& name) {
  return ColumnOf(name).ok() ? "" : absl::StrCat("there is no column ", name);
}

std::vector<CsvColumn> ColumnsOf(const Given& given) {
  std::vector<CsvColumn> columns;
  for (const std::string& name : given.columns) columns.push_back(*ColumnOf(name));
  if (given.columns.empty()) columns = AllColumns();
  if (given.answers) {
    columns.insert(columns.end(), AnswerColumns().begin(), AnswerColumns().end());
  }
  return columns;
}

void AddWritingOptions(CLI::App* command, Given* given) {
  ExportOptions& options = given->options;
  auto* output = AddText(command, "-o,--output", &options.file, "FILE",
                         "File to write, and to go on with when the same command is repeated "
                         "after a break; otherwise standard output");
  output->group(kGroup);
  AddList(command, "--columns", &given->columns, "NAMES",
          "Which columns; otherwise account_id and all facts, which can be imported again")
      ->check(CheckColumn)
      ->group(kGroup);
  command
      ->add_flag("--answers", given->answers,
                 "Also columns of what the facts come to, such as segment and score")
      ->group(kGroup);
  AddText(command, "--delimiter", &given->delimiter, "CHARACTER", "Between cells: , ; or tab")
      ->check(CLI::IsMember({",", ";", "tab"}).description(""))
      ->capture_default_str()
      ->group(kGroup);
  command
      ->add_flag("--byte-order-mark", options.byte_order_mark,
                 "Begin with the mark of UTF-8, by which some spreadsheets know it")
      ->group(kGroup);
  AddText(command, "--resume-token", &options.resume_token, "TOKEN",
          "Go on behind an export to standard output that broke off and told this token")
      ->excludes(output)
      ->group(kGroup);
}

}  // namespace

void AddExportCommand(CLI::App* app, Session* session) {
  auto given = std::make_shared<Given>();
  CLI::App* command =
      app->add_subcommand("export", "Export accounts as CSV, or with --json as JSON, one a line");
  given->filter.AddTo(command);
  AddWritingOptions(command, given.get());
  session->OnRun(
      command,
      [session, given](const Client& client) {
        if (session->json() && (given->answers || !given->columns.empty())) {
          return UsageError("--columns and --answers are of CSV; --json has accounts whole");
        }
        ExportOptions options = given->options;
        options.filter = given->filter.Filter();
        options.columns = ColumnsOf(*given);
        options.delimiter = given->delimiter == "tab" ? '\t' : given->delimiter[0];
        return RunExport(client, options, session);
      },
      kPatience);
}

}  // namespace tiermark::cli
