// Checks of what requests have in common. Each adds a violation for every fault.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_field.h"
#include "google/protobuf/timestamp.pb.h"
#include "scoring/error.h"
#include "scoring/fact_checks.h"
#include "scoring/facts.h"
#include "scoring/shipped.h"
#include "service/catalog.h"
#include "tiermark/v1/reevaluation.pb.h"
#include "tiermark/v1/segment.pb.h"

namespace tiermark {

inline constexpr int kRequestIdCharactersMax = 64;
inline constexpr int kOwnersInFilterMax = 100;
inline constexpr int kCountriesInFilterMax = 250;
inline constexpr int kBatchItemsMax = 500;
inline constexpr int kEventNoteBytesMax = 1'000;

// Whether a list has no more entries than it may; adds a violation if it has. The entries of such a
// list are not to be looked at: there may be a million, and a fault in each.
bool HasRoom(int entries, int entries_max, absl::string_view field, Violations* violations);

// Empty is no request id, which is allowed.
void ValidateRequestId(absl::string_view request_id, Violations* violations);

// 1 to `ids_max` ids, each once. Of too many none is looked at.
void ValidateIds(const google::protobuf::RepeatedPtrField<std::string>& ids, int ids_max,
                 absl::string_view field, Violations* violations);

// Text for people: at most `bytes_max` bytes without control characters but line ends and tabs.
void ValidateText(absl::string_view text, size_t bytes_max, absl::string_view field,
                  Violations* violations);

// The same of text that must be given.
void ValidateRequiredText(absl::string_view text, size_t bytes_max, absl::string_view field,
                          Violations* violations);

// Model ids are lower-case words joined by hyphens; empty is allowed.
void ValidateModelId(absl::string_view model_id, absl::string_view field, Violations* violations);

// The facts of a request, and its mask of them.
template <typename Request>
void ValidateGivenFacts(const Request& request, Violations* violations) {
  ValidateFacts(request.facts(), "facts", violations);
  if (request.has_update_mask()) {
    ValidateMask(request.update_mask(), request.facts(), "update_mask", "facts", violations);
  }
}

// The model that a request names, if it does.
template <typename Request>
void ValidateModelChoice(const Request& request, Violations* violations) {
  ValidateModelId(request.model_id(), "model_id", violations);
  if (request.model_version() < 0) violations->Add("model_version", "must not be negative");
  if (request.model_version() != 0 && request.model_id().empty()) {
    violations->Add("model_version", "is given without model_id");
  }
}

// The id of that model; the segmentation model's when the request names none.
template <typename Request>
absl::string_view ChosenModelId(const Request& request) {
  return request.model_id().empty() ? absl::string_view(kSegmentationModelId)
                                    : absl::string_view(request.model_id());
}

// That model. Errors are those of Catalog::FindModel.
template <typename Request>
absl::StatusOr<std::shared_ptr<const CompiledModel>> ChosenModel(const Catalog& catalog,
                                                                 const Request& request) {
  return catalog.FindModel(ChosenModelId(request), request.model_version());
}

void ValidateSegments(const google::protobuf::RepeatedField<int>& segments, absl::string_view field,
                      Violations* violations);
void ValidateCountries(const google::protobuf::RepeatedPtrField<std::string>& countries,
                       absl::string_view field, Violations* violations);
void ValidateOwners(const google::protobuf::RepeatedPtrField<std::string>& owner_ids,
                    absl::string_view field, Violations* violations);

// The reasons, without those at fault.
std::vector<v1::ReevaluationReason> ReadReasons(const google::protobuf::RepeatedField<int>& reasons,
                                                absl::string_view field, Violations* violations);

// The instant in microseconds since the Unix epoch; a violation outside the years of protobuf's
// timestamps or with nanos out of range.
int64_t ReadTimestamp(const google::protobuf::Timestamp& timestamp, absl::string_view field,
                      Violations* violations);

}  // namespace tiermark
