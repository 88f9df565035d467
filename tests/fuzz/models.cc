#include "tests/fuzz/models.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "scoring/estimate.h"
#include "scoring/methodology.h"
#include "scoring/methodology_markdown.h"
#include "scoring/model_diff.h"
#include "scoring/model_warnings.h"
#include "scoring/policy.h"
#include "scoring/shipped.h"
#include "scoring/text.h"
#include "service/model_settings.h"
#include "tests/fuzz/fuzz.h"

namespace tiermark {
namespace {

constexpr absl::CivilDay kDay(2026, 5, 20);

void CheckSoundModel(const v1::ScoringModel& model) {
  static const CompiledPolicy& policy = *new CompiledPolicy(DefaultPolicy());
  WarningsOf(model);
  MUST(!MarkdownOf(MethodologyOf({model, ShippedPlaybooks(), policy.policy})).empty());
}

}  // namespace

std::vector<v1::ScoringModel> SmallModels() {
  const char* const points[] = {
      R"(fact: "capital" missing_points: 1 money_tiers { tiers { at_least: "5.5" points: 9 label: "x" } tiers { points: -3 label: "y" } })",
      R"(fact: "industry" presence_points { present_points: 2 })",
      R"(fact: "created_date" recency_tiers { tiers { days_at_most: 30 points: 9 label: "x" } tiers { label: "y" } })"};
  const char* const weighted[] = {
      R"(fact: "custom.x" numeric_tiers { tiers { at_least: "-1" points: 100 label: "x" } tiers { label: "y" } })",
      R"(fact: "countries" distinct_count_tiers { tiers { at_least: 2 points: 100 label: "x" } tiers { label: "y" } })",
      R"(fact: "contact_role" category_points { categories { value: "USER" points: 100 label: "x" test: "t" } other_points: 0 })"};
  std::vector<v1::ScoringModel> models;
  const auto add = [&models](const char* criterion, const char* tail) {
    models.push_back(FromText<v1::ScoringModel>(absl::StrCat(
        R"(model_id: "m" display_name: "M" bands { band_id: "h" display_name: "H" min_score: 50 grade: "A" }
           bands { band_id: "l" display_name: "L" grade: "B" } criteria { criterion_id: "c" display_name: "C" )",
        criterion, tail)));
  };
  for (const char* criterion : points) {
    add(criterion, R"(} method: SCORING_METHOD_POINTS reference_currency: "USD")");
  }
  for (const char* criterion : weighted) {
    add(criterion, "weight_percent: 100 } method: SCORING_METHOD_WEIGHTED");
  }
  for (const v1::ScoringModel& model : models) MUST(FaultsOfModel(model).empty());
  return models;
}

void CheckAnyModel(const v1::ScoringModel& model) {
  static const auto& facts = *new v1::AccountFacts(FromText<v1::AccountFacts>(R"(
      country: "CO" operating_countries: "PE" industry: "x" contact_role: CONTACT_ROLE_USER
      capital { currency_code: "USD" units: 5 nanos: 500000000 } created_date { year: 2026 month: 5 day: 1 }
      custom { key: "x" value { decimal: "-1" } })"));
  static const v1::AccountFacts& no_facts = *new v1::AccountFacts;
  static const auto& another = *new v1::ScoringModel(SmallModels().front());
  const std::vector<v1::ModelFault> faults = FaultsOfModel(model);
  Violations unpublishable;
  CheckPublishable(model, ShippedExchangeRates(), &unpublishable);
  MUST(faults.empty() || !unpublishable.empty());
  MUST(DiffModels(model, model).empty());
  DiffModels(another, model);
  v1::ScoringModel numbered = model;
  numbered.set_version(1);
  const auto compiled = CompiledModel::Compile(numbered, ShippedExchangeRates());
  MUST(compiled.ok() ? faults.empty() : absl::IsInvalidArgument(compiled.status()));
  MUST(compiled.ok() || !unpublishable.empty());
  if (compiled.ok()) {
    CheckScores(**compiled, facts);
    CheckScores(**compiled, no_facts);
  }
  if (faults.empty()) CheckSoundModel(model);
}

void CheckReading(absl::string_view text, ModelReading (*read)(absl::string_view),
                  std::string (*write)(const v1::ScoringModel&)) {
  const ModelReading reading = read(text);
  const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
  for (const v1::ModelFault& fault : reading.faults) {
    MUST(!fault.message().empty() && IsUtf8(fault.message()));
    if (!fault.has_line()) continue;
    MUST(fault.line() >= 1 && fault.line() <= lines);
    MUST(fault.column() >= 1 && fault.column() <= static_cast<int>(text.size()) + 1);
  }
  const bool sound = reading.faults.empty();
  MUST(FaultsOfModel(reading.model).empty() == sound);
  if (!sound) return;
  const ModelReading again = read(write(reading.model));
  MUST(again.faults.empty() && BytesOf(again.model) == BytesOf(reading.model));
}

void CheckScores(const CompiledModel& model, const v1::AccountFacts& facts) {
  ScoreCard card;
  const absl::Status scored = model.Score(facts, kDay, &card);
  MUST(model.TryScore(facts, kDay, &card) == scored.ok());
  v1::EstimateScoreResponse estimate;
  const absl::Status estimated = EstimateScore(model, facts, kDay, &estimate);
  MUST(scored.ok() || absl::IsFailedPrecondition(scored));
  MUST(estimated.ok() || absl::IsFailedPrecondition(estimated));
  if (!scored.ok()) return;
  MUST(card.exact_score >= 0 && card.exact_score <= 10'000);
  MUST(card.score == (card.exact_score + 50) / 100);
  MUST(card.band == model.BandOfScore(card.score));
  v1::Evaluation evaluation;
  model.Explain(facts, kDay, card, &evaluation);
  MUST(evaluation.score() == card.score);
  MUST(evaluation.criteria_size() == model.model().criteria_size());
}

}  // namespace tiermark
