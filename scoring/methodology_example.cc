// A worked example, scored by what scores accounts.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scoring/compiled_criterion.h"
#include "scoring/fact_domain.h"
#include "scoring/methodology_parts.h"

namespace tiermark {
namespace {

// The day of evaluation. Days count from it.
constexpr int64_t kToday = 0;

// The model, compiled with no currency but its own. Drafts have no version yet.
std::shared_ptr<const CompiledModel> Compiled(v1::ScoringModel model) {
  if (model.version() < 1) model.set_version(1);
  v1::ExchangeRates rates;
  rates.set_version(1);
  rates.set_reference_currency(model.reference_currency().empty() ? "USD"
                                                                  : model.reference_currency());
  v1::ExchangeRate* rate = rates.add_rates();
  rate->set_currency_code(rates.reference_currency());
  rate->set_rate("1");
  return CompiledModel::Compile(model, rates).value_or(nullptr);
}

// An account that the example makes up.
class ExampleAccount {
 public:
  explicit ExampleAccount(const ModelParts& model)
      : model_(model), readings_(model.criteria.size()) {
    for (const FactGroup& group : model.groups) {
      // One fact has one value, whichever criteria read it. A presence rule takes any.
      const auto leading = std::find_if(group.begin(), group.end(), [&model](int index) {
        return model.criteria[index].rule != RuleKind::kPresence;
      });
      const Reading reading = MiddleOf(leading == group.end() ? group.front() : *leading);
      for (const int index : group) readings_[index] = reading;
    }
  }

  int PointsOf(int index) const {
    CriterionScore score = {};
    ScoreCriterion(model_.criteria[index], readings_[index], model_.rates, kToday, &score);
    return score.points;
  }

  // The fact as people write it: "5 000 USD".
  std::string FactOf(int index) const {
    const Reading& reading = readings_[index];
    switch (model_.criteria[index].rule) {
      case RuleKind::kMoney:
        return absl::StrCat(FormatDecimalForPeople(reading.value), " ",
                            model_.model.reference_currency());
      case RuleKind::kNumeric:
        return WithNoun(FormatDecimalForPeople(reading.value), index,
                        reading.value == kNanosPerUnit);
      case RuleKind::kCount:
        return WithNoun(Count(static_cast<int64_t>(reading.value)), index, reading.value == 1);
      case RuleKind::kRecency:
        return DaysFrom(static_cast<int64_t>(reading.value));
      case RuleKind::kCategory:
        return CategoryOf(index);
      case RuleKind::kPresence:
        return reading.type == FactType::kBool ? "Yes" : "Known";
    }
    return "";
  }

 private:
  // "3 countries", "1 country", and the bare number of what is not counted.
  std::string WithNoun(const std::string& number, int index, bool one) const {
    const FactKind& fact = model_.criteria[index].fact;
    if (!IsPlural(fact)) return number;
    return absl::StrCat(number, " ", one ? fact.noun_of_one : fact.noun);
  }

  static std::string DaysFrom(int64_t day) {
    if (day == kToday) return "Today";
    return absl::StrCat(CountOf(std::abs(day), "day"), day < kToday ? " ago" : " ahead");
  }

  // The value in the middle of the criterion's table.
  Reading MiddleOf(int index) const {
    const CompiledCriterion& criterion = model_.criteria[index];
    switch (criterion.rule) {
      case RuleKind::kNumeric:
        return Known(FactType::kNumber, TieredValue(criterion));
      case RuleKind::kMoney:
        return {true, FactType::kMoney, TieredValue(criterion), model_.model.reference_currency()};
      case RuleKind::kRecency:
        return Known(FactType::kDate, TieredValue(criterion));
      case RuleKind::kCount:
        return Known(FactType::kList, TieredValue(criterion));
      case RuleKind::kCategory:
        return MiddleCategory(index);
      case RuleKind::kPresence:
        break;
    }
    const bool yes =
        criterion.fact.type == FactType::kBool || criterion.fact.type == FactType::kAny;
    return Known(yes ? FactType::kBool : criterion.fact.type, 1);
  }

  static Reading Known(FactType type, Nanos value) { return {true, type, value, {}}; }

  Nanos StepOf(const CompiledCriterion& criterion) const {
    return criterion.rule == RuleKind::kMoney
               ? Nanos(NanosPerMinorUnit(model_.model.reference_currency()))
               : DomainOf(criterion).step;
  }

