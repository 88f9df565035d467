#include "scoring/reevaluation.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_join.h"
#include "scoring/calendar.h"
#include "scoring/facts.h"

namespace tiermark {
namespace {

constexpr int kQuarterMonths = 3;

DetectedChange GrowthOf(int previous, int current) {
  DetectedChange detected;
  detected.type = v1::ACCOUNT_EVENT_TYPE_PORTFOLIO_GROWTH;
  detected.change.set_fact("past_due_cases");
  detected.change.mutable_previous()->set_int64(previous);
  detected.change.mutable_current()->set_int64(current);
  return detected;
}

DetectedChange NewCountry(const std::string& country) {
  DetectedChange detected;
  detected.type = v1::ACCOUNT_EVENT_TYPE_NEW_COUNTRY;
  detected.country = country;
  detected.change.set_fact("countries");
  detected.change.mutable_current()->set_text(country);
  return detected;
}

DetectedChange MixOf(const std::vector<std::string>& dropped,
                     const std::vector<std::string>& added) {
  DetectedChange detected;
  detected.type = v1::ACCOUNT_EVENT_TYPE_PRODUCT_MIX_CHANGE;
  detected.change.set_fact("financial_products");
  if (!dropped.empty()) {
    detected.change.mutable_previous()->set_text(absl::StrJoin(dropped, ", "));
  }
  if (!added.empty()) detected.change.mutable_current()->set_text(absl::StrJoin(added, ", "));
  return detected;
}

// What is in `from` but not in `without`, both sorted.
template <typename From, typename Without>
std::vector<std::string> Difference(const From& from, const Without& without) {
  std::vector<std::string> difference;
  std::set_difference(from.begin(), from.end(), without.begin(), without.end(),
                      std::back_inserter(difference));
  return difference;
}

std::vector<std::string> SortedProducts(const v1::AccountFacts& facts) {
  std::vector<std::string> products(facts.financial_products().begin(),
                                    facts.financial_products().end());
  std::sort(products.begin(), products.end());
  return products;
}

store::v1::Due MakeDue(v1::ReevaluationReason reason, int64_t due_us, int64_t overdue_us) {
  store::v1::Due due;
  due.set_reason(reason);
  due.set_due_us(due_us);
  due.set_overdue_us(overdue_us);
  return due;
}

store::v1::Due Scattered(store::v1::Due due) {
  due.set_scattered(true);
  return due;
}

// First day on which an account looked at on `day` is to be looked at in the quarterly review.
absl::CivilDay NextReviewDay(absl::CivilDay day, const CompiledPolicy& policy) {
  if (policy.policy.quarterly_interval() == v1::QUARTERLY_INTERVAL_ROLLING) {
    return AddMonths(day, kQuarterMonths);
  }
  return NextQuarterStart(day);
}

// Day from which the account counts as new.
absl::CivilDay NewSince(const v1::AccountFacts& facts, const store::v1::AccountState& state) {
  if (EffectiveStage(facts) == v1::LIFECYCLE_STAGE_CLIENT) {
    if (facts.has_client_since_date()) return DayOf(facts.client_since_date());
    if (state.has_client_stage_date()) return DayOf(state.client_stage_date());
  }
  return CreatedDay(facts, state);
}

store::v1::Due CadenceAfter(absl::CivilDay last, const v1::AccountFacts& facts,
                            const store::v1::AccountState& state, const CompiledPolicy& policy) {
  const absl::CivilDay monthly = AddMonths(last, policy.policy.new_account_interval_months());
  const absl::CivilDay new_until =
      AddMonths(NewSince(facts, state), policy.policy.new_account_months());
  if (monthly < new_until) {
    const int64_t due_us = StartOfDayMicros(monthly, policy.zone);
    return MakeDue(v1::REEVALUATION_REASON_MONTHLY, due_us, due_us);
  }
  const absl::CivilDay review = NextReviewDay(last, policy);
  return MakeDue(v1::REEVALUATION_REASON_QUARTERLY, StartOfDayMicros(review, policy.zone),
                 StartOfDayMicros(NextReviewDay(review, policy), policy.zone));
}

// The first scoring of an account: a client joins the quarterly review from its creation on, any
// other is scored before the first meeting.
store::v1::Due FirstScoring(const v1::AccountFacts& facts, const store::v1::AccountState& state,
                            const CompiledPolicy& policy) {
  const absl::CivilDay created = CreatedDay(facts, state);
  const int64_t due_us = StartOfDayMicros(created, policy.zone);
  if (EffectiveStage(facts) == v1::LIFECYCLE_STAGE_CLIENT) {
    return Scattered(MakeDue(v1::REEVALUATION_REASON_QUARTERLY, due_us,
                             StartOfDayMicros(NextReviewDay(created, policy), policy.zone)));
  }
  int64_t overdue_us = due_us;
  if (facts.has_first_meeting_date()) {
    const absl::CivilDay meeting = DayOf(facts.first_meeting_date());
    overdue_us = std::max(due_us, StartOfDayMicros(meeting, policy.zone));
  }
  return Scattered(MakeDue(v1::REEVALUATION_REASON_FIRST_MEETING, due_us, overdue_us));
}

}  // namespace

std::vector<DetectedChange> DetectChanges(const store::v1::DetectionBaseline& baseline,
                                          const v1::AccountFacts& facts,
                                          const v1::ReevaluationPolicy& policy) {
  std::vector<DetectedChange> detected;
  if (baseline.has_past_due_cases() && facts.has_past_due_cases()) {
    const int64_t previous = baseline.past_due_cases();
    const int64_t current = facts.past_due_cases();
    if (100 * current > (100 + policy.growth_threshold_percent()) * previous) {
      detected.push_back(GrowthOf(baseline.past_due_cases(), facts.past_due_cases()));
    }
  }
  if (!baseline.countries().empty()) {
    for (const std::string& country : Difference(DistinctCountries(facts), baseline.countries())) {
      detected.push_back(NewCountry(country));
    }
  }
  const std::vector<std::string> products = SortedProducts(facts);
  if (!baseline.financial_products().empty() && !products.empty()) {
    const std::vector<std::string> dropped = Difference(baseline.financial_products(), products);
    const std::vector<std::string> added = Difference(products, baseline.financial_products());
    if (!dropped.empty() || !added.empty()) detected.push_back(MixOf(dropped, added));
  }
  return detected;
}

store::v1::DetectionBaseline BaselineOf(const v1::AccountFacts& facts) {
  store::v1::DetectionBaseline baseline;
  if (facts.has_past_due_cases()) baseline.set_past_due_cases(facts.past_due_cases());
  for (const std::string& country : DistinctCountries(facts)) baseline.add_countries(country);
  for (const std::string& product : SortedProducts(facts)) {
    baseline.add_financial_products(product);
  }
  return baseline;
}

absl::CivilDay CreatedDay(const v1::AccountFacts& facts, const store::v1::AccountState& state) {
  if (facts.has_created_date()) return DayOf(facts.created_date());
  return DayOf(state.first_write_date());
}

std::vector<store::v1::Due> DueReasons(const v1::AccountFacts& facts,
                                       const store::v1::AccountState& state,
                                       const CompiledPolicy& policy) {
  std::vector<store::v1::Due> due;
  if (!state.open_events().empty()) {
    const auto earliest =
        std::min_element(state.open_events().begin(), state.open_events().end(),
                         [](const auto& a, const auto& b) { return a.due_us() < b.due_us(); });
    due.push_back(
        Scattered(MakeDue(v1::REEVALUATION_REASON_EVENT, earliest->due_us(), earliest->due_us())));
  }
  if (state.has_model_change()) {
    const int64_t publish_us = state.model_change().publish_us();
    due.push_back(
        Scattered(MakeDue(v1::REEVALUATION_REASON_MODEL_CHANGED, publish_us, publish_us)));
  }
  if (const store::v1::LatestScore* counted = CountedScore(state)) {
    due.push_back(CadenceAfter(DayAt(counted->evaluate_us(), policy.zone), facts, state, policy));
  } else {
    due.push_back(FirstScoring(facts, state, policy));
  }
  return due;
}

const store::v1::Due* NextDue(const std::vector<store::v1::Due>& due) {
  const auto first = std::min_element(due.begin(), due.end(), [](const auto& a, const auto& b) {
    return a.due_us() != b.due_us() ? a.due_us() < b.due_us() : a.reason() < b.reason();
  });
  return first == due.end() ? nullptr : &*first;
}

const store::v1::LatestScore* CountedScore(const store::v1::AccountState& state) {
  for (const store::v1::LatestScore& score : state.scores()) {
    if (score.counted()) return &score;
  }
  return nullptr;
}

int OverdueDays(int64_t overdue_us, int64_t as_of_us, absl::TimeZone zone) {
  if (as_of_us < overdue_us) return 0;
  return static_cast<int>(DayAt(as_of_us, zone) - DayAt(overdue_us, zone));
}

}  // namespace tiermark
