// The draft or the version of a model that a request is about.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/handlers/handlers.h"
#include "service/handlers/validation.h"
#include "tiermark/v1/model.pb.h"
#include "tiermark/v1/model_service.pb.h"

namespace tiermark {

struct NamedModel {
  v1::ModelInfo info;
  std::shared_ptr<const v1::ScoringModel> model;
};

// Draft ids are a model id, a point and a number.
void ValidateDraftId(absl::string_view draft_id, absl::string_view field, Violations* violations);

// The model id of a valid draft id.
std::string ModelIdOfDraft(const std::string& draft_id);

// Of a Request that has a draft_id, a model_id and a model_version. `path` ends with a point, or is
// empty.
template <typename Request>
void ValidateModelName(const Request& request, const std::string& path, Violations* violations) {
  const std::string draft_id = path + "draft_id";
  const std::string model_id = path + "model_id";
  const std::string version = path + "model_version";
  if (request.draft_id().empty()) {
    if (request.model_id().empty()) {
      violations->Add(draft_id, "either draft_id or model_id is required");
      violations->Add(model_id, "either draft_id or model_id is required");
    }
    ValidateModelId(request.model_id(), model_id, violations);
  } else {
    ValidateDraftId(request.draft_id(), draft_id, violations);
    if (!request.model_id().empty()) violations->Add(model_id, "is given beside draft_id");
    if (request.model_version() != 0) violations->Add(version, "is given beside draft_id");
  }
  if (request.model_version() < 0) violations->Add(version, "must not be negative");
}

// Errors are those of GetModel.
absl::StatusOr<NamedModel> FindNamedModel(const HandlerContext& context, const CallInfo& info,
                                          const std::string& draft_id, const std::string& model_id,
                                          int model_version);
template <typename Request>
absl::StatusOr<NamedModel> FindNamedModel(const HandlerContext& context, const CallInfo& info,
                                          const Request& request) {
  return FindNamedModel(context, info, request.draft_id(), request.model_id(),
                        request.model_version());
}

// Tells in the info of the active segmentation model how far accounts are marked that it moves.
absl::Status FillMarking(const HandlerContext& context, const CallInfo& info, v1::ModelInfo* model);

}  // namespace tiermark
