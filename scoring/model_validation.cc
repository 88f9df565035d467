#include "scoring/model_validation.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "scoring/compiled_model.h"
#include "scoring/exact.h"
#include "scoring/fact_fields.h"
#include "scoring/facts.h"
#include "scoring/text.h"

namespace tiermark {
namespace {

constexpr char kSlugFault[] = "must be 1 to 64 bytes: lower-case words joined by hyphens";
constexpr char kBoundsFall[] = "must be below the bound of the tier before";
constexpr char kLastBound[] = "must be absent in the last tier, which takes all the rest";

constexpr char kLineFault[] = "must be at most 128 bytes without control characters";
constexpr char kProseFault[] =
    "must be at most 2000 bytes without control characters but line ends";

bool IsModelProse(const std::string& text) {
  std::string lines = text;
  lines.erase(std::remove(lines.begin(), lines.end(), '\n'), lines.end());
  return text.size() <= kModelProseBytesMax && IsControlFree(lines);
}

// Collects the faults of one criterion.
class CriterionCheck {
 public:
  CriterionCheck(const v1::ScoringModel& model, int index, Violations* violations)
      : criterion_(model.criteria(index)),
        weighted_(model.method() == v1::SCORING_METHOD_WEIGHTED),
        path_(absl::StrCat("criteria[", index, "]")),
        violations_(violations) {}

  void Run() {
    const absl::optional<FactKind> fact = FindFact(criterion_.fact());
    if (!fact) {
      Fault("fact", "must be a field of AccountFacts that can be scored, countries, or custom.KEY");
    }
    if (weighted_ && (criterion_.weight_percent() < 1 || criterion_.weight_percent() > 100)) {
      Fault("weight_percent", "must be 1 to 100");
    } else if (!weighted_ && criterion_.weight_percent() != 0) {
      Fault("weight_percent", "must be absent: only a weighted model has weights");
    }
    if (criterion_.has_missing_points()) CheckPoints("missing_points", criterion_.missing_points());
    CheckLine("display_name", criterion_.display_name());
    CheckProse("description", criterion_.description());
    CheckRule(fact);
  }

 private:
  void Fault(absl::string_view field, absl::string_view description) {
    violations_->Add(absl::StrCat(path_, ".", field), description);
  }

  void CheckPoints(absl::string_view field, int points) {
    const int least = weighted_ ? 0 : -100;
    if (points < least || points > 100) {
      Fault(field, absl::StrCat("must be ", least, " to 100"));
    }
  }

  void CheckLine(absl::string_view field, const std::string& text) {
    if (text.size() > kModelTextBytesMax || !IsPrintable(text)) Fault(field, kLineFault);
  }

  void CheckProse(absl::string_view field, const std::string& text) {
    if (!IsModelProse(text)) Fault(field, kProseFault);
  }

  // Whether the rule can read the fact; an unknown fact has its fault already.
  void CheckType(absl::string_view rule, const absl::optional<FactKind>& fact,
                 std::initializer_list<FactType> readable, bool custom = true) {
    if (!fact || (fact->type == FactType::kAny && custom)) return;
    if (std::find(readable.begin(), readable.end(), fact->type) == readable.end()) {
      Fault(rule, "does not suit the fact's type");
    }
  }

  void CheckRule(const absl::optional<FactKind>& fact) {
    switch (criterion_.rule_case()) {
      case v1::Criterion::kNumericTiers:
        CheckType("numeric_tiers", fact, {FactType::kNumber});
        CheckDecimalTiers("numeric_tiers", criterion_.numeric_tiers().tiers(), absl::nullopt);
        return;
      case v1::Criterion::kMoneyTiers:
        CheckType("money_tiers", fact, {FactType::kMoney});
        CheckDecimalTiers("money_tiers", criterion_.money_tiers().tiers(),
                          Nanos(kMoneyUnitsMax) * kNanosPerUnit);
        return;
      case v1::Criterion::kCategoryPoints:
        CheckType("category_points", fact, {FactType::kEnum, FactType::kText});
        CheckCategories(fact);
        return;
      case v1::Criterion::kPresencePoints:
        CheckPoints("presence_points.present_points",
                    criterion_.presence_points().present_points());
        CheckPoints("presence_points.absent_points", criterion_.presence_points().absent_points());
        if (criterion_.has_missing_points()) {
          Fault("missing_points", "must be absent: a presence rule has absent_points");
        }
        return;
      case v1::Criterion::kRecencyTiers:
        CheckType("recency_tiers", fact, {FactType::kDate});
        CheckRecencyTiers();
        return;
      case v1::Criterion::kDistinctCountTiers:
        CheckType("distinct_count_tiers", fact, {FactType::kList}, /*custom=*/false);
        CheckCountTiers(fact && fact->type == FactType::kList ? ListEntriesMax(*fact)
                                                              : kCountriesMax);
        return;
      case v1::Criterion::RULE_NOT_SET:
        Fault("rule", "must be given");
        return;
    }
  }

