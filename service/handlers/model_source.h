// The model that a request brings: as a message, or as a text.
#pragma once

#include <string>
#include <vector>

#include "scoring/error.h"
#include "tiermark/v1/model.pb.h"
#include "tiermark/v1/model_service.pb.h"
#include "tiermark/v1/policy.pb.h"

namespace tiermark {

struct GivenModel {
  v1::ScoringModel model;
  // What keeps it from being published, every fault.
  std::vector<v1::ModelFault> faults;
};

// `rates` are those that it is to be scored by.
GivenModel ReadModelMessage(const v1::ScoringModel& model, const v1::ExchangeRates& rates);
GivenModel ReadModelTextProto(const std::string& text, const v1::ExchangeRates& rates);
GivenModel ReadModelJson(const std::string& json, const v1::ExchangeRates& rates);

// Of a Request with a `source` of these three.
template <typename Request>
GivenModel ReadGivenModel(const Request& request, const v1::ExchangeRates& rates) {
  if (request.has_text_proto()) return ReadModelTextProto(request.text_proto(), rates);
  if (request.has_json()) return ReadModelJson(request.json(), rates);
  return ReadModelMessage(request.model(), rates);
}

// The faults as those of the request's fields.
template <typename Request>
void AddModelFaults(const Request& request, const std::vector<v1::ModelFault>& faults,
                    Violations* violations) {
  const char* field = request.has_text_proto() ? "text_proto" : request.has_json() ? "json" : "model";
  for (const v1::ModelFault& fault : faults) AddModelFault(field, fault, violations);
}
void AddModelFault(const std::string& source, const v1::ModelFault& fault, Violations* violations);

}  // namespace tiermark
