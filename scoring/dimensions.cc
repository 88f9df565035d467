#include "scoring/dimensions.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "google/protobuf/descriptor.h"
#include "scoring/calendar.h"
#include "scoring/fact_reading.h"
#include "scoring/facts.h"
#include "scoring/text.h"

namespace tiermark {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::RepeatedPtrField;
using store::v1::AccountState;
using v1::AccountFacts;

constexpr char kUnknown[] = "UNSPECIFIED";

// The bands end below so many employees, and at so much revenue.
struct SizeBound {
  v1::SizeBand band;
  int employees_below;
  int64_t revenue_units_most;
};

constexpr SizeBound kSizeBounds[] = {
    {v1::SIZE_BAND_MICRO, 10, 2'000'000},
    {v1::SIZE_BAND_SMALL, 50, 10'000'000},
    {v1::SIZE_BAND_MEDIUM, 250, 50'000'000},
};

v1::SizeBand BandOfEmployees(int employees) {
  for (const SizeBound& bound : kSizeBounds) {
    if (employees < bound.employees_below) return bound.band;
  }
  return v1::SIZE_BAND_LARGE;
}

v1::SizeBand BandOfRevenue(const google::type::Money& revenue, const RateTable& rates) {
  const int currency = rates.Find(revenue.currency_code());
  if (currency == RateTable::kNone) return v1::SIZE_BAND_UNSPECIFIED;
  const Worth worth = rates.WorthOf(currency, NanosOf(revenue));
  for (const SizeBound& bound : kSizeBounds) {
    if (worth <= Worth{Nanos(bound.revenue_units_most) * kNanosPerUnit, 0}) return bound.band;
  }
  return v1::SIZE_BAND_LARGE;
}

v1::SizeBand SizeBandOf(const AccountFacts& facts, const DimensionBasis& basis) {
  v1::SizeBand band = v1::SIZE_BAND_UNSPECIFIED;
  if (facts.has_employees()) band = BandOfEmployees(facts.employees());
  if (facts.has_annual_revenue()) {
    band = std::max(band, BandOfRevenue(facts.annual_revenue(), *basis.rates));
  }
  return band;
}

v1::CustomerTenure TenureOf(const AccountFacts& facts, const AccountState& state,
                            const DimensionBasis& basis) {
  if (EffectiveStage(facts) != v1::LIFECYCLE_STAGE_CLIENT) return v1::CUSTOMER_TENURE_UNSPECIFIED;
  const absl::CivilDay since = ClientSinceDay(facts, state);
  // On days before, it was none.
  if (basis.day < since) return v1::CUSTOMER_TENURE_UNSPECIFIED;
  const absl::CivilDay new_until = AddMonths(since, basis.policy->policy.new_account_months());
  return basis.day < new_until ? v1::CUSTOMER_TENURE_NEW : v1::CUSTOMER_TENURE_CURRENT;
}

v1::CustomerOrigin OriginOf(const AccountFacts& facts, const DimensionBasis& basis) {
  const std::string& home = basis.policy->home_country;
  if (home.empty() || !facts.has_country()) return v1::CUSTOMER_ORIGIN_UNSPECIFIED;
  return facts.country() == home ? v1::CUSTOMER_ORIGIN_DOMESTIC : v1::CUSTOMER_ORIGIN_INTERNATIONAL;
}

v1::CustomerValue ValueOf(const AccountFacts& facts, const DimensionBasis& basis) {
  const absl::optional<Nanos>& threshold = basis.policy->high_value_mrr;
  const int local = LocalMrrIndex(facts);
  if (!threshold.has_value() || local < 0) return v1::CUSTOMER_VALUE_UNSPECIFIED;
  const google::type::Money& amount = facts.potential_mrr(local).amount();
  const int currency = basis.rates->Find(amount.currency_code());
  if (currency == RateTable::kNone) return v1::CUSTOMER_VALUE_UNSPECIFIED;
  const Worth worth = basis.rates->WorthOf(currency, NanosOf(amount));
  return Worth{*threshold, 0} <= worth ? v1::CUSTOMER_VALUE_HIGH : v1::CUSTOMER_VALUE_LOW;
}

std::vector<std::string> NotAdopted(const AccountFacts& facts, const DimensionBasis& basis) {
  std::vector<std::string> lines;
  for (const std::string& line : basis.policy->product_lines) {
    const auto& in_use = facts.product_lines();
    if (std::find(in_use.begin(), in_use.end(), line) == in_use.end()) lines.push_back(line);
  }
  return lines;
}

// Whether the criterion at `index` found its fact known.
bool WasKnown(const CompiledModel& model, int index, const CriterionScore& score,
              const AccountFacts& facts) {
  if (score.tier == CriterionScore::kMissing) return false;
  if (score.tier != CriterionScore::kAbsent) return true;
  const auto fact = FindFact(model.model().criteria(index).fact());
  return fact.has_value() && ReadFact(*fact, facts).known;
}

// The name of a risk level is that of its band.
v1::RiskLevel RiskLevelOf(absl::string_view band_id) {
  if (band_id == "low") return v1::RISK_LEVEL_LOW;
  if (band_id == "medium") return v1::RISK_LEVEL_MEDIUM;
  if (band_id == "high") return v1::RISK_LEVEL_HIGH;
  return v1::RISK_LEVEL_UNSPECIFIED;
}

// The band and the score by the risk model, or nothing.
absl::optional<ScoreCard> RiskOf(const AccountFacts& facts, const DimensionBasis& basis) {
  if (basis.risk_model == nullptr) return absl::nullopt;
  const CompiledModel& model = *basis.risk_model;
  ScoreCard card;
  if (!model.Score(facts, basis.day, &card).ok()) return absl::nullopt;
  for (int i = 0; i < model.model().criteria_size(); ++i) {
    if (WasKnown(model, i, card.criteria[i], facts)) return card;
  }
  return absl::nullopt;
}

v1::RiskLevel RiskLevelOf(const AccountFacts& facts, const DimensionBasis& basis) {
  const absl::optional<ScoreCard> card = RiskOf(facts, basis);
  if (!card.has_value()) return v1::RISK_LEVEL_UNSPECIFIED;
  return RiskLevelOf(basis.risk_model->model().bands(card->band).band_id());
}

v1::Segment CountedSegment(const AccountState& state) {
  const store::v1::LatestScore* counted = CountedScore(state);
  return counted == nullptr ? v1::SEGMENT_UNSPECIFIED : counted->segment();
}

// The enum whose values a dimension has; null where it has others.
const EnumDescriptor* EnumOf(v1::Dimension dimension) {
  switch (dimension) {
    case v1::DIMENSION_SEGMENT:
    case v1::DIMENSION_EFFECTIVE_SEGMENT:
      return v1::Segment_descriptor();
    case v1::DIMENSION_ACTIVITY:
      return v1::ActivityStatus_descriptor();
    case v1::DIMENSION_LIFECYCLE_STAGE:
      return v1::LifecycleStage_descriptor();
    case v1::DIMENSION_STANDING:
      return v1::Standing_descriptor();
    case v1::DIMENSION_CUSTOMER_KIND:
      return v1::CustomerKind_descriptor();
    case v1::DIMENSION_CUSTOMER_TENURE:
      return v1::CustomerTenure_descriptor();
    case v1::DIMENSION_CUSTOMER_ORIGIN:
      return v1::CustomerOrigin_descriptor();
    case v1::DIMENSION_CUSTOMER_VALUE:
      return v1::CustomerValue_descriptor();
    case v1::DIMENSION_SALES_ROUTE:
      return v1::SalesRoute_descriptor();
    case v1::DIMENSION_SALES_MEDIUM:
      return v1::SalesMedium_descriptor();
    case v1::DIMENSION_PROMOTION:
      return v1::Promotion_descriptor();
    case v1::DIMENSION_RESELLER_KIND:
      return v1::ResellerKind_descriptor();
    case v1::DIMENSION_SIZE_BAND:
      return v1::SizeBand_descriptor();
    case v1::DIMENSION_SERVICE_LEVEL:
      return v1::ServiceLevel_descriptor();
    case v1::DIMENSION_PAYMENT_TERMS:
      return v1::PaymentTerms_descriptor();
    case v1::DIMENSION_RISK_PROFILE:
      return v1::RiskLevel_descriptor();
    default:
      return nullptr;
  }
}

// The account's value of a dimension that has those of an enum.
int NumberOf(v1::Dimension dimension, const AccountOnDay& account, const DimensionBasis& basis) {
  const AccountFacts& facts = account.facts;
  switch (dimension) {
    case v1::DIMENSION_SEGMENT:
      return CountedSegment(account.state);
    case v1::DIMENSION_EFFECTIVE_SEGMENT:
      return account.effective_segment;
    case v1::DIMENSION_ACTIVITY:
      return account.activity;
    case v1::DIMENSION_LIFECYCLE_STAGE:
      return EffectiveStage(facts);
    case v1::DIMENSION_STANDING:
      return account.standing;
    case v1::DIMENSION_CUSTOMER_KIND:
      return facts.customer_kind();
    case v1::DIMENSION_CUSTOMER_TENURE:
      return TenureOf(facts, account.state, basis);
    case v1::DIMENSION_CUSTOMER_ORIGIN:
      return OriginOf(facts, basis);
    case v1::DIMENSION_CUSTOMER_VALUE:
      return ValueOf(facts, basis);
    case v1::DIMENSION_SALES_ROUTE:
      return facts.sales_route();
    case v1::DIMENSION_SALES_MEDIUM:
      return facts.sales_medium();
    case v1::DIMENSION_PROMOTION:
      return facts.promotion();
    case v1::DIMENSION_RESELLER_KIND:
      return facts.reseller_kind();
    case v1::DIMENSION_SIZE_BAND:
      return SizeBandOf(facts, basis);
    case v1::DIMENSION_SERVICE_LEVEL:
      return facts.service_level();
    case v1::DIMENSION_PAYMENT_TERMS:
      return facts.payment_terms();
    case v1::DIMENSION_RISK_PROFILE:
      return RiskLevelOf(facts, basis);
    default:
      return 0;
  }
}

std::string OrUnknown(const std::string& text) { return text.empty() ? kUnknown : text; }

std::string TruthOf(bool known, bool value) {
  if (!known) return kUnknown;
  return value ? "TRUE" : "FALSE";
}

std::vector<std::string> LinesOrUnknown(std::vector<std::string> lines) {
  if (lines.empty()) lines.emplace_back(kUnknown);
  return lines;
}

}  // namespace

