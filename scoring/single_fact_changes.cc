#include "scoring/single_fact_changes.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "scoring/calendar.h"
#include "scoring/change_messages.h"
#include "scoring/fact_domain.h"
#include "scoring/facts.h"

namespace tiermark {
namespace {

constexpr absl::CivilDay kEpoch(1970, 1, 1);

Nanos RoundDown(Nanos value, Nanos step) {
  const Nanos rest = value % step;
  return rest < 0 ? value - rest - step : value - rest;
}

Nanos RoundUp(Nanos value, Nanos step) { return -RoundDown(-value, step); }

// The changes of one fact.
class FactChanges {
 public:
  FactChanges(const ScoredAccount& account, const FactGroup& group, int rest, int target,
              v1::SegmentDistance* distance)
      : account_(account),
        group_(group),
        rest_(rest),
        target_(target),
        distance_(distance),
        criterion_(account.compiled.criteria[group[0]]),
        reading_(account.readings[group[0]]) {}

  void Add() {
    const FactSource source = criterion_.fact.source;
    if (source == FactSource::kPotentialMrr && !account_.facts.has_country()) return;
    if (const CompiledCriterion* tiered = FindRule(&CompiledCriterion::is_tiered)) {
      AddOrdered(*tiered);
    } else if (FindRule(&CompiledCriterion::is_category) != nullptr) {
      AddCategories();
    } else if (!IsPresent(reading_)) {
      AddPresence(ExactWith([](const CompiledCriterion& c) { return c.present_points; }));
    }
  }

 private:
  // Values that are worth the same, as far as the fact can take them. Empty where the next step of
  // the fact lies beyond.
  struct Interval {
    Nanos first;
    Nanos last;
    int exact;

    bool empty() const { return first > last; }
  };
  // Least values of the intervals, rising.
  using Starts = absl::InlinedVector<Nanos, 16>;

  const CompiledCriterion* FindRule(bool (CompiledCriterion::*is)() const) const {
    for (const int i : group_) {
      if ((account_.compiled.criteria[i].*is)()) return &account_.compiled.criteria[i];
    }
    return nullptr;
  }

  bool Reaches(int exact) const { return exact >= target_; }

