// What a score card says, in the words of the API.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/message.h"
#include "scoring/calendar.h"
#include "scoring/compiled_criterion.h"
#include "scoring/facts.h"
#include "scoring/single_fact_changes.h"

namespace tiermark {
namespace {

constexpr char kNonLocalMrrLeftOut[] = "NON_LOCAL_MRR_LEFT_OUT";

template <typename List>
void AddSorted(const List& entries, v1::FactReading* reading) {
  for (const std::string& entry : entries) reading->add_items(entry);
  std::sort(reading->mutable_items()->begin(), reading->mutable_items()->end());
}

// The entries of a list of the profile as texts; of what a line brings, the line.
std::vector<std::string> EntriesOf(const FactKind& fact, const v1::AccountFacts& facts) {
  const google::protobuf::Reflection& reflection = *facts.GetReflection();
  std::vector<std::string> entries;
  const int size = reflection.FieldSize(facts, fact.field);
  for (int i = 0; i < size; ++i) {
    switch (fact.field->cpp_type()) {
      case google::protobuf::FieldDescriptor::CPPTYPE_STRING:
        entries.push_back(reflection.GetRepeatedString(facts, fact.field, i));
        break;
      case google::protobuf::FieldDescriptor::CPPTYPE_ENUM: {
        const auto value =
            static_cast<size_t>(reflection.GetRepeatedEnumValue(facts, fact.field, i));
        entries.push_back(EnumNames(fact)[value]);
        break;
      }
      default:
        entries.push_back(facts.product_line_revenue(i).product_line());
    }
  }
  return entries;
}

void AddItems(const FactKind& fact, const v1::AccountFacts& facts, v1::FactReading* reading) {
  switch (fact.source) {
    case FactSource::kCountries:
      return AddSorted(DistinctCountries(facts), reading);
    case FactSource::kOperatingCountries:
      return AddSorted(facts.operating_countries(), reading);
    case FactSource::kExpansionCountries:
      return AddSorted(facts.expansion_countries(), reading);
    case FactSource::kFinancialProducts:
      return AddSorted(facts.financial_products(), reading);
    case FactSource::kProductLines:
      return AddSorted(facts.product_lines(), reading);
    default:
      return AddSorted(EntriesOf(fact, facts), reading);
  }
}

void ExplainFact(const FactKind& fact, const Reading& reading, const v1::AccountFacts& facts,
                 v1::FactReading* explained) {
  explained->set_name(fact.name.data(), fact.name.size());
  if (!reading.known) return;
  v1::FactValue* value = explained->mutable_value();
  if (fact.source == FactSource::kCustom) {
    *value = facts.custom().at(fact.custom_key);
    return;
  }
  switch (reading.type) {
    case FactType::kNumber:
      value->set_int64(static_cast<int64_t>(reading.value / kNanosPerUnit));
      break;
    case FactType::kMoney:
      *value->mutable_money() = AmountOf(fact, facts);
      break;
    case FactType::kEnum:
      value->set_text(EnumNames(fact)[static_cast<size_t>(reading.value)]);
      break;
    case FactType::kText:
      value->set_text(std::string(reading.text));
      break;
    case FactType::kList:
      value->set_int64(static_cast<int64_t>(reading.value));
      AddItems(fact, facts, explained);
      break;
    case FactType::kDate:
      *value->mutable_date() =
          DateOf(absl::CivilDay(1970, 1, 1) + static_cast<int64_t>(reading.value));
      break;
    case FactType::kBool:
      value->set_bool_(reading.value != 0);
      break;
    case FactType::kAny:
      break;
  }
}

const std::string& TierLabel(const v1::Criterion& criterion, int tier) {
  static const std::string& missing = *new std::string("missing");
  static const std::string& other = *new std::string("other");
  static const std::string& present = *new std::string("present");
  static const std::string& absent = *new std::string("absent");
  switch (tier) {
    case CriterionScore::kMissing:
      return missing;
    case CriterionScore::kOther:
      return other;
    case CriterionScore::kPresent:
      return present;
    case CriterionScore::kAbsent:
      return absent;
    default:
      break;
  }
  switch (criterion.rule_case()) {
    case v1::Criterion::kNumericTiers:
      return criterion.numeric_tiers().tiers(tier).label();
    case v1::Criterion::kMoneyTiers:
      return criterion.money_tiers().tiers(tier).label();
    case v1::Criterion::kRecencyTiers:
      return criterion.recency_tiers().tiers(tier).label();
    case v1::Criterion::kDistinctCountTiers:
      return criterion.distinct_count_tiers().tiers(tier).label();
    default: {
      const v1::Category& category = criterion.category_points().categories(tier);
      return category.label().empty() ? category.value() : category.label();
    }
  }
}

// A bound as a value of the fact. Whole numbers are integers unless the fact itself is a decimal.
void SetBound(const ModelParts& compiled, const CompiledCriterion& criterion, Nanos bound,
              absl::CivilDay day, const v1::FactValue& fact, v1::FactValue* value) {
  switch (criterion.rule) {
    case RuleKind::kMoney:
      *value->mutable_money() = MoneyOf(compiled.model.reference_currency(), bound);
      return;
    case RuleKind::kRecency:
      *value->mutable_date() = DateOf(day + static_cast<int64_t>(bound));
      return;
    case RuleKind::kCount:
      value->set_int64(static_cast<int64_t>(bound));
      return;
    default:
      if (fact.has_decimal() || bound % kNanosPerUnit != 0) {
        value->set_decimal(FormatDecimal(bound));
      } else {
        value->set_int64(static_cast<int64_t>(bound / kNanosPerUnit));
      }
  }
}

void ExplainCriterion(const ScoredAccount& account, int index, v1::CriterionResult* result) {
  const CompiledCriterion& criterion = account.compiled.criteria[index];
  const v1::Criterion& source = account.compiled.model.criteria(index);
  const CriterionScore& score = account.card.criteria[index];
  result->set_criterion_id(source.criterion_id());
  result->set_display_name(source.display_name());
  ExplainFact(criterion.fact, account.readings[index], account.facts, result->mutable_fact());
  result->set_tier_label(TierLabel(source, score.tier));
  result->set_points(score.points);
  result->set_weight_percent(source.weight_percent());
  result->set_contribution(criterion.weight * score.points);
  if (!criterion.is_tiered() || score.tier < 0) return;
  const size_t tier = score.tier;
  const v1::FactValue& value = result->fact().value();
  if (tier < criterion.bounds.size()) {
    SetBound(account.compiled, criterion, criterion.bounds[tier], account.day, value,
             result->mutable_tier_at_least());
  }
  if (tier > 0) {
    SetBound(account.compiled, criterion, criterion.bounds[tier - 1], account.day, value,
             result->mutable_tier_below());
  }
}

void SetBand(const v1::Band& band, v1::BandReference* reference) {
  reference->set_band_id(band.band_id());
  reference->set_display_name(band.display_name());
}

v1::SegmentDistance* SetDistance(const v1::Band& band, int hundredths,
                                 v1::SegmentDistance* distance) {
  distance->set_segment(band.segment());
  SetBand(band, distance->mutable_band());
  distance->set_hundredths(hundredths);
  return distance;
}

// Potential MRR is always local: says which countries' was left out.
void NoticeLeftOut(const v1::AccountFacts& facts, v1::Evaluation* evaluation) {
  std::vector<absl::string_view> left_out;
  for (const v1::PotentialMrr& entry : facts.potential_mrr()) {
    if (!facts.has_country() || entry.country() != facts.country()) {
      left_out.push_back(entry.country());
    }
  }
  if (left_out.empty()) return;
  std::sort(left_out.begin(), left_out.end());
  v1::Notice* notice = evaluation->add_notices();
  notice->set_code(kNonLocalMrrLeftOut);
  notice->set_message(
      absl::StrCat("The potential MRR of ", absl::StrJoin(left_out, ", "), " was left out: ",
                   facts.has_country()
                       ? absl::StrCat("only the local contract, in ", facts.country(), ", counts.")
                       : "only the local contract counts, and the country is unknown."));
}

}  // namespace

void CompiledModel::Explain(const v1::AccountFacts& facts, absl::CivilDay day,
                            const ScoreCard& card, v1::Evaluation* evaluation) const {
  std::array<Reading, kCriteriaMax> readings;
  for (size_t i = 0; i < compiled_->criteria.size(); ++i) {
    readings[i] = ReadFact(compiled_->criteria[i].fact, facts);
  }
  const ScoredAccount account{*this, *compiled_, facts, day, card, readings.data()};

  *evaluation->mutable_model() = compiled_->reference;
  evaluation->set_exchange_rates_version(compiled_->exchange_rates_version);
  evaluation->set_score(card.score);
  evaluation->set_exact_score(card.exact_score);
  const v1::Band& band = compiled_->model.bands(card.band);
  evaluation->set_segment(band.segment());
  SetBand(band, evaluation->mutable_band());
  evaluation->set_grade(band.grade());

  evaluation->clear_criteria();
  for (size_t i = 0; i < compiled_->criteria.size(); ++i) {
    ExplainCriterion(account, static_cast<int>(i), evaluation->add_criteria());
  }

  evaluation->clear_to_next_segment();
  if (card.band > 0) {
    const int target = compiled_->LeastExact(card.band - 1);
    AddSingleFactChanges(
        account, target,
        SetDistance(compiled_->model.bands(card.band - 1), target - card.exact_score,
                    evaluation->mutable_to_next_segment()));
  }
  evaluation->clear_to_lower_segment();
  if (card.band + 1 < compiled_->model.bands_size()) {
    const int below = compiled_->LeastExact(card.band) - 1;
    SetDistance(compiled_->model.bands(card.band + 1), card.exact_score - below,
                evaluation->mutable_to_lower_segment());
  }

  evaluation->clear_notices();
  if (compiled_->reads_potential_mrr) NoticeLeftOut(facts, evaluation);
}

}  // namespace tiermark
