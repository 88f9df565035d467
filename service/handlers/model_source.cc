#include "service/handlers/model_source.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/model_settings.h"

namespace tiermark {
namespace {

ModelCheck PublishableBy(const v1::ExchangeRates& rates) {
  return [&rates](const v1::ScoringModel& model, Violations* violations) {
    CheckPublishable(model, rates, violations);
  };
}

}  // namespace

ModelReading ReadModelMessage(v1::ScoringModel model, const v1::ExchangeRates& rates) {
  // What this server does not know must not come to count later.
  model.DiscardUnknownFields();
  model.clear_version();
  ModelReading reading;
  reading.faults = FaultsOfModel(model, PublishableBy(rates));
  reading.model = std::move(model);
  return reading;
}

ModelReading ReadModelSource(const std::string& text, bool json, const v1::ExchangeRates& rates) {
  return json ? ReadModelJson(text, PublishableBy(rates))
              : ReadModelText(text, PublishableBy(rates));
}

void AddModelFault(absl::string_view source, const v1::ModelFault& fault, Violations* violations) {
  const std::string field =
      fault.field().empty() ? std::string(source) : absl::StrCat(source, ".", fault.field());
  if (!fault.has_line()) return violations->Add(field, fault.message());
  violations->Add(field, absl::StrCat("line ", fault.line(), ", column ", fault.column(), ": ",
                                      fault.message()));
}

}  // namespace tiermark
