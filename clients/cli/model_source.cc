#include "clients/cli/model_source.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tiermark/v1/model_service.grpc.pb.h"

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

absl::StatusOr<std::string> DraftOfFile(const Client& client, const std::string& path) {
  v1::CreateDraftRequest create;
  if (absl::Status read = ReadModel(path, &create); !read.ok()) return read;
  const auto draft = client.Call(&v1::ModelService::Stub::CreateDraft, create);
  if (!draft.ok()) return draft.status();
  return draft->info().draft_id();
}

absl::Status DropDraft(const Client& client, const std::string& draft_id) {
  v1::DeleteDraftRequest drop;
  drop.set_draft_id(draft_id);
  const absl::Status dropped = client.Call(&v1::ModelService::Stub::DeleteDraft, drop).status();
  if (dropped.ok()) return dropped;
  return absl::Status(dropped.code(), absl::StrCat("the draft ", draft_id,
                                                   " could not be dropped: ", dropped.message()));
}

bool IsFile(const std::string& name) {
  return name == "-" || absl::StrContains(name, "/") || absl::EndsWith(name, ".json") ||
         absl::EndsWith(name, ".textproto") || absl::EndsWith(name, ".txtpb") ||
         absl::EndsWith(name, ".pbtxt");
}

}  // namespace tiermark::cli