std::string ShortName(const EnumDescriptor* values, int number) {
  const google::protobuf::EnumValueDescriptor* value = values->FindValueByNumber(number);
  if (value == nullptr) return kUnknown;
  return value->name().substr(values->value(0)->name().size() - absl::string_view(kUnknown).size());
}

absl::CivilDay ClientSinceDay(const AccountFacts& facts, const AccountState& state) {
  if (facts.has_client_since_date()) return DayOf(facts.client_since_date());
  if (state.has_client_stage_date()) return DayOf(state.client_stage_date());
  return CreatedDay(facts, state);
}

v1::AccountDimensions DimensionsOf(const AccountFacts& facts, const AccountState& state,
                                   const DimensionBasis& basis) {
  v1::AccountDimensions dimensions;
  v1::CustomerTypeDimension& type = *dimensions.mutable_customer_type();
  type.set_kind(facts.customer_kind());
  type.set_tenure(TenureOf(facts, state, basis));
  type.set_origin(OriginOf(facts, basis));
  type.set_value(ValueOf(facts, basis));
  dimensions.mutable_geography()->set_country(facts.country());
  dimensions.mutable_geography()->set_region(facts.region());
  v1::ProductLineDimension& lines = *dimensions.mutable_product_line();
  *lines.mutable_in_use() = facts.product_lines();
  *lines.mutable_revenue() = facts.product_line_revenue();
  for (std::string& line : NotAdopted(facts, basis)) lines.add_not_adopted(std::move(line));
  v1::SalesChannelDimension& channel = *dimensions.mutable_sales_channel();
  channel.set_route(facts.sales_route());
  channel.set_medium(facts.sales_medium());
  channel.set_promotion(facts.promotion());
  channel.set_reseller_kind(facts.reseller_kind());
  v1::AccountSizeDimension& size = *dimensions.mutable_account_size();
  if (facts.has_employees()) size.set_employees(facts.employees());
  if (facts.has_annual_revenue()) *size.mutable_annual_revenue() = facts.annual_revenue();
  size.set_band(SizeBandOf(facts, basis));
  dimensions.mutable_industry()->set_code(facts.industry());
  if (facts.has_industry_regulated()) {
    dimensions.mutable_industry()->set_regulated(facts.industry_regulated());
  }
  dimensions.set_service_level(facts.service_level());
  v1::PaymentTermsDimension& terms = *dimensions.mutable_payment_terms();
  terms.set_terms(facts.payment_terms());
  if (facts.has_early_payment_discount()) {
    terms.set_early_payment_discount(facts.early_payment_discount());
  }
  v1::RiskProfileDimension& risk = *dimensions.mutable_risk_profile();
  if (const absl::optional<ScoreCard> card = RiskOf(facts, basis)) {
    const v1::Band& band = basis.risk_model->model().bands(card->band);
    risk.set_level(RiskLevelOf(band.band_id()));
    risk.set_score(card->score);
    risk.mutable_band()->set_band_id(band.band_id());
    risk.mutable_band()->set_display_name(band.display_name());
  }
  return dimensions;
}

