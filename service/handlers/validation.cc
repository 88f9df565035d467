#include "service/handlers/validation.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/util/time_util.h"
#include "scoring/calendar.h"
#include "scoring/exact.h"
#include "scoring/text.h"

namespace tiermark {

using google::protobuf::RepeatedField;
using google::protobuf::RepeatedPtrField;

bool HasRoom(int entries, int entries_max, absl::string_view field, Violations* violations) {
  if (entries <= entries_max) return true;
  violations->Add(field, absl::StrCat("has more than ", entries_max, " entries"));
  return false;
}

void ValidateRequestId(absl::string_view request_id, Violations* violations) {
  const bool printable = std::all_of(request_id.begin(), request_id.end(),
                                     [](char c) { return c >= 0x20 && c <= 0x7e; });
  if (!printable || request_id.size() > kRequestIdCharactersMax) {
    violations->Add("request_id", absl::StrCat("must be at most ", kRequestIdCharactersMax,
                                               " printable ASCII characters"));
  }
}

void ValidateIds(const google::protobuf::RepeatedPtrField<std::string>& ids, int ids_max,
                 absl::string_view field, Violations* violations) {
  if (ids.empty()) violations->Add(field, "has no entries");
  if (!HasRoom(ids.size(), ids_max, field, violations)) return;
  std::set<std::string> seen;
  for (int i = 0; i < ids.size(); ++i) {
    const std::string item = absl::StrCat(field, "[", i, "]");
    ValidateId(ids[i], item, violations);
    if (!seen.insert(ids[i]).second) violations->Add(item, "is given twice");
  }
}

void ValidateText(absl::string_view text, size_t bytes_max, absl::string_view field,
                  Violations* violations) {
  const std::string line = absl::StrReplaceAll(text, {{"\n", " "}, {"\r", " "}, {"\t", " "}});
  if (text.size() > bytes_max || !IsControlFree(line)) {
    violations->Add(field, absl::StrCat("must be at most ", bytes_max,
                                        " bytes of text without control characters"));
  }
}

void ValidateRequiredText(absl::string_view text, size_t bytes_max, absl::string_view field,
                          Violations* violations) {
  if (text.empty()) {
    violations->Add(field, "is required");
  } else {
    ValidateText(text, bytes_max, field, violations);
  }
}

void ValidateModelId(absl::string_view model_id, absl::string_view field, Violations* violations) {
  if (!model_id.empty() && !IsSlug(model_id)) {
    violations->Add(field, "must be lower-case words joined by hyphens, at most 64 bytes");
  }
}

void ValidateSegments(const RepeatedField<int>& segments, absl::string_view field,
                      Violations* violations) {
  if (!HasRoom(segments.size(), v1::Segment_ARRAYSIZE, field, violations)) return;
  for (int i = 0; i < segments.size(); ++i) {
    if (!v1::Segment_IsValid(segments[i])) {
      violations->Add(absl::StrCat(field, "[", i, "]"), "is no segment");
    } else if (std::count(segments.begin(), segments.begin() + i, segments[i]) > 0) {
      violations->Add(absl::StrCat(field, "[", i, "]"), "is given twice");
    }
  }
}

void ValidateCountries(const RepeatedPtrField<std::string>& countries, absl::string_view field,
                       Violations* violations) {
  if (!HasRoom(countries.size(), kCountriesInFilterMax, field, violations)) return;
  for (int i = 0; i < countries.size(); ++i) {
    if (!IsCountry(countries[i])) {
      violations->Add(absl::StrCat(field, "[", i, "]"),
                      "must be an ISO 3166-1 alpha-2 code in capital letters");
    }
  }
}

void ValidateOwners(const RepeatedPtrField<std::string>& owner_ids, absl::string_view field,
                    Violations* violations) {
  if (!HasRoom(owner_ids.size(), kOwnersInFilterMax, field, violations)) return;
  for (int i = 0; i < owner_ids.size(); ++i) {
    ValidateId(owner_ids[i], absl::StrCat(field, "[", i, "]"), violations);
  }
}

std::vector<v1::ReevaluationReason> ReadReasons(const RepeatedField<int>& reasons,
                                                absl::string_view field, Violations* violations) {
  std::vector<v1::ReevaluationReason> read;
  if (!HasRoom(reasons.size(), v1::ReevaluationReason_ARRAYSIZE, field, violations)) return read;
  for (int i = 0; i < reasons.size(); ++i) {
    const auto reason = static_cast<v1::ReevaluationReason>(reasons[i]);
    if (!v1::ReevaluationReason_IsValid(reason) || reason == v1::REEVALUATION_REASON_UNSPECIFIED) {
      violations->Add(absl::StrCat(field, "[", i, "]"), "is no reason for re-evaluation");
    } else if (std::count(read.begin(), read.end(), reason) > 0) {
      violations->Add(absl::StrCat(field, "[", i, "]"), "is given twice");
    } else {
      read.push_back(reason);
    }
  }
  return read;
}

int64_t ReadTimestamp(const google::protobuf::Timestamp& timestamp, absl::string_view field,
                      Violations* violations) {
  using google::protobuf::util::TimeUtil;
  constexpr int kNanosMax = 999'999'999;
  if (timestamp.seconds() < TimeUtil::kTimestampMinSeconds ||
      timestamp.seconds() > TimeUtil::kTimestampMaxSeconds || timestamp.nanos() < 0 ||
      timestamp.nanos() > kNanosMax) {
    violations->Add(field, "must be an instant of the years 1 to 9999");
    return 0;
  }
  return timestamp.seconds() * 1'000'000 + timestamp.nanos() / 1'000;
}

}  // namespace tiermark
