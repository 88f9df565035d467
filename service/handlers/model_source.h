// The model that a request brings: as a message, or as a text.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "scoring/error.h"
#include "scoring/model_text.h"
#include "tiermark/v1/model.pb.h"
#include "tiermark/v1/model_service.pb.h"
#include "tiermark/v1/policy.pb.h"

namespace tiermark {

// The faults are all that keep a model from being published: see CheckPublishable.
ModelReading ReadModelMessage(v1::ScoringModel model, const v1::ExchangeRates& rates);
ModelReading ReadModelSource(const std::string& text, bool json, const v1::ExchangeRates& rates);

// Of a Request with a `source` of model, text_proto and json.
template <typename Request>
ModelReading ReadGivenModel(const Request& request, const v1::ExchangeRates& rates) {
  if (request.has_text_proto()) return ReadModelSource(request.text_proto(), false, rates);
  if (request.has_json()) return ReadModelSource(request.json(), true, rates);
  return ReadModelMessage(request.model(), rates);
}

// Adds a fault as one of the request's field that is called `source`.
void AddModelFault(absl::string_view source, const v1::ModelFault& fault, Violations* violations);

// The field that has the model of such a request.
template <typename Request>
absl::string_view SourceField(const Request& request) {
  return request.has_text_proto() ? "text_proto" : request.has_json() ? "json" : "model";
}

}  // namespace tiermark
