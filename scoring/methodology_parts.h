// The sections of a methodology, and what they share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "scoring/fact_reading.h"
#include "tiermark/v1/methodology.pb.h"
#include "tiermark/v1/model.pb.h"
#include "tiermark/v1/policy.pb.h"

namespace tiermark {

// Every criterion: an overview, and what it reads and gives in a part of its own.
v1::MethodologySection CriteriaSection(const v1::ScoringModel& model, bool shipped_defaults);

// The points that a criterion gives, a row for each outcome, the unknown fact among them.
v1::MethodologyTable PointsTable(const v1::ScoringModel& model, const v1::Criterion& criterion);

// Whether the criterion reads a fact that every account has.
bool IsAlwaysKnown(const v1::Criterion& criterion);

// All the points that a criterion can give, an unknown fact's among them.
std::vector<int> PointsIn(const v1::ScoringModel& model, const v1::Criterion& criterion);

// Whether an account without the fact gets no score.
bool NeedsFact(const v1::ScoringModel& model, const v1::Criterion& criterion);

// When accounts are due, for the model that decides their segments.
v1::MethodologySection ReevaluationSection(const v1::ReevaluationPolicy& policy);

// One account scored by the arithmetic of the model itself.
v1::MethodologySection ExampleSection(const v1::ScoringModel& model);

// Whether the bands of the model stand for segments.
bool IsSegmentation(const v1::ScoringModel& model);

// What people call a band of the model: "segment", "grade" or "band".
absl::string_view BandNoun(const v1::ScoringModel& model);

// The whole scores of the band at `index`: "60–79".
std::string ScoresOf(const v1::ScoringModel& model, int index);

// What people call the criterion, and the category.
const std::string& NameOf(const v1::Criterion& criterion);
std::string NameOf(const v1::Category& category, bool of_enum);

// Whether the fact is counted, so that its noun is that of many: "past-due cases".
bool IsPlural(const FactKind& fact);

// A count for people: "1 000".
std::string Count(int64_t count);

// "1 day", "1 000 days", for nouns that take an s.
std::string CountOf(int64_t count, absl::string_view noun);

// A number of hundredths with both its digits: "56.00".
std::string Hundredths(int hundredths);

// "Potential MRR" for "potential MRR".
std::string Capitalized(absl::string_view text);

v1::MethodologyTable TableOf(std::vector<std::string> columns);
void AddRow(std::vector<std::string> cells, v1::MethodologyTable* table);

}  // namespace tiermark
