// The faults of a text as lines, for tests to compare.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "scoring/model_text.h"

namespace tiermark {

// "2:7 criteria[0].fact | is wrong"; the place is absent where there is none.
inline std::vector<std::string> Lines(const std::vector<v1::ModelFault>& faults) {
  std::vector<std::string> lines;
  lines.reserve(faults.size());
  for (const v1::ModelFault& fault : faults) {
    lines.push_back(
        absl::StrCat(fault.has_line() ? absl::StrCat(fault.line(), ":", fault.column(), " ") : "",
                     fault.field(), fault.field().empty() ? "" : " ", "| ", fault.message()));
  }
  return lines;
}

// Finds no fault in any model.
inline void CheckNothing(const v1::ScoringModel& /*model*/, Violations* /*violations*/) {}

}  // namespace tiermark
