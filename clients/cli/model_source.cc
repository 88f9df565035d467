#include "clients/cli/model_source.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace tiermark::cli {

v1::ModelSelector SelectorOf(const std::string& name) {
  v1::ModelSelector selector;
  const size_t at = name.find('@');
  int version = 0;
  if (at != std::string::npos && absl::SimpleAtoi(name.substr(at + 1), &version)) {
    selector.set_model_id(name.substr(0, at));
    selector.set_model_version(version);
  } else if (name.find('.') != std::string::npos) {
    selector.set_draft_id(name);
  } else {
    selector.set_model_id(name);
  }
  return selector;
}

std::string CheckSelector(const std::string& name) {
  const size_t at = name.find('@');
  int version = 0;
  if (at == std::string::npos || (absl::SimpleAtoi(name.substr(at + 1), &version) && version > 0)) {
    return "";
  }
  return absl::StrCat("must be MODEL, MODEL@VERSION or the id of a draft, and not ", name);
}

bool IsFile(const std::string& name) {
  return name == "-" || absl::StrContains(name, "/") || absl::EndsWith(name, ".json") ||
         absl::EndsWith(name, ".textproto") || absl::EndsWith(name, ".txtpb") ||
         absl::EndsWith(name, ".pbtxt");
}

}  // namespace tiermark::cli
