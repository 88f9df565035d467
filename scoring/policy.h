// A tenant's policy: what it admits, and its form for computing.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "scoring/error.h"
#include "scoring/exact.h"
#include "tiermark/v1/policy.pb.h"

namespace tiermark {

inline constexpr int kProductLinesMax = 64;

// A tenant's policy with its time zone loaded. A value; copies share nothing.
struct CompiledPolicy {
  v1::ReevaluationPolicy policy;
  absl::TimeZone zone;

  // As in v1::Policy: empty or absent when the tenant does not say.
  std::string home_country;
  absl::optional<Nanos> high_value_mrr;
  std::vector<std::string> product_lines;

  // 0 for the defaults.
  int version = 0;
};

// Adds a violation for every fault of `policy`, with paths that start with `path` ("policy"):
// "policy.reevaluation.time_zone". Its version does not matter.
void ValidatePolicy(const v1::Policy& policy, absl::string_view path, Violations* violations);

// INVALID_ARGUMENT lists every fault.
absl::StatusOr<CompiledPolicy> CompilePolicy(const v1::Policy& policy);

// The policy that compiles to this one; its decimal is in its shortest form.
v1::Policy PolicyOf(const CompiledPolicy& compiled);

// UTC, three months of being new, monthly, calendar quarters, 30 %, and nothing else said.
CompiledPolicy DefaultPolicy();

// Whether the due reasons of accounts may differ between the two.
bool DueDiffers(const v1::ReevaluationPolicy& a, const v1::ReevaluationPolicy& b);

}  // namespace tiermark
