#include "scoring/error.h"

#include "google/rpc/error_details.pb.h"
#include "support.h"

namespace tiermark {
namespace {

template <typename Detail>
Detail DetailOf(const absl::Status& status, const char* url) {
  Detail detail;
  const auto payload = status.GetPayload(url);
  EXPECT_TRUE(payload.has_value());
  if (payload) {
    EXPECT_TRUE(detail.ParseFromString(std::string(*payload)));
  }
  return detail;
}

TEST(ReasonedError, CarriesReasonDomainAndMetadata) {
  const absl::Status status = ReasonedError(absl::StatusCode::kNotFound, "ACCOUNT_NOT_FOUND",
                                            "there is no such account", {{"hint", "create it"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "there is no such account");
  EXPECT_EQ(ReasonOf(status), "ACCOUNT_NOT_FOUND");
  const auto info = DetailOf<google::rpc::ErrorInfo>(status, kErrorInfoUrl);
  EXPECT_EQ(info.domain(), "tiermark");
  EXPECT_EQ(info.metadata().at("hint"), "create it");
}

TEST(ReasonOf, IsEmptyForOtherStatuses) {
  EXPECT_EQ(ReasonOf(absl::OkStatus()), "");
  EXPECT_EQ(ReasonOf(absl::InternalError("x")), "");
}

TEST(OverloadError, SaysWhenToTryAgain) {
  const absl::Status status = OverloadError("QUEUE_FULL", "too much", absl::Milliseconds(1'250));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), "QUEUE_FULL");
  const auto retry = DetailOf<google::rpc::RetryInfo>(status, kRetryInfoUrl);
  EXPECT_EQ(retry.retry_delay().seconds(), 1);
  EXPECT_EQ(retry.retry_delay().nanos(), 250'000'000);
}

TEST(Violations, WithoutAnyAreOk) {
  Violations violations;
  EXPECT_TRUE(violations.empty());
  EXPECT_TRUE(violations.ToStatus().ok());
}

TEST(Violations, AreAllListedAndTheFirstIsInTheMessage) {
  Violations violations;
  violations.Add("facts.country", "is wrong");
  violations.Add("facts.owner_id", "is long");
  violations.Add("page_size", "is negative");
  ASSERT_EQ(violations.faults().size(), 3u);
  EXPECT_EQ(violations.faults()[1].first, "facts.owner_id");
  EXPECT_EQ(violations.faults()[1].second, "is long");
  const absl::Status status = violations.ToStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELDS");
  EXPECT_EQ(status.message(), "facts.country: is wrong (and 2 more)");
  EXPECT_EQ(FieldsOf(status),
            (std::vector<std::string>{"facts.country", "facts.owner_id", "page_size"}));
  EXPECT_EQ(DescriptionsOf(status),
            (std::vector<std::string>{"is wrong", "is long", "is negative"}));
}

TEST(Violations, TakeAnotherCodeAndReason) {
  Violations violations;
  violations.Add("facts.country", "is unknown");
  const absl::Status status =
      violations.ToStatus(absl::StatusCode::kFailedPrecondition, "FACTS_MISSING");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(status), "FACTS_MISSING");
  EXPECT_EQ(status.message(), "facts.country: is unknown");
}

}  // namespace
}  // namespace tiermark