std::vector<std::string> DimensionValues(v1::Dimension dimension, const AccountOnDay& account,
                                         const DimensionBasis& basis) {
  const AccountFacts& facts = account.facts;
  if (const EnumDescriptor* values = EnumOf(dimension)) {
    return {ShortName(values, NumberOf(dimension, account, basis))};
  }
  switch (dimension) {
    case v1::DIMENSION_OWNER:
      return {OrUnknown(facts.owner_id())};
    case v1::DIMENSION_PARENT:
      return {OrUnknown(facts.parent_id())};
    case v1::DIMENSION_COUNTRY:
      return {OrUnknown(facts.country())};
    case v1::DIMENSION_REGION:
      return {OrUnknown(facts.region())};
    case v1::DIMENSION_INDUSTRY:
      return {OrUnknown(facts.industry())};
    case v1::DIMENSION_INDUSTRY_REGULATED:
      return {TruthOf(facts.has_industry_regulated(), facts.industry_regulated())};
    case v1::DIMENSION_EARLY_PAYMENT_DISCOUNT:
      return {TruthOf(facts.has_early_payment_discount(), facts.early_payment_discount() > 0)};
    case v1::DIMENSION_PRODUCT_LINE:
      return LinesOrUnknown({facts.product_lines().begin(), facts.product_lines().end()});
    case v1::DIMENSION_CROSS_SELL:
      return LinesOrUnknown(NotAdopted(facts, basis));
    default:
      return {kUnknown};
  }
}

