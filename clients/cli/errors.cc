#include "clients/cli/errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "clients/cli/options.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "tiermark/client.h"

namespace tiermark::cli {

ExitCode ExitCodeOf(const absl::Status& error) {
  if (IsUsageError(error)) return ExitCode::kUsage;
  switch (error.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kOk;
    case absl::StatusCode::kNotFound:
      return ExitCode::kNotFound;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return ExitCode::kInvalid;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return ExitCode::kDenied;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return ExitCode::kUnavailable;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
      return ExitCode::kConflict;
    default:
      return ExitCode::kFailed;
  }
}

void PrintError(const absl::Status& error, const Terminal& terminal, std::ostream& to) {
  const ErrorDetails details = DetailsOf(error);
  to << terminal.Paint("tiermark: ", Look::kBad) << Clean(error.message()) << "\n";
  for (const auto& [path, description] : details.field_violations) {
    to << "  " << Clean(path) << ": " << Clean(description) << "\n";
  }
  if (IsUsageError(error)) {
    to << "Run with --help for more information.\n";
    return;
  }
  to << "  (" << absl::StatusCodeToString(error.code());
  if (!details.reason.empty()) to << ", " << details.reason;
  to << ")\n";
}

void PrintErrorAsJson(const absl::Status& error, std::ostream& to) {
  const ErrorDetails details = DetailsOf(error);
  google::protobuf::Struct message;
  auto& fields = *message.mutable_fields();
  fields["code"].set_string_value(absl::StatusCodeToString(error.code()));
  fields["reason"].set_string_value(details.reason);
  fields["message"].set_string_value(std::string(error.message()));
  auto* violations = fields["fieldViolations"].mutable_list_value();
  for (const auto& [path, description] : details.field_violations) {
    auto& violation = *violations->add_values()->mutable_struct_value()->mutable_fields();
    violation["field"].set_string_value(path);
    violation["description"].set_string_value(description);
  }
  std::string text;
  if (google::protobuf::util::MessageToJsonString(message, &text).ok()) to << text << "\n";
}

}  // namespace tiermark::cli
