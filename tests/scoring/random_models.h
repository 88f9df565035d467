// Models, facts and rates by chance, and a slow scorer that says what they must give.
#pragma once

#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/types/optional.h"
#include "fact_access.h"
#include "scoring/exact.h"
#include "support.h"

namespace tiermark {

// Rates to USD for the currencies that RandomFacts uses, with up to 9 digits after the point.
v1::ExchangeRates RandomRates(Chance* chance);

// A sound model over facts that do not depend on one another. Facts such as `operating_countries`
// are left out: a change of theirs also changes `countries`, so that it is no single change.
v1::ScoringModel RandomModel(Chance* chance, v1::ScoringMethod method);

// Values for the facts that a model reads, many of them at the edges of its tiers. Some are
// unknown.
v1::AccountFacts RandomFacts(Chance* chance, const v1::ScoringModel& model,
                             const v1::ExchangeRates& rates, absl::CivilDay day);

// The values of a fact that matter to a model: at, around and far from every bound. Amounts are in
// `currency`, in its minor units.
std::vector<v1::FactValue> Probes(const v1::ScoringModel& model, const std::string& fact,
                                  const v1::ExchangeRates& rates, const std::string& currency,
                                  absl::CivilDay day);

// Whether the random models read the fact as true or false.
bool IsFlag(const std::string& fact);

// Orders values of one kind: billionths, or days.
Nanos OrderOf(const v1::FactValue& value);

// The exact score, by the rules as they are written, or nothing where facts are missing.
absl::optional<int> SlowExactScore(const v1::ScoringModel& model, const v1::ExchangeRates& rates,
                                   const v1::AccountFacts& facts, absl::CivilDay day);

}  // namespace tiermark
