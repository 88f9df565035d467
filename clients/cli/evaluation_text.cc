#include "clients/cli/evaluation_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/text.h"

namespace tiermark::cli {
namespace {

std::string ValueOf(const v1::FactReading& fact) {
  std::string value = TextOf(fact.value());
  if (value.empty()) return "unknown";
  if (fact.items().empty()) return value;
  return absl::StrCat(value, " (", absl::StrJoin(fact.items(), ", "), ")");
}

std::string DistanceOf(const v1::SegmentDistance& distance) {
  const std::string band =
      distance.segment() == 0 ? distance.band().display_name() : WordsOf(distance.segment());
  return absl::StrCat(band, ", ", HundredthsOf(distance.hundredths()), " away");
}

}  // namespace

Cell MovementCell(v1::Movement movement) {
  const Look look = movement == v1::MOVEMENT_UPGRADE     ? Look::kGood
                    : movement == v1::MOVEMENT_DOWNGRADE ? Look::kBad
                                                         : Look::kPlain;
  return {WordsOf(movement), look};
}

std::string SegmentOf(const v1::Evaluation& evaluation) {
  if (evaluation.segment() != 0) return WordsOf(evaluation.segment());
  return evaluation.band().display_name();
}

void PrintEvaluation(const v1::Evaluation& evaluation, const Session& session) {
  Fields fields;
  fields.Add("Account", evaluation.account_id());
  fields.Add("Score",
             {absl::StrCat(evaluation.score(), " (", HundredthsOf(evaluation.exact_score()), ")"),
              Look::kTitle});
  fields.Add(evaluation.segment() == 0 ? "Band" : "Segment", {SegmentOf(evaluation), Look::kTitle});
  fields.Add("Grade", evaluation.grade());
  if (evaluation.effective_segment() != evaluation.segment()) {
    fields.Add("Treated as", WordsOf(evaluation.effective_segment()));
  }
  Cell movement = MovementCell(evaluation.movement());
  if (evaluation.has_previous_score()) {
    absl::StrAppend(&movement.text, " from ", evaluation.previous_score(),
                    evaluation.previous_segment() == 0 ? "" : " ",
                    WordsOf(evaluation.previous_segment()));
  }
  fields.Add("Movement", movement);
  if (evaluation.has_to_next_segment()) {
    fields.Add("Next up", DistanceOf(evaluation.to_next_segment()));
    for (const v1::SingleFactChange& change : evaluation.to_next_segment().changes()) {
      fields.Add("  if", change.message());
    }
  }
  if (evaluation.has_to_lower_segment()) {
    fields.Add("Next down", DistanceOf(evaluation.to_lower_segment()));
  }
  std::vector<std::string> reasons;
  for (const int reason : evaluation.closed_reasons()) {
    reasons.push_back(WordsOf(static_cast<v1::ReevaluationReason>(reason)));
  }
  fields.Add("Settles", absl::StrJoin(reasons, ", "));
  for (const v1::Notice& notice : evaluation.notices()) fields.Add("Notice", notice.message());
  fields.Add("Model", absl::StrCat(evaluation.model().model_id(), " version ",
                                   evaluation.model().version()));
  fields.Add("Evaluated", TextOf(evaluation.evaluate_time()));
  fields.Add("Evaluation",
             evaluation.evaluation_id().empty() ? "not kept" : evaluation.evaluation_id());
  session.Print(fields);

  const bool weighted =
      !evaluation.criteria().empty() && evaluation.criteria(0).weight_percent() != 0;
  Table criteria({"CRITERION",
                  {"POINTS", Align::kRight},
                  {weighted ? "WEIGHT" : "", Align::kRight},
                  {"GIVES", Align::kRight},
                  "VALUE",
                  "TIER"});
  for (const v1::CriterionResult& criterion : evaluation.criteria()) {
    criteria.Add({criterion.display_name(), absl::StrCat(criterion.points()),
                  weighted ? absl::StrCat(criterion.weight_percent(), " %") : "",
                  HundredthsOf(criterion.contribution()), ValueOf(criterion.fact()),
                  criterion.tier_label()});
  }
  session.out() << "\n";
  session.Print(criteria);
}

}  // namespace tiermark::cli
