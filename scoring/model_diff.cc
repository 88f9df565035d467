#include "scoring/model_diff.h"

#include <map>
#include <queue>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "scoring/exact.h"
#include "scoring/model_words.h"

namespace tiermark {
namespace {

constexpr char kBecomes[] = " \u2192 ";

// What tells tiers apart: the number of their bound, not the way it is written.
std::string KeyOf(const v1::NumericTier& tier) {
  if (!tier.has_at_least()) return "last";
  const absl::StatusOr<Nanos> bound = ParseDecimal(tier.at_least());
  return bound.ok() ? FormatDecimal(*bound) : absl::StrCat("not a number: ", tier.at_least());
}
std::string KeyOf(const v1::RecencyTier& tier) {
  return tier.has_days_at_most() ? absl::StrCat(tier.days_at_most()) : "last";
}
std::string KeyOf(const v1::CountTier& tier) {
  return tier.has_at_least() ? absl::StrCat(tier.at_least()) : "last";
}
std::string KeyOf(const v1::Category& category) { return category.value(); }
std::string KeyOf(const v1::Criterion& criterion) { return criterion.criterion_id(); }
std::string KeyOf(const v1::Band& band) { return band.band_id(); }

// Places of one item in two lists, -1 where it is not in the list.
struct Match {
  int from;
  int to;
};

// Items of the later list in its order, then what it lost.
template <typename List>
std::vector<Match> MatchItems(const List& from, const List& to) {
  std::map<std::string, std::queue<int>> places;
  for (int i = 0; i < from.size(); ++i) places[KeyOf(from[i])].push(i);
  std::vector<Match> matches;
  std::vector<bool> kept(from.size());
  for (int i = 0; i < to.size(); ++i) {
    std::queue<int>& same = places[KeyOf(to[i])];
    matches.push_back({same.empty() ? -1 : same.front(), i});
    if (same.empty()) continue;
    kept[same.front()] = true;
    same.pop();
  }
  for (int i = 0; i < from.size(); ++i) {
    if (!kept[i]) matches.push_back({i, -1});
  }
  return matches;
}

// Whether what both lists have stands in another order.
bool IsReordered(const std::vector<Match>& matches) {
  int before = -1;
  for (const Match& match : matches) {
    if (match.from < 0 || match.to < 0) continue;
    if (match.from < before) return true;
    before = match.from;
  }
  return false;
}

std::string Item(absl::string_view list, int index) { return absl::StrCat(list, "[", index, "]"); }

using Categories = google::protobuf::RepeatedPtrField<v1::Category>;

class Comparison {
 public:
  Comparison(const v1::ScoringModel& from, const v1::ScoringModel& to) : from_(from), to_(to) {}

  std::vector<v1::ModelDifference> Run() && {
    CompareValue("model_id", "model id", from_.model_id(), to_.model_id());
    CompareText("display_name", "name of the model", from_.display_name(), to_.display_name());
    CompareText("description", "description of the model", from_.description(), to_.description());
    if (from_.method() != to_.method()) {
      Add("method", "method: ", MethodWords(from_.method()), kBecomes, MethodWords(to_.method()));
    }
    CompareValue("reference_currency", "reference currency", from_.reference_currency(),
                 to_.reference_currency());
    CompareCriteria();
    CompareBands();
    return std::move(differences_);
  }

 private:
  template <typename... Parts>
  void Add(absl::string_view field, const Parts&... parts) {
    v1::ModelDifference& difference = differences_.emplace_back();
    difference.set_field(std::string(field));
    difference.set_message(absl::StrCat(parts...));
  }

  // A name, a label or a longer text.
  void CompareText(absl::string_view field, absl::string_view subject, const std::string& from,
                   const std::string& to) {
    if (from == to) return;
    if (to.empty()) {
      Add(field, subject, " removed");
    } else if (from.empty()) {
      Add(field, subject, " added", IsTold(to) ? absl::StrCat(": ", Quoted(to)) : "");
    } else if (IsTold(from) && IsTold(to)) {
      Add(field, subject, ": ", Quoted(from), kBecomes, Quoted(to));
    } else {
      Add(field, subject, " rewritten");
    }
  }

  // A code, such as that of a currency.
  void CompareValue(absl::string_view field, absl::string_view subject, const std::string& from,
                    const std::string& to) {
    if (from == to) return;
    if (IsTold(from) && IsTold(to)) {
      Add(field, subject, ": ", from.empty() ? "none" : from, kBecomes, to.empty() ? "none" : to);
    } else {
      Add(field, subject, " changed");
    }
  }

  void ComparePoints(absl::string_view field, absl::string_view subject, int from, int to) {
    if (from != to) Add(field, subject, ": ", Number(from), kBecomes, Points(to));
  }

