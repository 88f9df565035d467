#include "random_models.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "scoring/calendar.h"

namespace tiermark {
namespace {

constexpr absl::CivilDay kEpoch(1970, 1, 1);
const char* const kCurrencies[] = {"USD", "COP", "CLP", "KWD"};
const char* const kTexts[] = {"red", "green", "blue", "u-17"};

const char* const kNumbers[] = {"past_due_cases", "custom.count", "custom.ratio", "employees",
                                "late_payment_percent"};
const char* const kMoneys[] = {"potential_mrr", "custom.fee", "budget"};
const char* const kCategories[] = {"industry_reference", "lifecycle_stage", "owner_id",
                                   "custom.color",       "contact_role",    "industry"};
const char* const kLists[] = {"countries", "financial_products", "product_lines", "interests",
                              "product_line_revenue"};
const char* const kDates[] = {"created_date", "client_since_date", "first_meeting_date",
                              "custom.day", "last_contact_date"};
const char* const kAnything[] = {
    "custom.flag",  "past_due_cases", "product_lines",         "custom.fee", "first_meeting_date",
    "custom.count", "budget",         "specific_request_made", "interests",  "last_contact_date"};

bool IsOneOf(const std::string& fact, std::initializer_list<const char*> facts) {
  return std::find(facts.begin(), facts.end(), fact) != facts.end();
}

Nanos RateOf(const v1::ExchangeRates& rates, const std::string& currency) {
  for (const v1::ExchangeRate& rate : rates.rates()) {
    if (rate.currency_code() == currency) return *ParseDecimal(rate.rate());
  }
  return 0;
}

// Falling bounds on a coarse grid, so that facts meet them often.
std::vector<int64_t> RandomBounds(Chance* chance, int64_t least, int64_t most) {
  std::set<int64_t, std::greater<int64_t>> bounds;
  for (int64_t n = chance->Between(0, 4); n > 0; --n) bounds.insert(chance->Between(least, most));
  return {bounds.begin(), bounds.end()};
}

class ModelMaker {
 public:
  ModelMaker(Chance* chance, v1::ScoringMethod method) : chance_(chance) {
    weighted_ = method == v1::SCORING_METHOD_WEIGHTED;
    model_.set_model_id("random");
    model_.set_version(1);
    model_.set_display_name("Random");
    model_.set_method(method);
    model_.set_reference_currency("USD");
  }

  v1::ScoringModel Make() {
    const int criteria = static_cast<int>(chance_->Between(1, 6));
    int weight_left = 100;
    for (int i = 0; i < criteria; ++i) {
      v1::Criterion* criterion = model_.add_criteria();
      criterion->set_criterion_id(absl::StrCat("c", i));
      criterion->set_display_name(absl::StrCat("Criterion ", i));
      const int weight =
          i + 1 == criteria
              ? weight_left
              : static_cast<int>(chance_->Between(1, weight_left - (criteria - i - 1)));
      if (weighted_) criterion->set_weight_percent(weight);
      weight_left -= weight;
      AddRule(criterion);
      if (!criterion->has_presence_points() && chance_->OneIn(2)) {
        criterion->set_missing_points(Points());
      }
    }
    AddBands();
    return model_;
  }

 private:
  int Points() { return static_cast<int>(chance_->Between(weighted_ ? 0 : -10, 10) * 10); }

  template <typename Tiers>
  void AddDecimalTiers(int64_t most, bool fractions, Tiers* tiers) {
    for (const int64_t bound : RandomBounds(chance_, 0, most)) {
      v1::NumericTier* tier = tiers->add_tiers();
      tier->set_at_least(absl::StrCat(bound, fractions && chance_->OneIn(2) ? ".25" : ""));
      tier->set_points(Points());
    }
    tiers->add_tiers()->set_points(Points());
  }

  void AddRule(v1::Criterion* criterion) {
    switch (chance_->Between(1, 6)) {
      case 1:
        criterion->set_fact(chance_->Pick(kNumbers));
        return AddDecimalTiers(40, criterion->fact() != "custom.count" || chance_->OneIn(2),
                               criterion->mutable_numeric_tiers());
      case 2:
        criterion->set_fact(chance_->Pick(kMoneys));
        return AddDecimalTiers(40, true, criterion->mutable_money_tiers());
      case 3:
        criterion->set_fact(chance_->Pick(kCategories));
        return AddCategories(criterion);
      case 4:
        criterion->set_fact(chance_->Pick(kAnything));
        criterion->mutable_presence_points()->set_present_points(Points());
        criterion->mutable_presence_points()->set_absent_points(Points());
        return;
      case 5: {
        criterion->set_fact(chance_->Pick(kDates));
        std::vector<int64_t> bounds = RandomBounds(chance_, -60, 60);
        std::reverse(bounds.begin(), bounds.end());
        for (const int64_t days : bounds) {
          v1::RecencyTier* tier = criterion->mutable_recency_tiers()->add_tiers();
          tier->set_days_at_most(static_cast<int>(days));
          tier->set_points(Points());
        }
        criterion->mutable_recency_tiers()->add_tiers()->set_points(Points());
        return;
      }
      default:
        criterion->set_fact(chance_->Pick(kLists));
        for (const int64_t bound : RandomBounds(chance_, 1, 7)) {
          v1::CountTier* tier = criterion->mutable_distinct_count_tiers()->add_tiers();
          tier->set_at_least(static_cast<int>(bound));
          tier->set_points(Points());
        }
        criterion->mutable_distinct_count_tiers()->add_tiers()->set_points(Points());
    }
  }

