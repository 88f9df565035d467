#include "scoring/compiled_model.h"

#include <openssl/sha.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/optimization.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "scoring/compiled_criterion.h"
#include "scoring/error.h"
#include "scoring/model_validation.h"

namespace tiermark {
namespace {

// A sound model has only sound bounds.
Nanos BoundOf(const v1::NumericTier& tier) { return ParseDecimal(tier.at_least()).value(); }

template <typename Tiers, typename Bound>
void CompileTiers(const Tiers& tiers, Bound bound, CompiledCriterion* compiled) {
  for (const auto& tier : tiers) {
    compiled->points.push_back(static_cast<int16_t>(tier.points()));
    if (compiled->points.size() < static_cast<size_t>(tiers.size())) {
      compiled->bounds.push_back(bound(tier));
    }
  }
}

// `reference` is the place of the model's currency in the table.
void CompileMoneyTiers(const v1::MoneyTiers& rule, const RateTable& rates, int reference,
                       CompiledCriterion* compiled) {
  CompileTiers(rule.tiers(), BoundOf, compiled);
  for (int currency = 0; currency < rates.size(); ++currency) {
    std::vector<Nanos>& bounds = compiled->bounds_in_currency.emplace_back();
    for (const Nanos bound : compiled->bounds) {
      bounds.push_back(rates.LeastWorth(currency, bound, reference));
    }
  }
}

void CompileCategories(const v1::CategoryPoints& rule, CompiledCriterion* compiled) {
  compiled->other_points = static_cast<int16_t>(rule.other_points());
  for (const v1::Category& category : rule.categories()) {
    const auto tier = static_cast<int16_t>(compiled->points.size());
    compiled->points.push_back(static_cast<int16_t>(category.points()));
    if (compiled->fact.type != FactType::kEnum) {
      compiled->tier_of_text[category.value()] = tier;
      continue;
    }
    const std::vector<std::string>& values = EnumNames(compiled->fact);
    const auto value = std::find(values.begin(), values.end(), category.value());
    compiled->tier_of_enum[value - values.begin()] = tier;
  }
}

CompiledCriterion CompileCriterion(const v1::Criterion& criterion, bool weighted,
                                   const RateTable& rates, int reference) {
  CompiledCriterion compiled = {};
  compiled.fact = *FindFact(criterion.fact());
  compiled.weight = weighted ? criterion.weight_percent() : 100;
  compiled.has_missing_points = criterion.has_missing_points() || !weighted;
  compiled.missing_points = static_cast<int16_t>(criterion.missing_points());
  compiled.tier_of_enum.fill(CriterionScore::kOther);
  switch (criterion.rule_case()) {
    case v1::Criterion::kNumericTiers:
      compiled.rule = RuleKind::kNumeric;
      CompileTiers(criterion.numeric_tiers().tiers(), BoundOf, &compiled);
      break;
    case v1::Criterion::kMoneyTiers:
      compiled.rule = RuleKind::kMoney;
      CompileMoneyTiers(criterion.money_tiers(), rates, reference, &compiled);
      break;
    case v1::Criterion::kCategoryPoints:
      compiled.rule = RuleKind::kCategory;
      CompileCategories(criterion.category_points(), &compiled);
      break;
    case v1::Criterion::kPresencePoints:
      compiled.rule = RuleKind::kPresence;
      compiled.present_points = static_cast<int16_t>(criterion.presence_points().present_points());
      compiled.absent_points = static_cast<int16_t>(criterion.presence_points().absent_points());
      break;
    case v1::Criterion::kRecencyTiers:
      compiled.rule = RuleKind::kRecency;
      CompileTiers(
          criterion.recency_tiers().tiers(),
          [](const v1::RecencyTier& tier) { return Nanos(-tier.days_at_most()); }, &compiled);
      break;
    case v1::Criterion::kDistinctCountTiers:
      compiled.rule = RuleKind::kCount;
      CompileTiers(
          criterion.distinct_count_tiers().tiers(),
          [](const v1::CountTier& tier) { return Nanos(tier.at_least()); }, &compiled);
      break;
    case v1::Criterion::RULE_NOT_SET:
      break;
  }
  return compiled;
}

std::string Deterministic(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

// What keeps facts from being scored, by kind.
class ScoreFaults {
 public:
  void Add(Fault fault, const CompiledCriterion& criterion, const Reading& reading,
           const v1::AccountFacts& facts) {
    switch (fault) {
      case Fault::kMissing:
        AddMissing(criterion.fact, facts);
        return;
      case Fault::kNoRate:
        no_rate_ = true;
        AddOnce(AmountPath(criterion.fact, facts),
                absl::StrCat("there is no exchange rate for ", reading.text));
        return;
      case Fault::kTypeMismatch:
        AddOnce(Path(criterion.fact), "is of another type than the model's rule reads");
        return;
      case Fault::kNone:
        return;
    }
  }

  absl::Status ToStatus() const {
    const char* reason = missing_   ? "FACTS_MISSING"
                         : no_rate_ ? "EXCHANGE_RATE_MISSING"
                                    : "FACT_TYPE_MISMATCH";
    return violations_.ToStatus(absl::StatusCode::kFailedPrecondition, reason);
  }

 private:
  static std::string Path(const FactKind& fact) { return absl::StrCat("facts.", fact.name); }

  static std::string AmountPath(const FactKind& fact, const v1::AccountFacts& facts) {
    if (fact.source == FactSource::kCustom) {
      return absl::StrCat(Path(fact), ".money.currency_code");
    }
    if (fact.source == FactSource::kField) return absl::StrCat(Path(fact), ".currency_code");
    return absl::StrCat("facts.potential_mrr[", LocalMrrIndex(facts), "].amount.currency_code");
  }

  void AddMissing(const FactKind& fact, const v1::AccountFacts& facts) {
    missing_ = true;
    if (fact.source == FactSource::kCountries) {
      AddOnce("facts.operating_countries",
              "operating and expansion countries are unknown; an account of one country names it "
              "here");
    } else if (fact.source != FactSource::kPotentialMrr) {
      AddOnce(Path(fact), "is unknown");
    } else if (facts.has_country()) {
      AddOnce(Path(fact), "has no entry for the account's country");
    } else {
      AddOnce(Path(fact), "has no local entry, as the account's country is unknown");
      AddOnce("facts.country", "is unknown, and tells which potential MRR is local");
    }
  }

  void AddOnce(const std::string& field, absl::string_view description) {
    if (fields_.insert(field).second) violations_.Add(field, description);
  }

  bool missing_ = false;
  bool no_rate_ = false;
  std::set<std::string> fields_;
  Violations violations_;
};

}  // namespace

bool IsPresent(const Reading& reading) {
  return reading.known && (reading.type != FactType::kBool || reading.value != 0);
}

Fault ScoreCriterion(const CompiledCriterion& criterion, const Reading& reading,
                     const RateTable& rates, int64_t today, CriterionScore* score) {
  if (criterion.rule == RuleKind::kPresence) {
    const bool present = IsPresent(reading);
    score->tier = present ? CriterionScore::kPresent : CriterionScore::kAbsent;
    score->points = present ? criterion.present_points : criterion.absent_points;
    return Fault::kNone;
  }
  if (!reading.known) {
    score->tier = CriterionScore::kMissing;
    score->points = criterion.missing_points;
    return criterion.has_missing_points ? Fault::kNone : Fault::kMissing;
  }
  switch (criterion.rule) {
    case RuleKind::kNumeric:
      if (reading.type != FactType::kNumber) return Fault::kTypeMismatch;
      score->tier = TierOf(criterion.bounds, reading.value);
      break;
    case RuleKind::kMoney: {
      if (reading.type != FactType::kMoney) return Fault::kTypeMismatch;
      const int currency = rates.Find(reading.text);
      if (currency == RateTable::kNone) return Fault::kNoRate;
      score->tier = TierOf(criterion.bounds_in_currency[currency], reading.value);
      break;
    }
    case RuleKind::kRecency:
      if (reading.type != FactType::kDate) return Fault::kTypeMismatch;
      score->tier = TierOf(criterion.bounds, reading.value - today);
      break;
    case RuleKind::kCount:
      score->tier = TierOf(criterion.bounds, reading.value);
      break;
    case RuleKind::kCategory:
      if (reading.type == FactType::kEnum) {
        const auto number = static_cast<uint64_t>(static_cast<int64_t>(reading.value));
        score->tier =
            number < kEnumValuesMax ? criterion.tier_of_enum[number] : CriterionScore::kOther;
      } else if (reading.type == FactType::kText) {
        const auto found = criterion.tier_of_text.find(reading.text);
        score->tier =
            found == criterion.tier_of_text.end() ? CriterionScore::kOther : found->second;
      } else {
        return Fault::kTypeMismatch;
      }
      if (score->tier == CriterionScore::kOther) {
        score->points = criterion.other_points;
        return Fault::kNone;
      }
      break;
    case RuleKind::kPresence:
      break;
  }
  score->points = criterion.points[score->tier];
  return Fault::kNone;
}

absl::Status ModelParts::FaultsOf(const v1::AccountFacts& facts, absl::CivilDay day,
                                  bool missing) const {
  const int64_t today = day - absl::CivilDay(1970, 1, 1);
  ScoreFaults faults;
  for (const CompiledCriterion& criterion : criteria) {
    CriterionScore score;
    const Reading reading = ReadFact(criterion.fact, facts);
    const Fault fault = ScoreCriterion(criterion, reading, rates, today, &score);
    if (fault != Fault::kMissing || missing) faults.Add(fault, criterion, reading, facts);
  }
  return faults.ToStatus();
}

absl::StatusOr<std::shared_ptr<const CompiledModel>> CompiledModel::Compile(
    const v1::ScoringModel& model, const v1::ExchangeRates& rates) {
  Violations violations;
  ValidateModel(model, &violations);
  auto compiled = std::make_unique<Compiled>(RateTable(rates, "exchange_rates", &violations));
  ValidateModelCurrency(model, compiled->rates, &violations);
  if (!violations.empty()) return violations.ToStatus();

  compiled->model = model;
  compiled->reference.set_model_id(model.model_id());
  compiled->reference.set_version(model.version());
  compiled->reference.set_digest(ModelDigest(model));
  compiled->exchange_rates_version = rates.version();
  const bool weighted = model.method() == v1::SCORING_METHOD_WEIGHTED;
  const int reference = compiled->rates.Find(model.reference_currency());
  for (const v1::Criterion& criterion : compiled->model.criteria()) {
    const int index = static_cast<int>(compiled->criteria.size());
    compiled->criteria.push_back(CompileCriterion(criterion, weighted, compiled->rates, reference));
    compiled->reads_potential_mrr |=
        compiled->criteria.back().fact.source == FactSource::kPotentialMrr;
    compiled->reads_recency |= compiled->criteria.back().rule == RuleKind::kRecency;
    const auto group = std::find_if(
        compiled->groups.begin(), compiled->groups.end(), [&](const FactGroup& members) {
          return compiled->model.criteria(members[0]).fact() == criterion.fact();
        });
    if (group == compiled->groups.end()) {
      compiled->groups.push_back({index});
    } else {
      group->push_back(index);
    }
  }
  for (int score = 0; score <= 100; ++score) {
    const auto band = std::find_if(model.bands().begin(), model.bands().end(),
                                   [score](const auto& b) { return score >= b.min_score(); });
    compiled->band_of_score[score] = static_cast<uint8_t>(band - model.bands().begin());
  }
  return std::shared_ptr<const CompiledModel>(new CompiledModel(std::move(compiled)));
}

CompiledModel::CompiledModel(std::unique_ptr<const Compiled> compiled)
    : compiled_(std::move(compiled)) {}

CompiledModel::~CompiledModel() = default;

absl::Status CompiledModel::Score(const v1::AccountFacts& facts, absl::CivilDay day,
                                  ScoreCard* card) const {
  if (ABSL_PREDICT_TRUE(TryScore(facts, day, card))) return absl::OkStatus();
  return compiled_->FaultsOf(facts, day, /*missing=*/true);
}

bool CompiledModel::TryScore(const v1::AccountFacts& facts, absl::CivilDay day,
                             ScoreCard* card) const {
  // Counting days takes as long as a criterion does.
  const int64_t today = compiled_->reads_recency ? day - absl::CivilDay(1970, 1, 1) : 0;
  int exact = 0;
  bool sound = true;
  for (size_t i = 0; i < compiled_->criteria.size(); ++i) {
    const CompiledCriterion& criterion = compiled_->criteria[i];
    const Fault fault = ScoreCriterion(criterion, ReadFact(criterion.fact, facts), compiled_->rates,
                                       today, &card->criteria[i]);
    if (fault != Fault::kNone) {
      sound = false;
    } else {
      exact += criterion.weight * card->criteria[i].points;
    }
  }
  if (ABSL_PREDICT_FALSE(!sound)) return false;
  // Weighted scores lie within these by themselves; sums of points are held to them.
  card->exact_score = std::clamp(exact, 0, 10'000);
  card->score = (card->exact_score + 50) / 100;
  card->band = compiled_->band_of_score[card->score];
  return true;
}

int CompiledModel::BandOfScore(int score) const { return compiled_->band_of_score[score]; }

int CompiledModel::BandIndex(absl::string_view band_id) const {
  for (int i = 0; i < compiled_->model.bands_size(); ++i) {
    if (compiled_->model.bands(i).band_id() == band_id) return i;
  }
  return -1;
}

const ModelParts& CompiledModel::parts() const { return *compiled_; }

const v1::ScoringModel& CompiledModel::model() const { return compiled_->model; }

const v1::ModelReference& CompiledModel::reference() const { return compiled_->reference; }

int CompiledModel::exchange_rates_version() const { return compiled_->exchange_rates_version; }

std::string ModelDigest(const v1::ScoringModel& model) {
  const std::string bytes = Deterministic(model);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
}

}  // namespace tiermark
