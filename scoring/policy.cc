#include "scoring/policy.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "scoring/facts.h"
#include "scoring/text.h"

namespace tiermark {
namespace {

constexpr int kZoneNameBytesMax = 64;
constexpr int kNewAccountMonthsMax = 24;
constexpr int kIntervalMonthsMax = 12;
constexpr int kGrowthPercentMax = 1'000;

// Names that look like paths out of the zone database must not reach the loader, and "localtime"
// differs from machine to machine.
bool IsZoneName(absl::string_view name) {
  if (name.empty() || name.size() > kZoneNameBytesMax || name == "localtime") return false;
  if (!absl::ascii_isalpha(static_cast<unsigned char>(name[0]))) return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '/' || c == '_' || c == '-' || c == '+';
  });
}

bool IsBetween(int value, int least, int most) { return value >= least && value <= most; }

void ValidateReevaluation(const v1::ReevaluationPolicy& policy, const std::string& path,
                          Violations* violations) {
  const auto field = [&path](absl::string_view name) { return absl::StrCat(path, ".", name); };
  absl::TimeZone zone;
  if (!IsZoneName(policy.time_zone()) || !absl::LoadTimeZone(policy.time_zone(), &zone)) {
    violations->Add(field("time_zone"),
                    "must be the IANA name of a time zone, such as America/Bogota");
  }
  if (!IsBetween(policy.new_account_months(), 0, kNewAccountMonthsMax)) {
    violations->Add(field("new_account_months"), "must be 0 to 24");
  }
  if (!IsBetween(policy.new_account_interval_months(), 1, kIntervalMonthsMax)) {
    violations->Add(field("new_account_interval_months"), "must be 1 to 12");
  }
  if (policy.quarterly_interval() == v1::QUARTERLY_INTERVAL_UNSPECIFIED ||
      !v1::QuarterlyInterval_IsValid(policy.quarterly_interval())) {
    violations->Add(field("quarterly_interval"), "must be one of the values, and not UNSPECIFIED");
  }
  if (!IsBetween(policy.growth_threshold_percent(), 0, kGrowthPercentMax)) {
    violations->Add(field("growth_threshold_percent"), "must be 0 to 1000");
  }
}

bool IsHighValue(absl::string_view text) {
  const absl::StatusOr<Nanos> amount = ParseDecimal(text);
  return amount.ok() && *amount > 0 && *amount <= Nanos(kMoneyUnitsMax) * kNanosPerUnit;
}

void ValidateProductLines(const google::protobuf::RepeatedPtrField<std::string>& lines,
                          const std::string& path, Violations* violations) {
  if (lines.size() > kProductLinesMax) {
    violations->Add(path, absl::StrCat("must have ", kProductLinesMax, " entries at most"));
  }
  const int checked = std::min(lines.size(), kProductLinesMax);
  for (int i = 0; i < checked; ++i) {
    const std::string& line = lines[i];
    const std::string item = absl::StrCat(path, "[", i, "]");
    if (line.empty() || line.size() > kListEntryBytesMax) {
      violations->Add(item, "must be 1 to 64 bytes long");
    } else if (!IsPrintable(line)) {
      violations->Add(item, "must be UTF-8 without control characters");
    } else if (HasOuterSpace(line)) {
      violations->Add(item, "must not begin or end with a space");
    } else if (std::find(lines.begin(), lines.begin() + i, line) != lines.begin() + i) {
      violations->Add(item, "is given twice");
    }
  }
}

}  // namespace

void ValidatePolicy(const v1::Policy& policy, absl::string_view path, Violations* violations) {
  ValidateReevaluation(policy.reevaluation(), absl::StrCat(path, ".reevaluation"), violations);
  if (!policy.home_country().empty() && !IsCountry(policy.home_country())) {
    violations->Add(absl::StrCat(path, ".home_country"),
                    "must be an ISO 3166-1 alpha-2 country code in capital letters");
  }
  if (!policy.high_value_mrr().empty() && !IsHighValue(policy.high_value_mrr())) {
    violations->Add(absl::StrCat(path, ".high_value_mrr"),
                    absl::StrCat("must be an exact decimal above 0 and up to ", kMoneyUnitsMax));
  }
  ValidateProductLines(policy.product_lines(), absl::StrCat(path, ".product_lines"), violations);
}

absl::StatusOr<CompiledPolicy> CompilePolicy(const v1::Policy& policy) {
  Violations violations;
  ValidatePolicy(policy, "policy", &violations);
  if (!violations.empty()) return violations.ToStatus();
  CompiledPolicy compiled;
  compiled.policy = policy.reevaluation();
  absl::LoadTimeZone(policy.reevaluation().time_zone(), &compiled.zone);
  compiled.home_country = policy.home_country();
  if (!policy.high_value_mrr().empty()) {
    compiled.high_value_mrr = *ParseDecimal(policy.high_value_mrr());
  }
  compiled.product_lines.assign(policy.product_lines().begin(), policy.product_lines().end());
  compiled.version = policy.version();
  return compiled;
}

v1::Policy PolicyOf(const CompiledPolicy& compiled) {
  v1::Policy policy;
  policy.set_version(compiled.version);
  *policy.mutable_reevaluation() = compiled.policy;
  policy.set_home_country(compiled.home_country);
  if (compiled.high_value_mrr.has_value()) {
    policy.set_high_value_mrr(FormatDecimal(*compiled.high_value_mrr));
  }
  for (const std::string& line : compiled.product_lines) policy.add_product_lines(line);
  return policy;
}

CompiledPolicy DefaultPolicy() {
  CompiledPolicy compiled;
  compiled.zone = absl::UTCTimeZone();
  compiled.policy.set_time_zone("UTC");
  compiled.policy.set_new_account_months(3);
  compiled.policy.set_new_account_interval_months(1);
  compiled.policy.set_quarterly_interval(v1::QUARTERLY_INTERVAL_CALENDAR);
  compiled.policy.set_growth_threshold_percent(30);
  return compiled;
}

bool DueDiffers(const v1::ReevaluationPolicy& a, const v1::ReevaluationPolicy& b) {
  return a.time_zone() != b.time_zone() || a.new_account_months() != b.new_account_months() ||
         a.new_account_interval_months() != b.new_account_interval_months() ||
         a.quarterly_interval() != b.quarterly_interval();
}

}  // namespace tiermark
