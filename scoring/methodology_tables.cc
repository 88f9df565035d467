// The tables that say which fact earns which points.
#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/types/optional.h"
#include "scoring/exact.h"
#include "scoring/fact_reading.h"
#include "scoring/methodology_parts.h"

namespace tiermark {
namespace {

constexpr char kNotKnown[] = "Not known";

// One row: the label that evaluations show, the range exactly, and the points.
struct Tier {
  std::string label;
  std::string range;
  int points;

  // Another way in which people write the range: "10 to 50" for "10 to 49".
  std::string loose_range;
};

// Values from `at_least` on and below `below`; an absent bound is none.
struct Range {
  absl::optional<Nanos> at_least;
  absl::optional<Nanos> below;
};

bool IsWhole(Nanos nanos) { return nanos % kNanosPerUnit == 0; }

// "1", "1 or 2", "1 to 3"
std::string WholeRange(Nanos first, Nanos last) {
  std::string from = FormatDecimalForPeople(first);
  if (first >= last) return from;
  return absl::StrCat(from, last - first == kNanosPerUnit ? " or " : " to ",
                      FormatDecimalForPeople(last));
}

// `unit` comes behind the number, as in " USD". `whole`: the values are whole numbers.
std::string RangeText(const Range& range, absl::string_view unit, bool whole) {
  if (!range.at_least && !range.below) return "Any";
  if (!range.below) return absl::StrCat(FormatDecimalForPeople(*range.at_least), unit, " or more");
  if (!range.at_least) return absl::StrCat("Under ", FormatDecimalForPeople(*range.below), unit);
  if (whole && IsWhole(*range.at_least) && IsWhole(*range.below)) {
    return absl::StrCat(WholeRange(*range.at_least, *range.below - kNanosPerUnit), unit);
  }
  return absl::StrCat(FormatDecimalForPeople(*range.at_least), " to under ",
                      FormatDecimalForPeople(*range.below), unit);
}

// Rows of tiers whose bounds fall. `least` is the least value that a whole number can have: the
// one or two below a low bound are then told one by one.
template <typename Tiers, typename BoundOf>
std::vector<Tier> FallingTiers(const Tiers& tiers, absl::string_view unit,
                               absl::optional<Nanos> least, BoundOf bound_of) {
  std::vector<Tier> rows;
  Range range;
  for (const auto& tier : tiers) {
    range.at_least = tier.has_at_least() ? absl::make_optional(bound_of(tier)) : absl::nullopt;
    if (!range.at_least && least && range.below && *range.below > *least &&
        *range.below <= *least + 2 * Nanos(kNanosPerUnit)) {
      range.at_least = least;
    }
    rows.push_back({tier.label(), RangeText(range, unit, least.has_value()), tier.points(),
                    RangeText(range, unit, /*whole=*/false)});
    range.below = range.at_least;
  }
  return rows;
}

std::string Ahead(int64_t days) { return absl::StrCat(CountOf(days, "day"), " ahead"); }
std::string Ago(int64_t days) { return absl::StrCat(CountOf(days, "day"), " ago"); }

// Days ago from `first` to `last`, negative for days ahead; an absent one is none.
std::string DaysText(absl::optional<int64_t> first, absl::optional<int64_t> last) {
  if (!first && !last) return "Any day";
  if (!first) {
    if (*last == 0) return "Today or later";
    return *last > 0 ? absl::StrCat("Up to ", Ago(*last)) : absl::StrCat(Ahead(-*last), " or more");
  }
  if (!last) {
    if (*first == 0) return "Today or earlier";
    if (*first == 1) return "Before today";
    return *first > 0 ? absl::StrCat("More than ", Ago(*first - 1))
                      : absl::StrCat("At most ", Ahead(-*first), ", or passed");
  }
  if (*first == *last) {
    if (*first == 0) return "Today";
    return *first > 0 ? Ago(*first) : Ahead(-*first);
  }
  if (*first > 0) return absl::StrCat(Count(*first), " to ", Ago(*last));
  if (*last < 0) return absl::StrCat(Count(-*last), " to ", Ahead(-*first));
  if (*first == 0) return absl::StrCat("Today to ", Ago(*last));
  if (*last == 0) return absl::StrCat("Today to ", Ahead(-*first));
  return absl::StrCat(Ahead(-*first), " to ", Ago(*last));
}

std::vector<Tier> RecencyRows(const v1::RecencyTiers& rule) {
  std::vector<Tier> rows;
  absl::optional<int64_t> first;
  for (const v1::RecencyTier& tier : rule.tiers()) {
    absl::optional<int64_t> last;
    if (tier.has_days_at_most()) last = tier.days_at_most();
    const std::string text = DaysText(first, last);
    const bool far_ahead = !first && last && *last < -1;
    rows.push_back({tier.label(), text, tier.points(),
                    far_ahead ? absl::StrCat("More than ", Ahead(-*last - 1)) : text});
    if (last) first = *last + 1;
  }
  return rows;
}

// The numbers in a text, with digits in groups read as one number.
std::vector<std::string> NumbersIn(const std::string& text) {
  const std::string plain = absl::StrReplaceAll(text, {{"\u00a0", " "}});
  const auto digit = [&plain](size_t i) {
    return i < plain.size() && absl::ascii_isdigit(static_cast<unsigned char>(plain[i]));
  };
  // A space, and then exactly three digits, goes on with a number.
  const auto group = [&](size_t i) {
    return plain[i] == ' ' && digit(i + 1) && digit(i + 2) && digit(i + 3) && !digit(i + 4);
  };
  std::vector<std::string> numbers;
  for (size_t i = 0; i < plain.size(); ++i) {
    if (!digit(i)) continue;
    std::string number;
    for (; i < plain.size(); ++i) {
      if (digit(i) || (plain[i] == '.' && digit(i + 1))) {
        number.push_back(plain[i]);
      } else if (!group(i)) {
        break;
      }
    }
    numbers.push_back(std::move(number));
  }
  return numbers;
}

// Whether the label says no more than the range does.
bool IsOnlyRange(const Tier& tier) {
  if (tier.label.empty()) return true;
  const bool of_numbers = absl::ascii_isdigit(static_cast<unsigned char>(tier.label[0])) ||
                          absl::StartsWith(tier.label, "Under ") ||
                          absl::StartsWith(tier.label, "Up to ") ||
                          absl::StartsWith(tier.label, "More than ");
  if (!of_numbers) return false;
  const std::vector<std::string> numbers = NumbersIn(tier.label);
  return numbers == NumbersIn(tier.range) || numbers == NumbersIn(tier.loose_range);
}

// Labels have a column of their own where they say more than the ranges do.
v1::MethodologyTable TableOfTiers(const std::string& fact, const std::vector<Tier>& tiers,
                                  const std::string& unknown) {
  if (std::all_of(tiers.begin(), tiers.end(), IsOnlyRange)) {
    v1::MethodologyTable table = TableOf({fact, "Points"});
    for (const Tier& tier : tiers) AddRow({tier.range, absl::StrCat(tier.points)}, &table);
    AddRow({kNotKnown, unknown}, &table);
    return table;
  }
  v1::MethodologyTable table = TableOf({"Tier", fact, "Points"});
  for (const Tier& tier : tiers) {
    AddRow({tier.label, tier.range, absl::StrCat(tier.points)}, &table);
  }
  AddRow({"", kNotKnown, unknown}, &table);
  return table;
}

// Without a row for the unknown fact where `unknown` is empty.
v1::MethodologyTable TableOfCategories(const std::string& fact, const v1::CategoryPoints& rule,
                                       bool of_enum, const std::string& unknown) {
  const bool tests = std::any_of(rule.categories().begin(), rule.categories().end(),
                                 [](const auto& category) { return !category.test().empty(); });
  v1::MethodologyTable table =
      tests ? TableOf({fact, "Test", "Points"}) : TableOf({fact, "Points"});
  const auto add = [&](std::string name, std::string test, std::string points) {
    if (tests) {
      AddRow({std::move(name), std::move(test), std::move(points)}, &table);
    } else {
      AddRow({std::move(name), std::move(points)}, &table);
    }
  };
  for (const v1::Category& category : rule.categories()) {
    add(NameOf(category, of_enum), category.test(), absl::StrCat(category.points()));
  }
  if (rule.has_other_points()) add("Anything else", "", absl::StrCat(rule.other_points()));
  if (!unknown.empty()) add(kNotKnown, "", unknown);
  return table;
}

v1::MethodologyTable TableOfPresence(const std::string& fact, const v1::PresencePoints& rule,
                                     FactType type) {
  const char* present = type == FactType::kBool ? "Yes" : "Known";
  const char* absent = type == FactType::kBool ? "No, or not known" : kNotKnown;
  if (type == FactType::kAny) {
    present = "Known, and not a no";
    absent = "Not known, or a no";
  }
  v1::MethodologyTable table = TableOf({fact, "Points"});
  AddRow({present, absl::StrCat(rule.present_points())}, &table);
  AddRow({absent, absl::StrCat(rule.absent_points())}, &table);
  return table;
}

Nanos DecimalBound(const v1::NumericTier& tier) {
  return ParseDecimal(tier.at_least()).value_or(Nanos(0));
}

Nanos CountBound(const v1::CountTier& tier) { return Nanos(tier.at_least()) * kNanosPerUnit; }

template <typename Tiers>
void AddPointsOf(const Tiers& tiers, std::vector<int>* points) {
  for (const auto& tier : tiers) points->push_back(tier.points());
}

}  // namespace

bool IsAlwaysKnown(const v1::Criterion& criterion) {
  const absl::optional<FactKind> fact = FindFact(criterion.fact());
  return fact && fact->source == FactSource::kLifecycleStage;
}

std::vector<int> PointsIn(const v1::ScoringModel& model, const v1::Criterion& criterion) {
  std::vector<int> points;
  AddPointsOf(criterion.numeric_tiers().tiers(), &points);
  AddPointsOf(criterion.money_tiers().tiers(), &points);
  AddPointsOf(criterion.recency_tiers().tiers(), &points);
  AddPointsOf(criterion.distinct_count_tiers().tiers(), &points);
  AddPointsOf(criterion.category_points().categories(), &points);
  if (criterion.category_points().has_other_points()) {
    points.push_back(criterion.category_points().other_points());
  }
  if (criterion.has_presence_points()) {
    points.push_back(criterion.presence_points().present_points());
    points.push_back(criterion.presence_points().absent_points());
  } else if (!NeedsFact(model, criterion) && !IsAlwaysKnown(criterion)) {
    points.push_back(criterion.missing_points());
  }
  return points;
}

bool NeedsFact(const v1::ScoringModel& model, const v1::Criterion& criterion) {
  return model.method() == v1::SCORING_METHOD_WEIGHTED && !criterion.has_missing_points() &&
         !criterion.has_presence_points() && !IsAlwaysKnown(criterion);
}

v1::MethodologyTable PointsTable(const v1::ScoringModel& model, const v1::Criterion& criterion) {
  const absl::optional<FactKind> fact = FindFact(criterion.fact());
  const FactType type = fact ? fact->type : FactType::kAny;
  const std::string name =
      fact && !fact->noun.empty() ? Capitalized(fact->noun) : NameOf(criterion);
  std::string unknown =
      NeedsFact(model, criterion) ? "no score" : absl::StrCat(criterion.missing_points());
  if (IsAlwaysKnown(criterion)) unknown.clear();
  switch (criterion.rule_case()) {
    case v1::Criterion::kNumericTiers: {
      // Facts of our own are whole numbers from 0 on; custom ones may be anything.
      const absl::optional<Nanos> least =
          type == FactType::kNumber ? absl::make_optional(Nanos(0)) : absl::nullopt;
      return TableOfTiers(
          name, FallingTiers(criterion.numeric_tiers().tiers(), "", least, DecimalBound), unknown);
    }
    case v1::Criterion::kMoneyTiers:
      return TableOfTiers(
          name,
          FallingTiers(criterion.money_tiers().tiers(),
                       absl::StrCat(" ", model.reference_currency()), absl::nullopt, DecimalBound),
          unknown);
    case v1::Criterion::kDistinctCountTiers:
      return TableOfTiers(name,
                          FallingTiers(criterion.distinct_count_tiers().tiers(), "",
                                       Nanos(kNanosPerUnit), CountBound),
                          unknown);
    case v1::Criterion::kRecencyTiers:
      return TableOfTiers(name, RecencyRows(criterion.recency_tiers()), unknown);
    case v1::Criterion::kCategoryPoints:
      return TableOfCategories(name, criterion.category_points(), type == FactType::kEnum, unknown);
    case v1::Criterion::kPresencePoints:
      return TableOfPresence(name, criterion.presence_points(), type);
    case v1::Criterion::RULE_NOT_SET:
      break;
  }
  return TableOf({name, "Points"});
}

}  // namespace tiermark
