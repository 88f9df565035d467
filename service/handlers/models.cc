// ListModels, GetModel, GetMethodology, CheckModel and CompareModels.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "scoring/methodology.h"
#include "scoring/methodology_markdown.h"
#include "scoring/model_diff.h"
#include "scoring/model_text.h"
#include "scoring/model_warnings.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/model_source.h"
#include "service/handlers/named_model.h"
#include "service/handlers/validation.h"
#include "service/model_settings.h"
#include "service/page.h"
#include "tiermark/v1/model_service.pb.h"

namespace tiermark {
namespace {

// Where a model stands in the list: drafts before versions, these from the newest down.
std::string PlaceOf(const v1::ModelInfo& info) {
  if (!info.draft_id().empty()) return absl::StrCat(info.model_id(), "/0/", info.draft_id());
  return absl::StrFormat("%s/1/%010d", info.model_id(), INT32_MAX - info.version());
}

absl::StatusOr<std::vector<v1::ModelInfo>> AllModels(const HandlerContext& context,
                                                     const CallInfo& info) {
  std::vector<v1::ModelInfo> models;
  const auto drafts = ReadDrafts(context.store, info.caller.tenant);
  if (!drafts.ok()) return drafts.status();
  for (const store::v1::ModelDraft& draft : *drafts) models.push_back(InfoOf(draft));
  for (const ModelVersion& version : context.catalog.versions()) {
    models.push_back(InfoOf(version));
    absl::Status told = FillMarking(context, info, &models.back());
    if (!told.ok()) return told;
  }
  std::sort(models.begin(), models.end(),
            [](const v1::ModelInfo& a, const v1::ModelInfo& b) { return PlaceOf(a) < PlaceOf(b); });
  return models;
}

absl::Status ListModels(const HandlerContext& context, const CallInfo& info,
                        const v1::ListModelsRequest& request, v1::ListModelsResponse* response) {
  Violations violations;
  ValidateModelId(request.model_id(), "model_id", &violations);
  const bool few_states =
      HasRoom(request.states_size(), v1::ModelState_ARRAYSIZE, "states", &violations);
  for (int i = 0; few_states && i < request.states_size(); ++i) {
    if (!v1::ModelState_IsValid(request.states(i)) ||
        request.states(i) == v1::MODEL_STATE_UNSPECIFIED) {
      violations.Add(absl::StrCat("states[", i, "]"),
                     "must be one of the values, and not UNSPECIFIED");
    }
  }
  const int page_size = PageSize(request.page_size(), &violations);
  store::v1::PageToken token = StartPage(info, request, &violations);
  if (!violations.empty()) return violations.ToStatus();
  const auto models = AllModels(context, info);
  if (!models.ok()) return models.status();
  for (const v1::ModelInfo& model : *models) {
    const bool asked_id = request.model_id().empty() || request.model_id() == model.model_id();
    const bool asked_state =
        request.states().empty() || std::count(request.states().begin(), request.states().end(),
                                               static_cast<int>(model.state())) > 0;
    if (!asked_id || !asked_state || PlaceOf(model) <= token.key()) continue;
    if (response->models_size() == page_size) {
      token.set_key(PlaceOf(response->models(page_size - 1)));
      response->set_next_page_token(EncodePageToken(token));
      break;
    }
    *response->add_models() = model;
  }
  return absl::OkStatus();
}

absl::Status GetModel(const HandlerContext& context, const CallInfo& info,
                      const v1::GetModelRequest& request, v1::GetModelResponse* response) {
  Violations violations;
  ValidateModelName(request, "", &violations);
  if (!v1::ModelTextFormat_IsValid(request.text_format())) {
    violations.Add("text_format", "must be one of the values");
  }
  if (!violations.empty()) return violations.ToStatus();
  const auto named = FindNamedModel(context, info, request);
  if (!named.ok()) return named.status();
  *response->mutable_info() = named->info;
  *response->mutable_model() = *named->model;
  if (request.text_format() == v1::MODEL_TEXT_FORMAT_TEXT_PROTO) {
    response->set_text(ModelToText(*named->model));
  } else if (request.text_format() == v1::MODEL_TEXT_FORMAT_JSON) {
    response->set_text(ModelToJson(*named->model));
  }
  for (v1::ModelWarning& warning : WarningsOf(*named->model)) {
    *response->add_warnings() = std::move(warning);
  }
  return absl::OkStatus();
}

absl::Status GetMethodology(const HandlerContext& context, const CallInfo& info,
                            const v1::GetMethodologyRequest& request,
                            v1::GetMethodologyResponse* response) {
  Violations violations;
  ValidateModelName(request, "", &violations);
  if (!violations.empty()) return violations.ToStatus();
  const auto named = FindNamedModel(context, info, request);
  if (!named.ok()) return named.status();
  const std::vector<v1::Playbook> playbooks = context.catalog.playbooks();
  const auto policy = context.catalog.policy();
  *response->mutable_methodology() =
      MethodologyOf({*named->model, playbooks, policy->policy, named->info.shipped()});
  response->set_markdown(MarkdownOf(response->methodology()));
  return absl::OkStatus();
}

absl::Status CheckModel(const HandlerContext& context, const CallInfo& /*info*/,
                        const v1::CheckModelRequest& request, v1::CheckModelResponse* response) {
  Violations violations;
  if (request.source_case() == v1::CheckModelRequest::SOURCE_NOT_SET) {
    violations.Add("model", "one of model, text_proto and json is required");
    return violations.ToStatus();
  }
  const auto rates = context.catalog.ExchangeRates(0);
  if (!rates.ok()) return rates.status();
  const ModelReading given = ReadGivenModel(request, rates->rates());
  response->mutable_faults()->Add(given.faults.begin(), given.faults.end());
  if (!given.faults.empty()) return absl::OkStatus();
  for (v1::ModelWarning& warning : WarningsOf(given.model)) {
    *response->add_warnings() = std::move(warning);
  }
  return absl::OkStatus();
}

absl::Status CompareModels(const HandlerContext& context, const CallInfo& info,
                           const v1::CompareModelsRequest& request,
                           v1::CompareModelsResponse* response) {
  Violations violations;
  ValidateModelName(request.from(), "from.", &violations);
  ValidateModelName(request.to(), "to.", &violations);
  if (!violations.empty()) return violations.ToStatus();
  const auto from = FindNamedModel(context, info, request.from());
  if (!from.ok()) return from.status();
  const auto to = FindNamedModel(context, info, request.to());
  if (!to.ok()) return to.status();
  for (v1::ModelDifference& difference : DiffModels(*from->model, *to->model)) {
    *response->add_differences() = std::move(difference);
  }
  return absl::OkStatus();
}

}  // namespace

void AddModelHandlers(const ServerContext& server, MethodTable* methods) {
  MethodOptions read;
  read.on_worker = true;
  methods->AddBlocking(kModelService, "ListModels", read, Bind(server, ListModels));
  methods->AddBlocking(kModelService, "GetModel", read, Bind(server, GetModel));
  methods->AddBlocking(kModelService, "GetMethodology", read, Bind(server, GetMethodology));
  methods->AddBlocking(kModelService, "CheckModel", read, Bind(server, CheckModel));
  methods->AddBlocking(kModelService, "CompareModels", read, Bind(server, CompareModels));
}

}  // namespace tiermark
