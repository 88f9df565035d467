#include "clients/cli/errors.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "clients/cli/options.h"
#include "google/rpc/error_details.pb.h"

namespace tiermark::cli {
namespace {

absl::Status Refused() {
  absl::Status error = absl::InvalidArgumentError("account_id: must not be empty (and 1 more)");
  google::rpc::ErrorInfo info;
  info.set_reason("INVALID_FIELDS");
  google::rpc::BadRequest request;
  for (const char* field : {"account_id", "facts.country"}) {
    auto* violation = request.add_field_violations();
    violation->set_field(field);
    violation->set_description("is bad");
  }
  error.SetPayload("type.googleapis.com/google.rpc.ErrorInfo",
                   absl::Cord(info.SerializeAsString()));
  error.SetPayload("type.googleapis.com/google.rpc.BadRequest",
                   absl::Cord(request.SerializeAsString()));
  return error;
}

TEST(ErrorsTest, SayReasonAndEveryField) {
  std::ostringstream text;
  PrintError(Refused(), {}, text);
  EXPECT_EQ(text.str(),
            "tiermark: account_id: must not be empty (and 1 more)\n"
            "  account_id: is bad\n"
            "  facts.country: is bad\n"
            "  (INVALID_ARGUMENT, INVALID_FIELDS)\n");
}

TEST(ErrorsTest, AreOneLineOfJsonForPrograms) {
  std::ostringstream text;
  PrintErrorAsJson(Refused(), text);
  for (const char* part : {R"("code":"INVALID_ARGUMENT")", R"("reason":"INVALID_FIELDS")",
                           R"("field":"facts.country")"}) {
    EXPECT_NE(text.str().find(part), std::string::npos) << text.str();
  }
  EXPECT_EQ(text.str().find('\n'), text.str().size() - 1);
}

TEST(ErrorsTest, EveryCodeHasItsExitCode_AndEveryExitCodeAMeaning) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), ExitCode::kOk);
  EXPECT_EQ(ExitCodeOf(UsageError("x")), ExitCode::kUsage);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("x")), ExitCode::kNotFound);
  EXPECT_EQ(ExitCodeOf(Refused()), ExitCode::kInvalid);
  EXPECT_EQ(ExitCodeOf(absl::UnauthenticatedError("x")), ExitCode::kDenied);
  EXPECT_EQ(ExitCodeOf(absl::PermissionDeniedError("x")), ExitCode::kDenied);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("x")), ExitCode::kUnavailable);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("x")), ExitCode::kUnavailable);
  EXPECT_EQ(ExitCodeOf(absl::ResourceExhaustedError("x")), ExitCode::kUnavailable);
  EXPECT_EQ(ExitCodeOf(absl::FailedPreconditionError("x")), ExitCode::kConflict);
  EXPECT_EQ(ExitCodeOf(absl::AbortedError("x")), ExitCode::kConflict);
  EXPECT_EQ(ExitCodeOf(absl::AlreadyExistsError("x")), ExitCode::kConflict);
  for (const auto& error : {absl::DataLossError("x"), absl::InternalError("x"),
                            absl::UnimplementedError("x"), absl::CancelledError("x")}) {
    EXPECT_EQ(ExitCodeOf(error), ExitCode::kFailed) << error;
  }
  std::set<int> told;
  for (const auto& [code, meaning] : ExitCodes()) told.insert(static_cast<int>(code));
  EXPECT_EQ(told, (std::set<int>{0, 1, 2, 3, 4, 5, 6, 7, 8}));
}

}  // namespace
}  // namespace tiermark::cli
