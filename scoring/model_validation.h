// Whether a scoring model is sound.
#pragma once

#include "scoring/error.h"
#include "scoring/exchange_rates.h"
#include "scoring/fact_reading.h"
#include "tiermark/v1/model.pb.h"

namespace tiermark {

inline constexpr int kTiersMax = 1'000;
inline constexpr int kModelTextBytesMax = 128;
inline constexpr int kModelProseBytesMax = 2'000;
inline constexpr int kGradeBytesMax = 16;
inline constexpr int kRecencyDaysMax = 110'000;

// Adds a violation for every fault, with paths from the model ("criteria[2].weight_percent").
void ValidateModel(const v1::ScoringModel& model, Violations* violations);

// Adds a violation when the model compares money, and the rates have none for its currency.
void ValidateModelCurrency(const v1::ScoringModel& model, const RateTable& rates,
                           Violations* violations);

// Most distinct entries that a fact of type kList can have.
int ListEntriesMax(const FactKind& fact);

}  // namespace tiermark
