// How the parts of a model are called in sentences. Nothing here is longer than a line or holds
// control characters, whatever the model holds.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "tiermark/v1/model.pb.h"

namespace tiermark {

// Whether a text can be told within a sentence: up to 60 characters, and printable.
bool IsTold(const std::string& text);

// In quotation marks.
std::string Quoted(const std::string& text);

std::string Number(int number);

// "1 point", "-10 points"
std::string Points(int points);

// The name if it can be told, or else the id, or else the kind and the place: "criterion 3". With
// its kind: "criterion Potential MRR".
std::string ToldName(const std::string& name, const std::string& id, absl::string_view kind,
                     int index, bool with_kind = false);

// What people call the fact of this name.
std::string FactWords(const std::string& name);

std::string RuleWords(v1::Criterion::RuleCase rule);
std::string MethodWords(v1::ScoringMethod method);
std::string SegmentWords(v1::Segment segment);

// "tier ≥ 10 000 USD", "tier up to 30 days", "last tier", "category Market leader". Only amounts
// have a unit.
std::string EntryWords(const v1::NumericTier& tier, const std::string& unit);
std::string EntryWords(const v1::RecencyTier& tier, const std::string& unit);
std::string EntryWords(const v1::CountTier& tier, const std::string& unit);
std::string EntryWords(const v1::Category& category, const std::string& unit);

}  // namespace tiermark
