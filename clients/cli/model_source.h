// Models on the command line: by name, or as files.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "clients/cli/files.h"
#include "tiermark/client.h"
#include "tiermark/v1/model_service.pb.h"

namespace tiermark::cli {

// "account-segmentation" (its active version), "account-segmentation@2", or a draft's id such as
// "account-segmentation.1".
v1::ModelSelector SelectorOf(const std::string& name);

// For CLI11: empty, or what is wrong.
std::string CheckSelector(const std::string& name);

// Whether a file is meant: it has a folder or an ending that no model has, or is standard input.
bool IsFile(const std::string& name);

// Reads the text of a model into a request that takes one: JSON if it begins as JSON does, or else
// Protocol Buffers' text format. INVALID_ARGUMENT: the file cannot be read.
template <class Request>
absl::Status ReadModel(const std::string& path, Request* request) {
  const auto text = ReadFileOrInput(path);
  if (!text.ok()) return text.status();
  const size_t first = text->find_first_not_of(" \t\r\n");
  if (first != std::string::npos && (*text)[first] == '{') {
    request->set_json(*text);
  } else {
    request->set_text_proto(*text);
  }
  return absl::OkStatus();
}

// Makes a draft of the model of a file, and answers its id. INVALID_ARGUMENT: the file cannot be
// read, or there is something wrong with the model.
absl::StatusOr<std::string> DraftOfFile(const Client& client, const std::string& path);

// An error names the draft, which then is still there.
absl::Status DropDraft(const Client& client, const std::string& draft_id);

// Sets the fields that name a draft or a version in a request that has them.
template <class Request>
void SetModel(const std::string& name, Request* request) {
  const v1::ModelSelector selector = SelectorOf(name);
  request->set_draft_id(selector.draft_id());
  request->set_model_id(selector.model_id());
  request->set_model_version(selector.model_version());
}

}  // namespace tiermark::cli
