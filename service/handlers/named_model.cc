#include "service/handlers/named_model.h"

#include "scoring/shipped.h"
#include "scoring/text.h"
#include "service/account_jobs.h"
#include "service/answers.h"
#include "service/model_settings.h"

namespace tiermark {
namespace {

constexpr size_t kDraftNumberDigitsMax = 18;

}  // namespace

void ValidateDraftId(absl::string_view draft_id, absl::string_view field, Violations* violations) {
  const size_t point = draft_id.rfind('.');
  bool good = point != absl::string_view::npos && IsSlug(draft_id.substr(0, point));
  if (good) {
    const absl::string_view number = draft_id.substr(point + 1);
    good = !number.empty() && number.size() <= kDraftNumberDigitsMax &&
           number.find_first_not_of("0123456789") == absl::string_view::npos;
  }
  if (!good) violations->Add(field, "must be a draft_id of this server");
}

std::string ModelIdOfDraft(const std::string& draft_id) {
  return draft_id.substr(0, draft_id.rfind('.'));
}

absl::StatusOr<NamedModel> FindNamedModel(const HandlerContext& context, const CallInfo& info,
                                          const std::string& draft_id, const std::string& model_id,
                                          int model_version) {
  NamedModel named;
  if (!draft_id.empty()) {
    auto draft = ReadDraft(context.store, info.caller.tenant, draft_id);
    if (!draft.ok()) return draft.status();
    named.info = InfoOf(*draft);
    named.model = std::make_shared<const v1::ScoringModel>(std::move(*draft->mutable_model()));
    return named;
  }
  const ModelVersion version = context.catalog.FindVersion(model_id, model_version);
  if (version.model == nullptr) {
    // Says which of the two it is.
    const auto missing = context.catalog.FindModel(model_id, model_version);
    return missing.ok() ? absl::InternalError("a version is active and not there")
                        : missing.status();
  }
  named.info = InfoOf(version);
  named.model = version.model;
  if (absl::Status told = FillMarking(context, info, &named.info); !told.ok()) return told;
  return named;
}

absl::Status FillMarking(const HandlerContext& context, const CallInfo& info,
                         v1::ModelInfo* model) {
  if (model->model_id() != kSegmentationModelId || model->state() != v1::MODEL_STATE_ACTIVE) {
    return absl::OkStatus();
  }
  const auto job = ReadAccountJob(context.store, info.caller.tenant, kMarkingKey);
  if (!job.ok()) return job.status();
  if (!job->has_value() || (*job)->version() != model->version()) return absl::OkStatus();
  model->mutable_marking()->set_accounts_done((*job)->accounts_done());
  model->mutable_marking()->set_accounts_marked((*job)->accounts_changed());
  if ((*job)->finish_us() != 0) {
    *model->mutable_marking()->mutable_finish_time() = TimestampOf((*job)->finish_us());
  }
  return absl::OkStatus();
}

}  // namespace tiermark
