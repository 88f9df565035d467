#include "scoring/error.h"

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/message_lite.h"
#include "google/rpc/error_details.pb.h"

namespace tiermark {
namespace {

constexpr char kDomain[] = "tiermark";

void Attach(const char* type_url, const google::protobuf::MessageLite& detail,
            absl::Status* status) {
  status->SetPayload(type_url, absl::Cord(detail.SerializeAsString()));
}

}  // namespace

absl::Status ReasonedError(absl::StatusCode code, absl::string_view reason,
                           absl::string_view message,
                           const std::vector<std::pair<std::string, std::string>>& metadata) {
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(reason));
  info.set_domain(kDomain);
  for (const auto& [key, value] : metadata) (*info.mutable_metadata())[key] = value;
  absl::Status status(code, message);
  Attach(kErrorInfoUrl, info, &status);
  return status;
}

absl::Status OverloadError(absl::string_view reason, absl::string_view message,
                           absl::Duration retry_delay) {
  google::rpc::RetryInfo retry;
  absl::Duration rest;
  retry.mutable_retry_delay()->set_seconds(
      absl::IDivDuration(retry_delay, absl::Seconds(1), &rest));
  retry.mutable_retry_delay()->set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(rest)));
  absl::Status status = ReasonedError(absl::StatusCode::kResourceExhausted, reason, message);
  Attach(kRetryInfoUrl, retry, &status);
  return status;
}

std::string ReasonOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kErrorInfoUrl);
  google::rpc::ErrorInfo info;
  if (!payload || !info.ParseFromString(std::string(*payload))) return "";
  return info.reason();
}

void Violations::Add(absl::string_view field, absl::string_view description) {
  faults_.emplace_back(field, description);
}

absl::Status Violations::ToStatus(absl::StatusCode code, absl::string_view reason) const {
  if (faults_.empty()) return absl::OkStatus();
  google::rpc::BadRequest details;
  for (const auto& [field, description] : faults_) {
    google::rpc::BadRequest::FieldViolation* violation = details.add_field_violations();
    violation->set_field(field);
    violation->set_description(description);
  }
  std::string message = absl::StrCat(faults_[0].first, ": ", faults_[0].second);
  if (faults_.size() > 1) {
    absl::StrAppend(&message, " (and ", faults_.size() - 1, " more)");
  }
  absl::Status status = ReasonedError(code, reason, message);
  Attach(kBadRequestUrl, details, &status);
  return status;
}

}  // namespace tiermark
