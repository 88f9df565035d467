#include "clients/cli/json_syntax.h"

#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

namespace tiermark::cli {

absl::Status CheckJsonSyntax(const std::string& text) {
  using nlohmann::json;
  std::vector<std::set<std::string>> names;
  std::string twice;
  const auto see = [&](int, json::parse_event_t event, const json& parsed) {
    if (event == json::parse_event_t::object_start) names.emplace_back();
    if (event == json::parse_event_t::object_end) names.pop_back();
    if (event == json::parse_event_t::key &&
        !names.back().insert(parsed.get<std::string>()).second) {
      twice = parsed.get<std::string>();
    }
    return true;
  };
  try {
    if (!json::parse(text, see).is_object()) {
      return absl::InvalidArgumentError("must be a JSON object");
    }
  } catch (const json::parse_error& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: ..."
    const std::string what = error.what();
    return absl::InvalidArgumentError(what.substr(what.find("] ") + 2));
  }
  if (!twice.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("the name \"", twice, "\" is given twice"));
  }
  return absl::OkStatus();
}

}  // namespace tiermark::cli