  // Checks points, and that the last tier alone has no bound. `check_bound` is called for the other
  // tiers with the place and path of the bound.
  template <typename Tiers, typename HasBound, typename CheckBound>
  void CheckTiers(absl::string_view rule, absl::string_view bound, const Tiers& tiers,
                  HasBound has_bound, CheckBound check_bound) {
    if (tiers.empty() || tiers.size() > kTiersMax) {
      Fault(absl::StrCat(rule, ".tiers"), absl::StrCat("must be 1 to ", kTiersMax, " tiers"));
    }
    const int checked = std::min<int>(tiers.size(), kTiersMax);
    for (int i = 0; i < checked; ++i) {
      const std::string tier = absl::StrCat(rule, ".tiers[", i, "]");
      CheckPoints(absl::StrCat(tier, ".points"), tiers[i].points());
      CheckLine(absl::StrCat(tier, ".label"), tiers[i].label());
      const std::string field = absl::StrCat(tier, ".", bound);
      const bool last = i + 1 == tiers.size();
      if (last && has_bound(tiers[i])) {
        Fault(field, kLastBound);
      } else if (!last && !has_bound(tiers[i])) {
        Fault(field, "is required in every tier but the last");
      } else if (!last) {
        check_bound(i, field);
      }
    }
  }

  void CheckDecimalTiers(absl::string_view rule,
                         const google::protobuf::RepeatedPtrField<v1::NumericTier>& tiers,
                         absl::optional<Nanos> most) {
    absl::optional<Nanos> above;
    CheckTiers(
        rule, "at_least", tiers, [](const auto& tier) { return tier.has_at_least(); },
        [&](int i, const std::string& field) {
          const absl::StatusOr<Nanos> bound = ParseDecimal(tiers[i].at_least());
          if (!bound.ok()) {
            Fault(field,
                  "must be a decimal such as -12.5, of up to 18 digits before the point and 9 "
                  "after it");
            return;
          }
          if (most && (*bound > *most || *bound < -*most)) {
            Fault(field, absl::StrCat("must be within ", kMoneyUnitsMax, " either way"));
          }
          if (above && *bound >= *above) Fault(field, kBoundsFall);
          above = *bound;
        });
  }

  void CheckRecencyTiers() {
    const auto& tiers = criterion_.recency_tiers().tiers();
    absl::optional<int> before;
    CheckTiers(
        "recency_tiers", "days_at_most", tiers,
        [](const auto& tier) { return tier.has_days_at_most(); },
        [&](int i, const std::string& field) {
          const int days = tiers[i].days_at_most();
          if (days < -kRecencyDaysMax || days > kRecencyDaysMax) {
            Fault(field, absl::StrCat("must be within ", kRecencyDaysMax, " either way"));
          }
          if (before && days <= *before) Fault(field, "must be above the bound of the tier before");
          before = days;
        });
  }

  void CheckCountTiers(int most) {
    const auto& tiers = criterion_.distinct_count_tiers().tiers();
    absl::optional<int> above;
    CheckTiers(
        "distinct_count_tiers", "at_least", tiers,
        [](const auto& tier) { return tier.has_at_least(); },
        [&](int i, const std::string& field) {
          const int bound = tiers[i].at_least();
          if (bound < 1 || bound > most) Fault(field, absl::StrCat("must be 1 to ", most));
          if (above && bound >= *above) Fault(field, kBoundsFall);
          above = bound;
        });
  }