  // The least value of the middle tier, or of the next lower one that the fact can reach.
  Nanos TieredValue(const CompiledCriterion& criterion) const {
    const FactDomain domain = DomainOf(criterion);
    const Nanos step = StepOf(criterion);
    for (size_t tier = (criterion.points.size() - 1) / 2; tier < criterion.bounds.size(); ++tier) {
      const Nanos bound = criterion.bounds[tier];
      // Up to what can be paid or counted.
      const Nanos above = bound % step > 0 ? bound + step - bound % step : bound - bound % step;
      if (above >= domain.least && above <= domain.most) return above;
    }
    return criterion.bounds.empty() ? std::max(domain.least, Nanos(0))
                                    : std::max(domain.least, criterion.bounds.back() - step);
  }

  Reading MiddleCategory(int index) const {
    const auto& categories = model_.model.criteria(index).category_points().categories();
    const std::string& value = categories[(categories.size() - 1) / 2].value();
    const FactKind& fact = model_.criteria[index].fact;
    if (fact.type != FactType::kEnum) return {true, FactType::kText, 0, value};
    const std::vector<std::string>& names = EnumNames(fact);
    return Known(FactType::kEnum, std::find(names.begin(), names.end(), value) - names.begin());
  }

  std::string CategoryOf(int index) const {
    const Reading& reading = readings_[index];
    const bool of_enum = reading.type == FactType::kEnum;
    const std::string value =
        of_enum ? EnumNames(model_.criteria[index].fact)[static_cast<size_t>(reading.value)]
                : std::string(reading.text);
    for (const auto& category : model_.model.criteria(index).category_points().categories()) {
      if (category.value() == value) return NameOf(category, of_enum);
    }
    // Only another criterion lists it.
    v1::Category unlisted;
    unlisted.set_value(value);
    return NameOf(unlisted, of_enum);
  }

  const ModelParts& model_;
  std::vector<Reading> readings_;
};

std::string Outcome(const v1::ScoringModel& model, int score, int band) {
  return absl::StrCat(score, ": ", model.bands(band).display_name(), " (", ScoresOf(model, band),
                      ").");
}

void AddWeighted(const CompiledModel& compiled, const ExampleAccount& account,
                 v1::MethodologySection* section) {
  const v1::ScoringModel& model = compiled.model();
  v1::MethodologyTable table = TableOf({"Criterion", "Fact", "Points", "Weight", "Contribution"});
  int exact = 0;
  for (int i = 0; i < model.criteria_size(); ++i) {
    const v1::Criterion& criterion = model.criteria(i);
    const int contribution = account.PointsOf(i) * criterion.weight_percent();
    exact += contribution;
    AddRow({NameOf(criterion), account.FactOf(i), absl::StrCat(account.PointsOf(i)),
            absl::StrCat(criterion.weight_percent(), " %"), Hundredths(contribution)},
           &table);
  }
  AddRow({"Sum", "", "", "100 %", Hundredths(exact)}, &table);
  const int score = (exact + 50) / 100;
  section->add_paragraphs(absl::StrCat(
      "Take an account with the facts in the table. Points times weight give each contribution, "
      "and together they come to ",
      Hundredths(exact), ". That is a score of ",
      Outcome(model, score, compiled.BandOfScore(score))));
  *section->add_tables() = std::move(table);
}

void AddPoints(const CompiledModel& compiled, const ExampleAccount& account,
               v1::MethodologySection* section) {
  const v1::ScoringModel& model = compiled.model();
  v1::MethodologyTable table = TableOf({"Criterion", "Fact", "Points"});
  int sum = 0;
  for (int i = 0; i < model.criteria_size(); ++i) {
    sum += account.PointsOf(i);
    AddRow({NameOf(model.criteria(i)), account.FactOf(i), absl::StrCat(account.PointsOf(i))},
           &table);
  }
  AddRow({"Sum", "", Count(sum)}, &table);
  const int score = std::clamp(sum, 0, 100);
  section->add_paragraphs(
      absl::StrCat("Take an account with the facts in the table. Its points add up to ", Count(sum),
                   score == sum ? "" : absl::StrCat(", which is held to ", score),
                   ". That is a score of ", Outcome(model, score, compiled.BandOfScore(score))));
  *section->add_tables() = std::move(table);
}

}  // namespace

v1::MethodologySection ExampleSection(const v1::ScoringModel& model) {
  v1::MethodologySection section;
  section.set_heading("A worked example");
  const std::shared_ptr<const CompiledModel> compiled = Compiled(model);
  if (compiled == nullptr) return section;
  const ExampleAccount account(compiled->parts());
  if (model.method() == v1::SCORING_METHOD_WEIGHTED) {
    AddWeighted(*compiled, account, &section);
  } else {
    AddPoints(*compiled, account, &section);
  }
  return section;
}

}  // namespace tiermark
