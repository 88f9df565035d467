#include "scoring/fact_domain.h"

#include <limits>

#include "scoring/calendar.h"
#include "scoring/fact_fields.h"
#include "scoring/model_validation.h"

namespace tiermark {

FactDomain DomainOf(const CompiledCriterion& tiered) {
  constexpr absl::CivilDay kEpoch(1970, 1, 1);
  const Nanos money_most = Nanos(kMoneyUnitsMax) * kNanosPerUnit;
  const bool custom = tiered.fact.source == FactSource::kCustom;
  switch (tiered.rule) {
    case RuleKind::kMoney:
      return {custom ? -money_most : Nanos(0), money_most, 1};
    case RuleKind::kRecency:
      return {absl::CivilDay(kYearMin, 1, 1) - kEpoch, absl::CivilDay(kYearMax, 12, 31) - kEpoch,
              1};
    case RuleKind::kCount:
      return {1, ListEntriesMax(tiered.fact), 1};
    default:
      break;
  }
  if (custom) {
    return {Nanos(std::numeric_limits<int64_t>::min()) * kNanosPerUnit,
            Nanos(std::numeric_limits<int64_t>::max()) * kNanosPerUnit, 1};
  }
  const IntBounds bounds = IntBoundsOf(*tiered.fact.field);
  return {Nanos(bounds.least) * kNanosPerUnit, Nanos(bounds.most) * kNanosPerUnit, kNanosPerUnit};
}

}  // namespace tiermark
