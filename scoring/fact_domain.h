// What values a fact can take, as far as they have an order.
#pragma once

#include "scoring/compiled_criterion.h"
#include "scoring/exact.h"

namespace tiermark {

// Multiples of `step` from `least` to `most`, as readings count them: billionths, days, entries.
struct FactDomain {
  Nanos least;
  Nanos most;
  Nanos step;
};

// The values of the fact that a tier rule reads. Custom numbers may be decimals or integers; the
// domain spans both. Amounts are in whatever currency.
FactDomain DomainOf(const CompiledCriterion& tiered);

}  // namespace tiermark
