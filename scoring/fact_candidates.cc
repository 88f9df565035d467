#include "scoring/fact_candidates.h"

#include <algorithm>
#include <string>

#include "scoring/fact_domain.h"

namespace tiermark {
namespace {

Nanos RoundUp(Nanos value, Nanos step) {
  const Nanos rest = value % step;
  if (rest == 0) return value;
  return rest > 0 ? value - rest + step : value - rest;
}

FactType TypeRead(const CompiledCriterion& tiered) {
  switch (tiered.rule) {
    case RuleKind::kMoney:
      return FactType::kMoney;
    case RuleKind::kRecency:
      return FactType::kDate;
    case RuleKind::kCount:
      return FactType::kList;
    default:
      return FactType::kNumber;
  }
}

// The least value and the first of every tier, as far as the fact can take them.
std::vector<Reading> Ordered(const ModelParts& parts, const FactGroup& group,
                             const CompiledCriterion& tiered, int64_t today) {
  const FactDomain domain = DomainOf(tiered);
  Reading reading = {true, TypeRead(tiered), domain.least, {}};
  std::vector<Reading> candidates;
  if (tiered.rule == RuleKind::kMoney) {
    // Amounts of the reference currency meet every bound; only the ends of what can be written are
    // worth more or less in others.
    for (int currency = 0; currency < parts.rates.size(); ++currency) {
      reading.text = parts.rates.code(currency);
      for (const Nanos end : {domain.least, domain.most}) {
        reading.value = end;
        candidates.push_back(reading);
      }
    }
    reading.text = parts.model.reference_currency();
  } else {
    candidates.push_back(reading);
  }
  for (const int i : group) {
    const CompiledCriterion& criterion = parts.criteria[i];
    const Nanos origin = criterion.rule == RuleKind::kRecency ? Nanos(today) : Nanos(0);
    for (const Nanos bound : criterion.bounds) {
      reading.value = RoundUp(bound + origin, domain.step);
      if (reading.value > domain.least && reading.value <= domain.most) {
        candidates.push_back(reading);
      }
    }
  }
  return candidates;
}

std::vector<Reading> Categories(const ModelParts& parts, const FactGroup& group,
                                const FactKind& fact) {
  std::vector<Reading> candidates;
  if (fact.type == FactType::kEnum) {
    const auto values = static_cast<int64_t>(EnumNames(fact).size());
    for (int64_t i = 1; i < values; ++i) candidates.push_back({true, FactType::kEnum, i, {}});
    return candidates;
  }
  // No rule lists the empty text: it stands for all that are not listed.
  candidates.push_back({true, FactType::kText, 0, {}});
  for (const int i : group) {
    for (const v1::Category& category : parts.model.criteria(i).category_points().categories()) {
      candidates.push_back({true, FactType::kText, 0, category.value()});
    }
  }
  return candidates;
}

}  // namespace

std::vector<Reading> CandidatesOf(const ModelParts& parts, const FactGroup& group, int64_t today) {
  // All rules but presence read one type.
  const auto typed = std::find_if(group.begin(), group.end(), [&parts](int i) {
    return parts.criteria[i].rule != RuleKind::kPresence;
  });
  const CompiledCriterion& criterion = parts.criteria[typed == group.end() ? group[0] : *typed];
  if (typed != group.end()) {
    return criterion.is_tiered() ? Ordered(parts, group, criterion, today)
                                 : Categories(parts, group, criterion.fact);
  }
  const FactType type = criterion.fact.type;
  if (type != FactType::kBool && type != FactType::kAny) return {{true, type, 1, {}}};
  return {{true, FactType::kBool, 0, {}}, {true, FactType::kBool, 1, {}}};
}

}  // namespace tiermark
