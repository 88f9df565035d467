#include "clients/cli/tree.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

OptionNode NodeOf(const CLI::Option& option) {
  OptionNode node;
  for (const std::string& name : option.get_snames()) node.flags.push_back(absl::StrCat("-", name));
  for (const std::string& name : option.get_lnames()) {
    node.flags.push_back(absl::StrCat("--", name));
  }
  // "SEGMENT:{strategic,enterprise}": the name of the type, and what OneOf() admits.
  std::string type = option.get_type_name();
  const size_t open = type.find(":{");
  if (open != std::string::npos && type.back() == '}') {
    node.choices = absl::StrSplit(type.substr(open + 2, type.size() - open - 3), ',');
    type.resize(open);
  }
  const bool takes_value = option.get_items_expected_max() != 0;
  if (takes_value) node.value = option.get_positional() ? option.get_name(true) : type;
  node.is_file = type == "FILE";
  node.is_list = option.get_delimiter() != '\0';
  node.repeats = option.get_items_expected_max() > 1;
  node.required = option.get_required();
  node.description = option.get_description();
  node.group = option.get_group();
  node.default_value = option.get_default_str();
  node.environment = option.get_envname();
  return node;
}

}  // namespace

CommandNode TreeOf(const CLI::App& app) {
  CommandNode node;
  node.name = app.get_name();
  node.description = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    (option->get_positional() ? node.positionals : node.options).push_back(NodeOf(*option));
  }
  const auto shown = [](const CLI::App* command) { return !command->get_group().empty(); };
  for (const CLI::App* command : app.get_subcommands(shown)) {
    node.commands.push_back(TreeOf(*command));
  }
  return node;
}

}  // namespace tiermark::cli