  void CheckCategories(const absl::optional<FactKind>& fact) {
    const v1::CategoryPoints& rule = criterion_.category_points();
    const std::vector<std::string>* values =
        fact && fact->type == FactType::kEnum ? &EnumNames(*fact) : nullptr;
    if (rule.categories().empty() || rule.categories_size() > kTiersMax) {
      Fault("category_points.categories", absl::StrCat("must be 1 to ", kTiersMax, " categories"));
    }
    std::set<std::string> seen;
    const int checked = std::min(rule.categories_size(), kTiersMax);
    for (int i = 0; i < checked; ++i) {
      const v1::Category& category = rule.categories(i);
      const std::string item = absl::StrCat("category_points.categories[", i, "]");
      CheckPoints(absl::StrCat(item, ".points"), category.points());
      CheckLine(absl::StrCat(item, ".label"), category.label());
      CheckProse(absl::StrCat(item, ".test"), category.test());
      if (category.value().empty() || category.value().size() > kCustomTextBytesMax) {
        Fault(absl::StrCat(item, ".value"), "must be 1 to 256 bytes long");
      } else if (!seen.insert(category.value()).second) {
        Fault(absl::StrCat(item, ".value"), "is given twice");
      } else if (values != nullptr && !IsValueOf(*values, category.value())) {
        Fault(absl::StrCat(item, ".value"),
              "must be a value of the enum, without its prefix, and not UNSPECIFIED");
      }
    }
    if (rule.has_other_points()) {
      CheckPoints("category_points.other_points", rule.other_points());
    } else if (values == nullptr ? fact.has_value() : !ListsAll(*values, seen)) {
      Fault("category_points.other_points", "is required unless every value of an enum is listed");
    }
  }

  static bool IsValueOf(const std::vector<std::string>& values, const std::string& name) {
    return std::find(values.begin() + 1, values.end(), name) != values.end();
  }

  static bool ListsAll(const std::vector<std::string>& values,
                       const std::set<std::string>& listed) {
    return std::all_of(values.begin() + 1, values.end(),
                       [&](const std::string& name) { return listed.count(name) > 0; });
  }