  // Points that may be absent; of those that were lost the earlier path is told.
  void ComparePoints(absl::string_view from_field, absl::string_view to_field,
                     absl::string_view subject, absl::optional<int> from, absl::optional<int> to) {
    if (from == to) return;
    if (from && to) {
      ComparePoints(to_field, subject, *from, *to);
    } else {
      Add(to ? to_field : from_field, subject, ": ", from ? Points(*from) : "none", kBecomes,
          to ? Points(*to) : "none");
    }
  }

  void CompareCriteria() {
    const std::vector<Match> matches = MatchItems(from_.criteria(), to_.criteria());
    for (const Match& match : matches) {
      if (match.to < 0) {
        Add(Item("criteria", match.from), CriterionName(from_, match.from, kWithKind), " removed");
      } else if (match.from < 0) {
        const int weight = to_.criteria(match.to).weight_percent();
        Add(Item("criteria", match.to), CriterionName(to_, match.to, kWithKind), " added",
            weight == 0 ? "" : absl::StrCat(", weight ", Number(weight), " %"));
      } else {
        CompareCriterion(match);
      }
    }
    if (IsReordered(matches)) Add("criteria", "order of the criteria changed");
  }

  void CompareCriterion(Match match) {
    const v1::Criterion& from = from_.criteria(match.from);
    const v1::Criterion& to = to_.criteria(match.to);
    const std::string before = Item("criteria", match.from);
    const std::string path = Item("criteria", match.to);
    const std::string name = CriterionName(to_, match.to);
    CompareText(absl::StrCat(path, ".display_name"),
                absl::StrCat("name of ", ToldName("", to.criterion_id(), "criterion", match.to)),
                from.display_name(), to.display_name());
    CompareText(absl::StrCat(path, ".description"), absl::StrCat("description of ", name),
                from.description(), to.description());
    if (from.fact() != to.fact()) {
      Add(absl::StrCat(path, ".fact"), name, " reads ", FactWords(to.fact()), " instead of ",
          FactWords(from.fact()));
    }
    if (from.weight_percent() != to.weight_percent()) {
      Add(absl::StrCat(path, ".weight_percent"), "weight of ", name, ": ",
          Number(from.weight_percent()), " %", kBecomes, Number(to.weight_percent()), " %");
    }
    const auto missing = [](const v1::Criterion& criterion) {
      return criterion.has_missing_points() ? absl::make_optional(criterion.missing_points())
                                            : absl::nullopt;
    };
    ComparePoints(absl::StrCat(before, ".missing_points"), absl::StrCat(path, ".missing_points"),
                  absl::StrCat(name, ", fact unknown"), missing(from), missing(to));
    CompareRules(from, to, before, path, name);
  }

  void CompareRules(const v1::Criterion& from, const v1::Criterion& to, const std::string& before,
                    const std::string& path, const std::string& name) {
    if (from.rule_case() != to.rule_case()) {
      const auto* rule = v1::Criterion::descriptor()->FindFieldByNumber(to.rule_case());
      Add(absl::StrCat(path, ".", rule == nullptr ? "rule" : rule->name()), name, " is scored by ",
          RuleWords(to.rule_case()), " instead of ", RuleWords(from.rule_case()));
      return;
    }
    switch (to.rule_case()) {
      case v1::Criterion::kNumericTiers:
        return CompareEntries(from.numeric_tiers().tiers(), to.numeric_tiers().tiers(),
                              {before, path, ".numeric_tiers.tiers", name, "", ""});
      case v1::Criterion::kMoneyTiers:
        return CompareEntries(from.money_tiers().tiers(), to.money_tiers().tiers(),
                              {before, path, ".money_tiers.tiers", name, from_.reference_currency(),
                               to_.reference_currency()});
      case v1::Criterion::kRecencyTiers:
        return CompareEntries(from.recency_tiers().tiers(), to.recency_tiers().tiers(),
                              {before, path, ".recency_tiers.tiers", name, "", ""});
      case v1::Criterion::kDistinctCountTiers:
        return CompareEntries(from.distinct_count_tiers().tiers(),
                              to.distinct_count_tiers().tiers(),
                              {before, path, ".distinct_count_tiers.tiers", name, "", ""});
      case v1::Criterion::kCategoryPoints: {
        CompareEntries(from.category_points().categories(), to.category_points().categories(),
                       {before, path, ".category_points.categories", name, "", ""});
        const auto other = [](const v1::CategoryPoints& rule) {
          return rule.has_other_points() ? absl::make_optional(rule.other_points()) : absl::nullopt;
        };
        return ComparePoints(absl::StrCat(before, ".category_points.other_points"),
                             absl::StrCat(path, ".category_points.other_points"),
                             absl::StrCat(name, ", any other value"), other(from.category_points()),
                             other(to.category_points()));
      }
      case v1::Criterion::kPresencePoints:
        ComparePoints(absl::StrCat(path, ".presence_points.present_points"),
                      absl::StrCat(name, ", present"), from.presence_points().present_points(),
                      to.presence_points().present_points());
        return ComparePoints(absl::StrCat(path, ".presence_points.absent_points"),
                             absl::StrCat(name, ", absent"), from.presence_points().absent_points(),
                             to.presence_points().absent_points());
      case v1::Criterion::RULE_NOT_SET:
        return;
    }
  }

