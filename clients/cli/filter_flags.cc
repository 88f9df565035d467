#include "clients/cli/filter_flags.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "clients/cli/dates.h"
#include "clients/cli/fact_values.h"
#include "clients/cli/options.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

constexpr char kGroup[] = "Which accounts";

// Dimensions whose values are codes and ids of the tenant's, and are taken as they are written.
bool HasOwnValues(v1::Dimension dimension) {
  return dimension == v1::DIMENSION_OWNER || dimension == v1::DIMENSION_PARENT ||
         dimension == v1::DIMENSION_REGION || dimension == v1::DIMENSION_PRODUCT_LINE ||
         dimension == v1::DIMENSION_CROSS_SELL || dimension == v1::DIMENSION_INDUSTRY ||
         dimension == v1::DIMENSION_COUNTRY;
}

}  // namespace

std::vector<std::string> SegmentChoices() {
  auto choices = FlagNames(*v1::Segment_descriptor());
  choices.emplace_back("none");
  return choices;
}

v1::Segment SegmentOfChoice(const std::string& choice) { return EnumOf<v1::Segment>(choice); }

std::string FlagValueOf(v1::Dimension dimension, const std::string& value) {
  if (value == "UNSPECIFIED") return "none";
  if (HasOwnValues(dimension)) return value;
  return absl::StrReplaceAll(absl::AsciiStrToLower(value), {{"_", "-"}});
}

absl::StatusOr<v1::DimensionCondition> ParseDimensionCondition(const std::string& text) {
  const size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const auto dimension = ParseEnum(*v1::Dimension_descriptor(), name);
  if (equals == std::string::npos || !dimension) {
    return absl::InvalidArgumentError(
        absl::StrCat("must be DIMENSION=VALUE,VALUE, and not ", text, "; dimensions are ",
                     absl::StrJoin(FlagNames(*v1::Dimension_descriptor()), ", ")));
  }
  v1::DimensionCondition condition;
  condition.set_dimension(static_cast<v1::Dimension>(*dimension));
  for (const absl::string_view value :
       absl::StrSplit(text.substr(equals + 1), ',', absl::SkipEmpty())) {
    if (value == "none") {
      condition.add_values("UNSPECIFIED");
    } else if (HasOwnValues(condition.dimension())) {
      condition.add_values(std::string(value));
    } else {
      condition.add_values(absl::StrReplaceAll(absl::AsciiStrToUpper(value), {{"-", "_"}}));
    }
  }
  return condition;
}

void FilterFlags::AddTo(CLI::App* app) {
  AddList(app, "--segment", &segments_, "SEGMENTS", "In one of these segments; none: never scored")
      ->check(OneOf(SegmentChoices()))
      ->group(kGroup);
  app->add_option("--min-score", min_score_, "Of this score or more")
      ->type_name("N")
      ->check(CLI::Range(0, 100).description(""))
      ->group(kGroup);
  app->add_option("--max-score", max_score_, "Of this score or less")
      ->type_name("N")
      ->check(CLI::Range(0, 100).description(""))
      ->group(kGroup);
  AddList(app, "--country", &countries_, "CODES", "In one of these countries")->group(kGroup);
  AddList(app, "--owner", &owners_, "IDS", "Of one of these owners")->group(kGroup);
  AddList(app, "--parent", &parents_, "IDS", "Of one of these parents")->group(kGroup);
  app->add_option("--where", dimensions_,
                  "In one of these groups of a dimension, such as activity=leaving,lost or "
                  "service-level=premium; none: of which it is unknown")
      ->type_name("DIMENSION=VALUES")
      ->allow_extra_args(false)
      ->check([](const std::string& text) {
        return std::string(ParseDimensionCondition(text).status().message());
      })
      ->group(kGroup);
  app->add_option("--fact", facts_,
                  "With this fact, such as industry=K64,K65, past_due_cases>=1000, "
                  "budget>=USD:5000 or industry_regulated=yes")
      ->type_name("CONDITION")
      ->allow_extra_args(false)
      ->check([](const std::string& text) {
        return std::string(ParseFactCondition(text).status().message());
      })
      ->group(kGroup);
  app->add_flag("--due", due_, "Due for re-evaluation now")->group(kGroup);
  AddText(app, "--due-by", &due_by_, "TIME", "Due by then")->check(CheckTime)->group(kGroup);
  AddList(app, "--due-reason", &due_reasons_, "REASONS", "Due for one of these reasons")
      ->check(OneOf<v1::ReevaluationReason>())
      ->group(kGroup);
  AddText(app, "--as-of", &as_of_, "DATE", "Day that activity, standing and tenure are asked for")
      ->check(CheckDate)
      ->group(kGroup);
}

v1::AccountFilter FilterFlags::Filter() const {
  v1::AccountFilter filter;
  for (const std::string& segment : segments_) filter.add_segments(SegmentOfChoice(segment));
  if (min_score_ >= 0) filter.set_min_score(min_score_);
  if (max_score_ >= 0) filter.set_max_score(max_score_);
  *filter.mutable_countries() = {countries_.begin(), countries_.end()};
  *filter.mutable_owner_ids() = {owners_.begin(), owners_.end()};
  *filter.mutable_parent_ids() = {parents_.begin(), parents_.end()};
  for (const std::string& text : dimensions_) {
    *filter.add_dimensions() = *ParseDimensionCondition(text);
  }
  for (const std::string& text : facts_) *filter.add_facts() = *ParseFactCondition(text);
  if (due_ || !due_by_.empty() || !due_reasons_.empty()) {
    v1::DueCondition& due = *filter.mutable_due();
    if (!due_by_.empty()) *due.mutable_due_by_time() = *ParseTime(due_by_);
    for (const std::string& reason : due_reasons_) {
      due.add_reasons(EnumOf<v1::ReevaluationReason>(reason));
    }
  }
  if (!as_of_.empty()) *filter.mutable_as_of_date() = *ParseDate(as_of_);
  return filter;
}

}  // namespace tiermark::cli
