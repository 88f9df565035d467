// Single-fact changes as sentences.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "scoring/fact_reading.h"
#include "tiermark/v1/evaluation.pb.h"
#include "tiermark/v1/model.pb.h"

namespace tiermark {

// "25 000 USD potential MRR or more would make this account Enterprise", for a change whose target
// is set. `outcome` is the band that it leads to, such as "Enterprise" or "at least Enterprise".
std::string ChangeMessage(const v1::SingleFactChange& change, const v1::Criterion& criterion,
                          const FactKind& fact, absl::string_view outcome);

}  // namespace tiermark