  // The exact score if each criterion of the fact gave `points(criterion)`.
  template <typename Points>
  int ExactWith(Points points) const {
    int exact = rest_;
    for (const int i : group_) {
      const CompiledCriterion& criterion = account_.compiled.criteria[i];
      exact += criterion.weight * points(criterion);
    }
    return std::clamp(exact, 0, 10'000);
  }

  const std::vector<Nanos>& BoundsOf(const CompiledCriterion& criterion) const {
    return criterion.rule == RuleKind::kMoney ? criterion.bounds_in_currency[currency_]
                                              : criterion.bounds;
  }

  // What the bounds of a criterion are counted from.
  Nanos Origin(const CompiledCriterion& criterion) const {
    return criterion.rule == RuleKind::kRecency ? Nanos(account_.day - kEpoch) : Nanos(0);
  }

  int ExactAt(Nanos value) const {
    return ExactWith([&](const CompiledCriterion& criterion) {
      if (criterion.rule == RuleKind::kPresence) return criterion.present_points;
      return criterion.points[TierOf(BoundsOf(criterion), value - Origin(criterion))];
    });
  }

  // The values that a change can name: amounts in the fact's currency by its minor unit, custom
  // numbers in the form that the fact has.
  FactDomain NamedDomain(const CompiledCriterion& tiered) const {
    FactDomain domain = DomainOf(tiered);
    if (tiered.rule == RuleKind::kMoney) {
      domain.step = NanosPerMinorUnit(account_.compiled.rates.code(currency_));
    } else if (decimal_) {
      domain.most = Nanos(1'000'000'000'000'000'000) * kNanosPerUnit - 1;
      domain.least = -domain.most;
    } else if (tiered.rule == RuleKind::kNumeric) {
      domain.step = kNanosPerUnit;
    }
    return domain;
  }

  // Whether a custom number is written as a decimal: as it is now, or as the bounds ask for.
  bool IsDecimal(const CompiledCriterion& tiered) const {
    if (tiered.fact.source != FactSource::kCustom) return false;
    if (reading_.known) {
      return account_.facts.custom().at(tiered.fact.custom_key).has_decimal();
    }
    return std::any_of(tiered.bounds.begin(), tiered.bounds.end(),
                       [](Nanos bound) { return bound % kNanosPerUnit != 0; });
  }

  Starts StartsOf(const FactDomain& domain) const {
    Starts starts = {domain.least};
    for (const int i : group_) {
      const CompiledCriterion& criterion = account_.compiled.criteria[i];
      if (!criterion.is_tiered()) continue;
      const std::vector<Nanos>& bounds = BoundsOf(criterion);
      const Nanos origin = Origin(criterion);
      for (auto bound = bounds.rbegin(); bound != bounds.rend(); ++bound) {
        starts.push_back(std::max(*bound + origin, domain.least));
      }
    }
    if (group_.size() > 1) std::sort(starts.begin(), starts.end());
    return starts;
  }

  // The interval that begins with a start.
  Interval IntervalAt(const FactDomain& domain, const Starts& starts, size_t i) const {
    const Nanos end = i + 1 < starts.size() ? starts[i + 1] - 1 : domain.most;
    return {RoundUp(starts[i], domain.step), RoundDown(std::min(end, domain.most), domain.step),
            ExactAt(starts[i])};
  }

  void AddOrdered(const CompiledCriterion& tiered) {
    decimal_ = IsDecimal(tiered);
    if (tiered.rule == RuleKind::kMoney) {
      const std::string& reference = account_.compiled.model.reference_currency();
      currency_ = account_.compiled.rates.Find(reading_.known ? reading_.text
                                                              : absl::string_view(reference));
    }
    const FactDomain domain = NamedDomain(tiered);
    if (reading_.known) {
      AddNearest(tiered, domain, StartsOf(domain));
    } else {
      AddFromUnknown(tiered, domain, StartsOf(domain));
    }
  }

  // The nearest values above and below the known one.
  void AddNearest(const CompiledCriterion& tiered, const FactDomain& domain, const Starts& starts) {
    const size_t above =
        std::upper_bound(starts.begin(), starts.end(), reading_.value) - starts.begin();
    for (size_t i = above; i < starts.size(); ++i) {
      if (!Reaches(ExactAt(starts[i]))) continue;
      const Interval interval = IntervalAt(domain, starts, i);
      if (interval.empty()) continue;
      AddAtLeast(tiered, interval);
      break;
    }
    // The interval before `above` is the one that the value lies in.
    for (size_t i = above; i-- > 0;) {
      if (i + 1 == above || !Reaches(ExactAt(starts[i]))) continue;
      const Interval interval = IntervalAt(domain, starts, i);
      if (interval.empty()) continue;
      AddAtMost(tiered, interval);
      break;
    }
  }

  // Nothing is known, so nothing is near: named are the values from which on, and up to which, all
  // reach; where only some in between do, the least of them.
  void AddFromUnknown(const CompiledCriterion& tiered, const FactDomain& domain,
                      const Starts& starts) {
    std::vector<Interval> intervals;
    for (size_t i = 0; i < starts.size(); ++i) {
      const Interval interval = IntervalAt(domain, starts, i);
      if (!interval.empty()) intervals.push_back(interval);
    }
    const auto reaches = [this](const Interval& interval) { return Reaches(interval.exact); };
    const auto first = std::find_if(intervals.begin(), intervals.end(), reaches);
    if (first == intervals.end()) return;
    const auto above = std::find_if_not(intervals.rbegin(), intervals.rend(), reaches).base();
    const auto below = std::find_if_not(intervals.begin(), intervals.end(), reaches);
    if (below == intervals.end()) {
      const auto least =
          std::min_element(intervals.begin(), intervals.end(),
                           [](const Interval& a, const Interval& b) { return a.exact < b.exact; });
      AddPresence(least->exact);
      return;
    }
    if (above != intervals.end()) AddAtLeast(tiered, *above);
    if (below != intervals.begin()) AddAtMost(tiered, *(below - 1));
    if (above == intervals.end() && below == intervals.begin()) AddAtLeast(tiered, *first);
  }

  void AddCategories() {
    v1::SingleFactChange* change = nullptr;
    int lowest = 10'000;
    int highest = 0;
    for (const Reading& candidate : Candidates()) {
      const int exact = ExactOfCategory(candidate);
      if (!Reaches(exact)) continue;
      if (change == nullptr) change = NewChange();
      change->mutable_one_of()->add_values(candidate.text.data(), candidate.text.size());
      lowest = std::min(lowest, exact);
      highest = std::max(highest, exact);
    }
    if (change == nullptr) return;
    const bool one_band =
        account_.compiled.BandOfExact(lowest) == account_.compiled.BandOfExact(highest);
    Finish(change, absl::StrCat(one_band ? "" : "at least ", BandName(lowest)));
  }

  // Every value of an enum, or every text that the model lists, but the present one.
  absl::InlinedVector<Reading, 8> Candidates() const {
    absl::InlinedVector<Reading, 8> candidates;
    if (criterion_.fact.type == FactType::kEnum) {
      const std::vector<std::string>& names = EnumNames(criterion_.fact);
      for (size_t i = 1; i < names.size(); ++i) {
        if (reading_.known && reading_.value == static_cast<int64_t>(i)) continue;
        candidates.push_back({true, FactType::kEnum, static_cast<int64_t>(i), names[i]});
      }
      return candidates;
    }
    for (const int i : group_) {
      const v1::CategoryPoints& rule = account_.compiled.model.criteria(i).category_points();
      for (const v1::Category& category : rule.categories()) {
        const bool met = std::any_of(
            candidates.begin(), candidates.end(),
            [&](const Reading& candidate) { return candidate.text == category.value(); });
        if (met || (reading_.known && reading_.text == category.value())) continue;
        candidates.push_back({true, FactType::kText, 0, category.value()});
      }
    }
    return candidates;
  }

  int ExactOfCategory(const Reading& candidate) const {
    // Another country makes another amount local, and may be one more: no reading stays as it is.
    if (criterion_.fact.source == FactSource::kCountry) {
      v1::AccountFacts moved = account_.facts;
      moved.set_country(candidate.text.data(), candidate.text.size());
      ScoreCard card;
      return account_.model.Score(moved, account_.day, &card).ok() ? card.exact_score : -1;
    }
    return ExactWith([&](const CompiledCriterion& criterion) {
      CriterionScore score = {};
      ScoreCriterion(criterion, candidate, account_.compiled.rates, 0, &score);
      return score.points;
    });
  }

  void AddPresence(int exact) {
    if (!Reaches(exact)) return;
    v1::SingleFactChange* change = NewChange();
    change->set_present(true);
    Finish(change, BandName(exact));
  }

  void AddAtLeast(const CompiledCriterion& tiered, const Interval& interval) {
    v1::SingleFactChange* change = NewChange();
    SetValue(tiered, interval.first, change->mutable_at_least());
    Finish(change, BandName(interval.exact));
  }

  void AddAtMost(const CompiledCriterion& tiered, const Interval& interval) {
    v1::SingleFactChange* change = NewChange();
    SetValue(tiered, interval.last, change->mutable_at_most());
    Finish(change, BandName(interval.exact));
  }

  void SetValue(const CompiledCriterion& tiered, Nanos value, v1::FactValue* target) const {
    switch (tiered.rule) {
      case RuleKind::kMoney:
        *target->mutable_money() = MoneyOf(account_.compiled.rates.code(currency_), value);
        return;
      case RuleKind::kRecency:
        *target->mutable_date() = DateOf(kEpoch + static_cast<int64_t>(value));
        return;
      case RuleKind::kCount:
        target->set_int64(static_cast<int64_t>(value));
        return;
      default:
        if (decimal_) {
          target->set_decimal(FormatDecimal(value));
        } else {
          target->set_int64(static_cast<int64_t>(value / kNanosPerUnit));
        }
    }
  }

  const std::string& BandName(int exact) const {
    return account_.compiled.model.bands(account_.compiled.BandOfExact(exact)).display_name();
  }

  v1::SingleFactChange* NewChange() {
    const v1::Criterion& criterion = account_.compiled.model.criteria(group_[0]);
    v1::SingleFactChange* change = distance_->add_changes();
    change->set_criterion_id(criterion.criterion_id());
    change->set_fact(criterion.fact());
    return change;
  }

  void Finish(v1::SingleFactChange* change, absl::string_view outcome) {
    change->set_message(ChangeMessage(*change, account_.compiled.model.criteria(group_[0]),
                                      criterion_.fact, outcome));
  }

  const ScoredAccount& account_;
  const FactGroup& group_;
  // What the other criteria give, and what has to be reached, in hundredths.
  const int rest_;
  const int target_;
  v1::SegmentDistance* const distance_;
  const CompiledCriterion& criterion_;
  const Reading& reading_;
  int currency_ = 0;
  bool decimal_ = false;
};

}  // namespace

void AddSingleFactChanges(const ScoredAccount& account, int target, v1::SegmentDistance* distance) {
  const auto contribution = [&account](int i) {
    return account.compiled.criteria[i].weight * account.card.criteria[i].points;
  };
  int sum = 0;
  for (size_t i = 0; i < account.compiled.criteria.size(); ++i) {
    sum += contribution(static_cast<int>(i));
  }
  for (const FactGroup& group : account.compiled.groups) {
    int rest = sum;
    for (const int i : group) rest -= contribution(i);
    FactChanges(account, group, rest, target, distance).Add();
  }
}

}  // namespace tiermark