  // Where two lists of tiers or categories stand, and the units of their bounds.
  struct EntryLists {
    const std::string& before;
    const std::string& path;
    absl::string_view list;
    const std::string& criterion;
    std::string from_unit;
    std::string to_unit;
  };

  template <typename List>
  void CompareEntries(const List& from, const List& to, const EntryLists& lists) {
    const std::string list = absl::StrCat(lists.path, lists.list);
    const std::vector<Match> matches = MatchItems(from, to);
    for (const Match& match : matches) {
      if (match.to < 0) {
        Add(Item(absl::StrCat(lists.before, lists.list), match.from), lists.criterion, ": ",
            EntryWords(from[match.from], lists.from_unit), " removed");
        continue;
      }
      const auto& entry = to[match.to];
      const std::string path = Item(list, match.to);
      const std::string words = EntryWords(entry, lists.to_unit);
      if (match.from < 0) {
        Add(path, lists.criterion, ": ", words, " added, ", Points(entry.points()));
        continue;
      }
      const std::string subject = absl::StrCat(lists.criterion, ", ", words);
      ComparePoints(absl::StrCat(path, ".points"), subject, from[match.from].points(),
                    entry.points());
      CompareText(absl::StrCat(path, ".label"), absl::StrCat("label of ", subject),
                  from[match.from].label(), entry.label());
      if constexpr (std::is_same_v<List, Categories>) {
        CompareText(absl::StrCat(path, ".test"), absl::StrCat("test of ", subject),
                    from[match.from].test(), entry.test());
      }
    }
    if (IsReordered(matches)) {
      Add(list, "order of the ", std::is_same_v<List, Categories> ? "categories" : "tiers", " of ",
          lists.criterion, " changed");
    }
  }

  void CompareBands() {
    const std::vector<Match> matches = MatchItems(from_.bands(), to_.bands());
    for (const Match& match : matches) {
      if (match.to < 0) {
        Add(Item("bands", match.from), BandName(from_, match.from, kWithKind), " removed");
      } else if (match.from < 0) {
        AddBand(match.to);
      } else {
        CompareBand(match);
      }
    }
    if (IsReordered(matches)) Add("bands", "order of the bands changed");
  }

  void AddBand(int index) {
    const v1::Band& band = to_.bands(index);
    const bool segment = band.segment() != v1::SEGMENT_UNSPECIFIED;
    const bool grade = !band.grade().empty() && IsTold(band.grade());
    Add(Item("bands", index), BandName(to_, index, kWithKind), " added, begins at ",
        Number(band.min_score()),
        segment ? absl::StrCat(", segment ", SegmentWords(band.segment())) : "",
        grade ? absl::StrCat(", grade ", band.grade()) : "");
  }

  void CompareBand(Match match) {
    const v1::Band& from = from_.bands(match.from);
    const v1::Band& to = to_.bands(match.to);
    const std::string path = Item("bands", match.to);
    const std::string name = BandName(to_, match.to);
    CompareText(absl::StrCat(path, ".display_name"),
                absl::StrCat("name of ", ToldName("", to.band_id(), "band", match.to)),
                from.display_name(), to.display_name());
    if (from.min_score() != to.min_score()) {
      Add(absl::StrCat(path, ".min_score"), name, " begins at ", Number(to.min_score()),
          " instead of ", Number(from.min_score()));
    }
    if (from.segment() != to.segment()) {
      Add(absl::StrCat(path, ".segment"), "segment of ", name, ": ", SegmentWords(from.segment()),
          kBecomes, SegmentWords(to.segment()));
    }
    CompareValue(absl::StrCat(path, ".grade"), absl::StrCat("grade of ", name), from.grade(),
                 to.grade());
  }

  static constexpr bool kWithKind = true;

  // "Potential MRR", or with its kind "criterion Potential MRR".
  static std::string CriterionName(const v1::ScoringModel& model, int index, bool kind = false) {
    const v1::Criterion& criterion = model.criteria(index);
    return ToldName(criterion.display_name(), criterion.criterion_id(), "criterion", index, kind);
  }

  static std::string BandName(const v1::ScoringModel& model, int index, bool kind = false) {
    const v1::Band& band = model.bands(index);
    return ToldName(band.display_name(), band.band_id(), "band", index, kind);
  }

  const v1::ScoringModel& from_;
  const v1::ScoringModel& to_;
  std::vector<v1::ModelDifference> differences_;
};

}  // namespace

std::vector<v1::ModelDifference> DiffModels(const v1::ScoringModel& from,
                                            const v1::ScoringModel& to) {
  return Comparison(from, to).Run();
}

}  // namespace tiermark
