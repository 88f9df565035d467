#include "scoring/shipped.h"

#include <cstdio>
#include <cstdlib>

#include "google/protobuf/text_format.h"
#include "scoring/embedded.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {
namespace {

// The text is ours and tested: a fault in it is a bug that no caller can act on.
template <typename Message>
Message Parse(const char* text) {
  Message message;
  if (!google::protobuf::TextFormat::ParseFromString(text, &message)) {
    std::fprintf(stderr, "tiermark: a shipped %s cannot be read\n", message.GetTypeName().c_str());
    std::abort();
  }
  return message;
}

}  // namespace

const std::vector<v1::ScoringModel>& ShippedModels() {
  static const auto& models = *new std::vector<v1::ScoringModel>{
      Parse<v1::ScoringModel>(kModelsAccountSegmentation),
      Parse<v1::ScoringModel>(kModelsLeadScoring), Parse<v1::ScoringModel>(kModelsRiskProfile)};
  return models;
}

const std::vector<v1::Playbook>& ShippedPlaybooks() {
  static const auto& playbooks = *[] {
    const auto list = Parse<v1::ListSegmentPlaybooksResponse>(kPlaybooksPlaybooks);
    return new std::vector<v1::Playbook>(list.playbooks().begin(), list.playbooks().end());
  }();
  return playbooks;
}

const v1::ExchangeRates& ShippedExchangeRates() {
  static const auto& rates = *new v1::ExchangeRates(Parse<v1::ExchangeRates>(kExchangeRates));
  return rates;
}

}  // namespace tiermark
