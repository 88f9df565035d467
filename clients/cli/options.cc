#include "clients/cli/options.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace tiermark::cli {
namespace {

constexpr char kUsagePayload[] = "tiermark/usage";

}  // namespace

absl::Status UsageError(absl::string_view message) {
  absl::Status error = absl::InvalidArgumentError(message);
  error.SetPayload(kUsagePayload, absl::Cord());
  return error;
}

bool IsUsageError(const absl::Status& error) { return error.GetPayload(kUsagePayload).has_value(); }

CLI::Validator OneOf(std::vector<std::string> names) {
  const std::string shown = absl::StrCat("{", absl::StrJoin(names, ","), "}");
  return CLI::Validator(
      [names = std::move(names)](const std::string& given) -> std::string {
        const std::string name = absl::StrReplaceAll(absl::AsciiStrToLower(given), {{"_", "-"}});
        if (std::find(names.begin(), names.end(), name) != names.end()) return "";
        return absl::StrCat("must be one of ", absl::StrJoin(names, ", "), ", and not ", given);
      },
      shown);
}

CLI::Option* AddText(CLI::App* app, const std::string& name, std::string* value,
                     const std::string& type, const std::string& description) {
  return app->add_option(name, *value, description)->type_name(type);
}

CLI::Option* AddList(CLI::App* app, const std::string& name, std::vector<std::string>* values,
                     const std::string& type, const std::string& description) {
  // Without the last, CLI11 would take what stands behind the option as further values.
  return app->add_option(name, *values, description)
      ->type_name(type)
      ->delimiter(',')
      ->allow_extra_args(false);
}

CLI::Option* AddLimit(CLI::App* app, int* limit) {
  return app->add_option("--limit", *limit, "How many to show at most; 0: all")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber.description(""))
      ->capture_default_str();
}

}  // namespace tiermark::cli