  void AddCategories(v1::Criterion* criterion) {
    std::vector<std::string> values(std::begin(kTexts), std::end(kTexts));
    const std::vector<std::string> enum_values = EnumTexts(criterion->fact());
    if (!enum_values.empty()) values = enum_values;
    v1::CategoryPoints* rule = criterion->mutable_category_points();
    for (size_t i = 0; i < values.size(); ++i) {
      if (i > 0 && chance_->OneIn(4)) continue;
      v1::Category* category = rule->add_categories();
      category->set_value(values[i]);
      category->set_points(Points());
    }
    rule->set_other_points(Points());
  }

  void AddBands() {
    for (const int64_t min_score : RandomBounds(chance_, 1, 100)) AddBand(min_score);
    AddBand(0);
  }

  void AddBand(int64_t min_score) {
    v1::Band* band = model_.add_bands();
    band->set_band_id(absl::StrCat("b", min_score));
    band->set_display_name(absl::StrCat("Band ", min_score));
    band->set_min_score(static_cast<int>(min_score));
  }

  Chance* chance_;
  bool weighted_;
  v1::ScoringModel model_;
};

v1::FactValue NumberValue(const std::string& fact, Nanos nanos) {
  v1::FactValue value;
  if (fact == "custom.ratio") {
    value.set_decimal(FormatDecimal(nanos));
  } else {
    value.set_int64(static_cast<int64_t>(nanos / kNanosPerUnit));
  }
  return value;
}

void AddMoneyProbes(const v1::MoneyTiers& rule, const v1::ExchangeRates& rates,
                    const std::string& currency, std::vector<v1::FactValue>* probes) {
  const Nanos minor = NanosPerMinorUnit(currency);
  for (const v1::NumericTier& tier : rule.tiers()) {
    const Nanos bound = tier.has_at_least() ? *ParseDecimal(tier.at_least()) : Nanos(0);
    const Nanos near = bound * kNanosPerUnit / RateOf(rates, currency) / minor * minor;
    for (const int steps : {-1'000, -1, 0, 1, 2, 1'000}) {
      if (near + minor * steps < 0) continue;
      *probes->emplace_back().mutable_money() = MoneyOf(currency, near + minor * steps);
    }
  }
}

}  // namespace

bool IsFlag(const std::string& fact) {
  return fact == "custom.flag" || fact == "specific_request_made";
}

v1::ExchangeRates RandomRates(Chance* chance) {
  v1::ExchangeRates rates;
  rates.set_version(3);
  rates.set_reference_currency("USD");
  for (const char* currency : kCurrencies) {
    v1::ExchangeRate* rate = rates.add_rates();
    rate->set_currency_code(currency);
    rate->set_rate(currency == std::string("USD")
                       ? "1"
                       : FormatDecimal(Nanos(chance->Between(1, 3'000'000'000))));
  }
  return rates;
}

v1::ScoringModel RandomModel(Chance* chance, v1::ScoringMethod method) {
  return ModelMaker(chance, method).Make();
}

std::vector<v1::FactValue> Probes(const v1::ScoringModel& model, const std::string& fact,
                                  const v1::ExchangeRates& rates, const std::string& currency,
                                  absl::CivilDay day) {
  std::vector<v1::FactValue> probes;
  for (const v1::Criterion& criterion : model.criteria()) {
    if (criterion.fact() != fact) continue;
    for (const v1::NumericTier& tier : criterion.numeric_tiers().tiers()) {
      const Nanos bound = tier.has_at_least() ? *ParseDecimal(tier.at_least()) : Nanos(0);
      for (const Nanos& by : {-2 * Nanos(kNanosPerUnit), -Nanos(kNanosPerUnit), Nanos(-1), Nanos(0),
                              Nanos(1), Nanos(kNanosPerUnit), 50 * Nanos(kNanosPerUnit)}) {
        if (bound + by >= 0) probes.push_back(NumberValue(fact, bound + by));
      }
    }
    AddMoneyProbes(criterion.money_tiers(), rates, currency, &probes);
    for (const v1::RecencyTier& tier : criterion.recency_tiers().tiers()) {
      for (const int by : {-90, -1, 0, 1, 90}) {
        *probes.emplace_back().mutable_date() = DateOf(day - tier.days_at_most() + by);
      }
    }
    if (criterion.has_distinct_count_tiers()) {
      for (int count = 1; count <= 9; ++count) probes.emplace_back().set_int64(count);
    }
    for (const v1::Category& category : criterion.category_points().categories()) {
      probes.emplace_back().set_text(category.value());
    }
    if (criterion.has_presence_points() && IsFlag(fact)) {
      probes.emplace_back().set_bool_(false);
      probes.emplace_back().set_bool_(true);
    } else if (criterion.has_presence_points() && IsOneOf(fact, {"custom.fee", "budget"})) {
      *probes.emplace_back().mutable_money() = MoneyOf(currency, kNanosPerUnit);
    } else if (criterion.has_presence_points() &&
               IsOneOf(fact, {"first_meeting_date", "last_contact_date"})) {
      *probes.emplace_back().mutable_date() = DateOf(day);
    } else if (criterion.has_presence_points()) {
      probes.emplace_back().set_int64(3);
    }
  }
  return probes;
}

v1::AccountFacts RandomFacts(Chance* chance, const v1::ScoringModel& model,
                             const v1::ExchangeRates& rates, absl::CivilDay day) {
  v1::AccountFacts facts;
  if (!chance->OneIn(8)) facts.set_country(chance->Pick(kTestCountries));
  for (const v1::Criterion& criterion : model.criteria()) {
    const std::string currency = chance->Pick(kCurrencies);
    std::vector<v1::FactValue> probes = Probes(model, criterion.fact(), rates, currency, day);
    if (probes.empty() || chance->OneIn(6)) continue;
    SetFact(criterion.fact(), chance->Pick(probes), &facts);
  }
  return facts;
}

Nanos OrderOf(const v1::FactValue& value) {
  switch (value.value_case()) {
    case v1::FactValue::kInt64:
      return Nanos(value.int64()) * kNanosPerUnit;
    case v1::FactValue::kDecimal:
      return *ParseDecimal(value.decimal());
    case v1::FactValue::kMoney:
      return NanosOf(value.money());
    case v1::FactValue::kDate:
      return DayOf(value.date()) - kEpoch;
    default:
      ADD_FAILURE() << value.DebugString();
      return 0;
  }
}

absl::optional<int> SlowExactScore(const v1::ScoringModel& model, const v1::ExchangeRates& rates,
                                   const v1::AccountFacts& facts, absl::CivilDay day) {
  const bool weighted = model.method() == v1::SCORING_METHOD_WEIGHTED;
  int sum = 0;
  for (const v1::Criterion& criterion : model.criteria()) {
    const absl::optional<v1::FactValue> value = GetFact(criterion.fact(), facts);
    int points = 0;
    if (criterion.has_presence_points()) {
      const bool present = value && !(value->has_bool_() && !value->bool_());
      points = present ? criterion.presence_points().present_points()
                       : criterion.presence_points().absent_points();
    } else if (!value) {
      if (weighted && !criterion.has_missing_points()) return absl::nullopt;
      points = criterion.missing_points();
    } else if (criterion.has_category_points()) {
      points = criterion.category_points().other_points();
      for (const v1::Category& category : criterion.category_points().categories()) {
        if (category.value() == value->text()) points = category.points();
      }
    } else if (criterion.has_recency_tiers()) {
      const int64_t days = day - DayOf(value->date());
      for (const v1::RecencyTier& tier : criterion.recency_tiers().tiers()) {
        points = tier.points();
        if (tier.has_days_at_most() && days <= tier.days_at_most()) break;
      }
    } else if (criterion.has_distinct_count_tiers()) {
      for (const v1::CountTier& tier : criterion.distinct_count_tiers().tiers()) {
        points = tier.points();
        if (tier.has_at_least() && value->int64() >= tier.at_least()) break;
      }
    } else {
      const bool money = criterion.has_money_tiers();
      const auto& tiers =
          money ? criterion.money_tiers().tiers() : criterion.numeric_tiers().tiers();
      const Nanos rate = money ? RateOf(rates, value->money().currency_code()) : Nanos(1);
      const Nanos scale = money ? Nanos(kNanosPerUnit) : Nanos(1);
      for (const v1::NumericTier& tier : tiers) {
        points = tier.points();
        if (tier.has_at_least() &&
            OrderOf(*value) * rate >= *ParseDecimal(tier.at_least()) * scale) {
          break;
        }
      }
    }
    sum += points * (weighted ? criterion.weight_percent() : 100);
  }
  return std::clamp(sum, 0, 10'000);
}

}  // namespace tiermark