std::string DimensionValueFault(v1::Dimension dimension, absl::string_view value) {
  if (value == kUnknown) return "";
  if (const EnumDescriptor* values = EnumOf(dimension)) {
    std::string names;
    for (int i = 1; i < values->value_count(); ++i) {
      const std::string name = ShortName(values, values->value(i)->number());
      if (name == value) return "";
      absl::StrAppend(&names, name, i + 1 < values->value_count() ? ", " : " or ");
    }
    return absl::StrCat("must be ", names, kUnknown);
  }
  switch (dimension) {
    case v1::DIMENSION_INDUSTRY_REGULATED:
    case v1::DIMENSION_EARLY_PAYMENT_DISCOUNT:
      return value == "TRUE" || value == "FALSE" ? "" : "must be TRUE, FALSE or UNSPECIFIED";
    case v1::DIMENSION_COUNTRY:
      return IsCountry(value)
                 ? ""
                 : "must be an ISO 3166-1 alpha-2 code in capital letters, or UNSPECIFIED";
    default: {
      const bool id = dimension == v1::DIMENSION_OWNER || dimension == v1::DIMENSION_PARENT;
      const size_t bytes_max = id ? kIdBytesMax : kListEntryBytesMax;
      const bool good = !value.empty() && value.size() <= bytes_max && IsPrintable(value) &&
                        !HasOuterSpace(value);
      return good ? ""
                  : absl::StrCat("must be 1 to ", bytes_max,
                                 " bytes of printable UTF-8 without outer spaces");
    }
  }
}

}  // namespace tiermark
