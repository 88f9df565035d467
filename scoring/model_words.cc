#include "scoring/model_words.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "scoring/exact.h"
#include "scoring/fact_reading.h"
#include "scoring/text.h"

namespace tiermark {
namespace {

constexpr char kAtLeast[] = "\u2265 ";

// Characters of the longest text that is told; longer ones would bury the rest.
constexpr int kToldTextMax = 60;

std::string Counted(int number, absl::string_view noun) {
  return absl::StrCat(Number(number), " ", noun, number == 1 || number == -1 ? "" : "s");
}

}  // namespace

bool IsTold(const std::string& text) {
  const auto characters = std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; });
  return characters <= kToldTextMax && IsPrintable(text);
}

std::string Quoted(const std::string& text) { return absl::StrCat("\u201c", text, "\u201d"); }

std::string Number(int number) { return FormatDecimalForPeople(Nanos(number) * kNanosPerUnit); }

std::string Points(int points) { return Counted(points, "point"); }

std::string ToldName(const std::string& name, const std::string& id, absl::string_view kind,
                     int index, bool with_kind) {
  for (const std::string* told : {&name, &id}) {
    if (told->empty() || !IsTold(*told)) continue;
    return with_kind ? absl::StrCat(kind, " ", *told) : *told;
  }
  return absl::StrCat(kind, " ", index + 1);
}

std::string FactWords(const std::string& name) {
  if (name.empty()) return "no fact";
  const absl::optional<FactKind> fact = FindFact(name);
  if (fact && !fact->noun.empty()) return std::string(fact->noun);
  return IsTold(name) ? name : "an unknown fact";
}

std::string RuleWords(v1::Criterion::RuleCase rule) {
  switch (rule) {
    case v1::Criterion::kNumericTiers:
      return "tiers of a number";
    case v1::Criterion::kMoneyTiers:
      return "tiers of an amount";
    case v1::Criterion::kCategoryPoints:
      return "categories";
    case v1::Criterion::kPresencePoints:
      return "presence";
    case v1::Criterion::kRecencyTiers:
      return "tiers of days";
    case v1::Criterion::kDistinctCountTiers:
      return "tiers of a count";
    case v1::Criterion::RULE_NOT_SET:
      break;
  }
  return "no rule";
}

std::string MethodWords(v1::ScoringMethod method) {
  if (method == v1::SCORING_METHOD_WEIGHTED) return "weighted";
  if (method == v1::SCORING_METHOD_POINTS) return "points";
  return method == 0 ? "none" : absl::StrCat("unknown (", static_cast<int>(method), ")");
}

std::string SegmentWords(v1::Segment segment) {
  switch (segment) {
    case v1::SEGMENT_UNSPECIFIED:
      return "none";
    case v1::SEGMENT_STRATEGIC:
      return "Strategic";
    case v1::SEGMENT_ENTERPRISE:
      return "Enterprise";
    case v1::SEGMENT_COMMERCIAL:
      return "Commercial";
    case v1::SEGMENT_SMB:
      return "SMB";
    default:
      return absl::StrCat("unknown (", static_cast<int>(segment), ")");
  }
}

std::string EntryWords(const v1::NumericTier& tier, const std::string& unit) {
  if (!tier.has_at_least()) return "last tier";
  const absl::StatusOr<Nanos> bound = ParseDecimal(tier.at_least());
  if (!bound.ok()) return "tier whose bound is no number";
  return absl::StrCat("tier ", kAtLeast, FormatDecimalForPeople(*bound),
                      unit.empty() || !IsTold(unit) ? "" : " ", IsTold(unit) ? unit : "");
}

std::string EntryWords(const v1::RecencyTier& tier, const std::string& /*unit*/) {
  if (!tier.has_days_at_most()) return "last tier";
  const int days = tier.days_at_most();
  if (days >= 0) return absl::StrCat("tier up to ", Counted(days, "day"));
  return absl::StrCat("tier ", FormatDecimalForPeople(-Nanos(days) * kNanosPerUnit),
                      days == -1 ? " day" : " days", " ahead or more");
}

std::string EntryWords(const v1::CountTier& tier, const std::string& /*unit*/) {
  return tier.has_at_least() ? absl::StrCat("tier ", kAtLeast, Number(tier.at_least()))
                             : "last tier";
}

std::string EntryWords(const v1::Category& category, const std::string& /*unit*/) {
  for (const std::string* name : {&category.label(), &category.value()}) {
    if (!name->empty() && IsTold(*name)) return absl::StrCat("category ", *name);
  }
  return "category without a short name";
}

}  // namespace tiermark
