// What the criteria read, in words.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "scoring/fact_reading.h"
#include "scoring/methodology_parts.h"

namespace tiermark {
namespace {

// "budget", "custom fact “score”"
std::string NounOf(const FactKind& fact) {
  if (fact.noun.empty()) return absl::StrCat("custom fact “", fact.custom_key, "”");
  return std::string(fact.noun.data(), fact.noun.size());
}

// What a criterion reads, in one phrase that fits a cell and a sentence.
std::string WhatIsRead(const v1::Criterion& criterion, const FactKind& fact) {
  std::string noun = NounOf(fact);
  switch (criterion.rule_case()) {
    case v1::Criterion::kNumericTiers:
      return IsPlural(fact) ? absl::StrCat("number of ", noun) : noun;
    case v1::Criterion::kMoneyTiers:
      return fact.source == FactSource::kPotentialMrr ? noun + " of the local contract"
                                                      : noun + ", an amount of money";
    case v1::Criterion::kCategoryPoints:
      return absl::StrCat(noun, ", by category");
    case v1::Criterion::kPresencePoints:
      if (fact.type == FactType::kBool) return absl::StrCat(noun, ", yes or no");
      return absl::StrCat("whether the ", noun, IsPlural(fact) ? " are known" : " is known");
    case v1::Criterion::kRecencyTiers:
      return absl::StrCat(noun, ", in days from the day of evaluation");
    case v1::Criterion::kDistinctCountTiers:
      return absl::StrCat("number of different ", noun);
    case v1::Criterion::RULE_NOT_SET:
      break;
  }
  return noun;
}

// "It reads the number of past-due cases"
std::string Reads(const v1::Criterion& criterion, const FactKind& fact) {
  if (!criterion.has_presence_points()) {
    return absl::StrCat("It reads the ", WhatIsRead(criterion, fact));
  }
  if (fact.type == FactType::kBool) {
    return absl::StrCat("It asks for a yes or a no: ", NounOf(fact));
  }
  return absl::StrCat("It asks ", WhatIsRead(criterion, fact));
}

// What a reader has to know of the fact besides, where the phrase does not say it all.
std::string MoreOfFact(const v1::Criterion& criterion, const FactKind& fact) {
  if (fact.source == FactSource::kPotentialMrr) {
    return ". MRR is always local: what the account could bill in other countries is kept, but "
           "never added.";
  }
  if (fact.source == FactSource::kCountries && criterion.has_presence_points()) {
    return ". They are once it has one that it operates in or is confirmed to expand to.";
  }
  if (fact.source == FactSource::kCountries) {
    return ": its own, those it operates in and those it is confirmed to expand to. An account of "
           "a single country names it as the one it operates in. While neither of those two lists "
           "has an entry, the number is not known.";
  }
  if (IsAlwaysKnown(criterion)) return ". An account without one counts as a prospect.";
  if (criterion.has_category_points()) {
    const auto& categories = criterion.category_points().categories();
    const bool tests = std::any_of(categories.begin(), categories.end(),
                                   [](const auto& category) { return !category.test().empty(); });
    std::string more = fact.type == FactType::kEnum
                           ? "."
                           : ". It has to be spelled exactly as the table spells it.";
    if (tests) more += " The test decides, so that two people choose the same category.";
    return more;
  }
  const auto& days = criterion.recency_tiers().tiers();
  if (!days.empty() && days[0].has_days_at_most() && days[0].days_at_most() > 0) {
    return ". A day still to come counts as today.";
  }
  if (criterion.has_presence_points() && fact.type == FactType::kAny) {
    return ". If it is a yes or a no, only a yes counts.";
  }
  return ".";
}

// "-10 to 10": the least and the most that the criterion can give.
std::string PointsSpan(const v1::ScoringModel& model, const v1::Criterion& criterion) {
  const std::vector<int> points = PointsIn(model, criterion);
  const auto [least, most] = std::minmax_element(points.begin(), points.end());
  return *least == *most ? absl::StrCat(*least) : absl::StrCat(*least, " to ", *most);
}

// The weight of a criterion, or in a points model what it can give.
std::string ShareOf(const v1::ScoringModel& model, const v1::Criterion& criterion) {
  return model.method() == v1::SCORING_METHOD_WEIGHTED
             ? absl::StrCat(criterion.weight_percent(), " %")
             : PointsSpan(model, criterion);
}

std::string WhoseNumbers(const v1::ScoringModel& model) {
  const absl::string_view band = BandNoun(model);
  if (model.method() == v1::SCORING_METHOD_WEIGHTED) {
    return absl::StrCat(
        "The criteria, their weights and the ", band,
        "s are the methodology's. The tables of points below, with the ranges and tests that earn "
        "them, are defaults shipped with the service: a place to start, to be tuned by publishing "
        "a version of your own.");
  }
  return absl::StrCat(
      "The criteria are the methodology's. The tables of points below and the scores of the ", band,
      "s are defaults shipped with the service: a place to start, to be tuned by publishing a "
      "version of your own.");
}

}  // namespace

v1::MethodologySection CriteriaSection(const v1::ScoringModel& model, bool shipped_defaults) {
  const bool weighted = model.method() == v1::SCORING_METHOD_WEIGHTED;
  v1::MethodologySection section;
  section.set_heading(weighted ? "The criteria and their weights"
                               : "The criteria and their points");
  if (shipped_defaults) section.add_paragraphs(WhoseNumbers(model));
  v1::MethodologyTable overview =
      TableOf({"Criterion", weighted ? "Weight" : "Points", "What is read"});
  for (const v1::Criterion& criterion : model.criteria()) {
    const absl::optional<FactKind> fact = FindFact(criterion.fact());
    // A sound model names facts alone.
    if (!fact) continue;
    AddRow(
        {NameOf(criterion), ShareOf(model, criterion), Capitalized(WhatIsRead(criterion, *fact))},
        &overview);

    v1::MethodologySection* part = section.add_subsections();
    part->set_heading(weighted ? absl::StrCat(NameOf(criterion), ": ", ShareOf(model, criterion))
                               : NameOf(criterion));
    if (!criterion.description().empty()) part->add_paragraphs(criterion.description());
    part->add_paragraphs(absl::StrCat(Reads(criterion, *fact), MoreOfFact(criterion, *fact)));
    *part->add_tables() = PointsTable(model, criterion);
  }
  *section.add_tables() = std::move(overview);
  return section;
}

}  // namespace tiermark