  const v1::Criterion& criterion_;
  const bool weighted_;
  const std::string path_;
  Violations* const violations_;
};

bool ReadsMoney(const v1::ScoringModel& model) {
  return std::any_of(model.criteria().begin(), model.criteria().end(),
                     [](const v1::Criterion& criterion) { return criterion.has_money_tiers(); });
}

void ValidateCriteria(const v1::ScoringModel& model, Violations* violations) {
  if (model.criteria().empty() || model.criteria_size() > kCriteriaMax) {
    violations->Add("criteria", absl::StrCat("must be 1 to ", kCriteriaMax, " criteria"));
  }
  std::set<std::string> seen;
  int weights = 0;
  bool weights_sound = true;
  const int checked = std::min(model.criteria_size(), kCriteriaMax);
  for (int i = 0; i < checked; ++i) {
    const v1::Criterion& criterion = model.criteria(i);
    const std::string id = absl::StrCat("criteria[", i, "].criterion_id");
    if (!IsSlug(criterion.criterion_id())) {
      violations->Add(id, kSlugFault);
    } else if (!seen.insert(criterion.criterion_id()).second) {
      violations->Add(id, "is given twice");
    }
    weights_sound &= criterion.weight_percent() >= 1 && criterion.weight_percent() <= 100;
    if (weights_sound) weights += criterion.weight_percent();
    CriterionCheck(model, i, violations).Run();
  }
  // A weight that is a fault in itself says more than the sum would.
  if (model.method() == v1::SCORING_METHOD_WEIGHTED && weights_sound && weights != 100 &&
      checked > 0) {
    violations->Add("criteria",
                    absl::StrCat("must have weights that add up to 100, not ", weights));
  }
}

// A custom fact that two rules read as different types could never be scored once it is given.
void ValidateCustomTypes(const v1::ScoringModel& model, Violations* violations) {
  const int checked = std::min(model.criteria_size(), kCriteriaMax);
  const auto typed = [](const v1::Criterion& criterion) {
    return criterion.rule_case() != v1::Criterion::kPresencePoints &&
           criterion.rule_case() != v1::Criterion::RULE_NOT_SET;
  };
  for (int i = 0; i < checked; ++i) {
    const v1::Criterion& criterion = model.criteria(i);
    const absl::optional<FactKind> fact = FindFact(criterion.fact());
    if (!fact || fact->type != FactType::kAny || !typed(criterion)) continue;
    for (int j = 0; j < i; ++j) {
      const v1::Criterion& other = model.criteria(j);
      if (other.fact() == criterion.fact() && typed(other) &&
          other.rule_case() != criterion.rule_case()) {
        violations->Add(absl::StrCat("criteria[", i, "].fact"),
                        absl::StrCat("is read as another type by criteria[", j, "]"));
        break;
      }
    }
  }
}

void ValidateBandSegments(const v1::ScoringModel& model, Violations* violations) {
  const bool any = std::any_of(model.bands().begin(), model.bands().end(), [](const auto& band) {
    return band.segment() != v1::SEGMENT_UNSPECIFIED;
  });
  if (!any) return;
  static constexpr v1::Segment kOrder[] = {v1::SEGMENT_STRATEGIC, v1::SEGMENT_ENTERPRISE,
                                           v1::SEGMENT_COMMERCIAL, v1::SEGMENT_SMB};
  const bool sound = std::equal(
      std::begin(kOrder), std::end(kOrder), model.bands().begin(), model.bands().end(),
      [](v1::Segment segment, const v1::Band& band) { return band.segment() == segment; });
  if (!sound) {
    violations->Add("bands",
                    "must stand for Strategic, Enterprise, Commercial and SMB, once each and in "
                    "this order, or for no segment at all");
  }
}

void ValidateBands(const v1::ScoringModel& model, Violations* violations) {
  if (model.bands().empty() || model.bands_size() > 101) {
    violations->Add("bands", "must be 1 to 101 bands");
    return;
  }
  std::set<std::string> seen;
  for (int i = 0; i < model.bands_size(); ++i) {
    const v1::Band& band = model.bands(i);
    const std::string item = absl::StrCat("bands[", i, "]");
    if (!IsSlug(band.band_id())) {
      violations->Add(absl::StrCat(item, ".band_id"), kSlugFault);
    } else if (!seen.insert(band.band_id()).second) {
      violations->Add(absl::StrCat(item, ".band_id"), "is given twice");
    }
    if (band.display_name().empty() || band.display_name().size() > kModelTextBytesMax ||
        !IsPrintable(band.display_name())) {
      violations->Add(absl::StrCat(item, ".display_name"),
                      "must be 1 to 128 bytes without control characters");
    }
    const bool last = i + 1 == model.bands_size();
    if (band.min_score() < 0 || band.min_score() > 100) {
      violations->Add(absl::StrCat(item, ".min_score"), "must be 0 to 100");
    } else if (i > 0 && band.min_score() >= model.bands(i - 1).min_score()) {
      violations->Add(absl::StrCat(item, ".min_score"), "must be below that of the band before");
    } else if (last && band.min_score() != 0) {
      violations->Add(absl::StrCat(item, ".min_score"),
                      "must be 0 in the last band, so that every score has one");
    }
    if (band.grade().size() > kGradeBytesMax || !IsPrintable(band.grade())) {
      violations->Add(absl::StrCat(item, ".grade"),
                      "must be at most 16 bytes without control characters");
    }
    if (!v1::Segment_IsValid(band.segment())) {
      violations->Add(absl::StrCat(item, ".segment"), "must be one of the values");
    }
  }
  ValidateBandSegments(model, violations);
}

}  // namespace

void ValidateModelCurrency(const v1::ScoringModel& model, const RateTable& rates,
                           Violations* violations) {
  if (ReadsMoney(model) && IsCurrency(model.reference_currency()) &&
      rates.Find(model.reference_currency()) == RateTable::kNone) {
    violations->Add("reference_currency",
                    "must be that of the exchange rates, or have a rate there");
  }
}

int ListEntriesMax(const FactKind& fact) {
  return fact.field == nullptr ? kCountriesMax : EntriesMax(*fact.field);
}

void ValidateModel(const v1::ScoringModel& model, Violations* violations) {
  if (!IsSlug(model.model_id())) violations->Add("model_id", kSlugFault);
  if (model.version() < 1) violations->Add("version", "must be 1 or more");
  if (model.display_name().empty() || model.display_name().size() > kModelTextBytesMax ||
      !IsPrintable(model.display_name())) {
    violations->Add("display_name", "must be 1 to 128 bytes without control characters");
  }
  if (!IsModelProse(model.description())) violations->Add("description", kProseFault);
  if (model.method() == v1::SCORING_METHOD_UNSPECIFIED ||
      !v1::ScoringMethod_IsValid(model.method())) {
    violations->Add("method", "must be one of the values, and not UNSPECIFIED");
  }
  if (ReadsMoney(model) && model.reference_currency().empty()) {
    violations->Add("reference_currency", "is required by money tiers");
  } else if (!model.reference_currency().empty() && !IsCurrency(model.reference_currency())) {
    violations->Add("reference_currency", "must be an ISO 4217 currency code in capital letters");
  }
  ValidateCriteria(model, violations);
  ValidateCustomTypes(model, violations);
  ValidateBands(model, violations);
}

}  // namespace tiermark
