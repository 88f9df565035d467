// The Connect protocol on the wire.
#include "absl/strings/escaping.h"
#include "google/rpc/error_details.pb.h"
#include "service/http/connect.h"
#include "tests/service/support.h"
#include <nlohmann/json.hpp>

namespace tiermark {
namespace {

using nlohmann::json;

TEST(Connect, EveryCodeHasItsNameAndStatus) {
  EXPECT_EQ(ConnectCode(absl::StatusCode::kCancelled), "canceled");
  EXPECT_EQ(HttpStatusOf(absl::StatusCode::kCancelled), 499);
  EXPECT_EQ(ConnectCode(absl::StatusCode::kInvalidArgument), "invalid_argument");
  EXPECT_EQ(HttpStatusOf(absl::StatusCode::kInvalidArgument), 400);
  EXPECT_EQ(ConnectCode(absl::StatusCode::kDataLoss), "data_loss");
  EXPECT_EQ(HttpStatusOf(absl::StatusCode::kUnavailable), 503);
  EXPECT_EQ(HttpStatusOf(absl::StatusCode::kResourceExhausted), 429);
  EXPECT_EQ(HttpStatusOf(absl::StatusCode::kUnauthenticated), 401);
  EXPECT_EQ(ConnectCode(static_cast<absl::StatusCode>(99)), "unknown");
}

TEST(Connect, AnErrorCarriesItsDetailsTwice) {
  Violations violations;
  violations.Add("facts.country", "must be a code of ISO 3166");
  const json error = json::parse(ConnectError(violations.ToStatus()));
  EXPECT_EQ(error["code"], "invalid_argument");
  ASSERT_EQ(error["details"].size(), 2u);
  const json& detail = error["details"][1];
  EXPECT_EQ(detail["type"], "google.rpc.BadRequest");
  EXPECT_EQ(detail["debug"]["fieldViolations"][0]["field"], "facts.country");
  std::string bytes;
  ASSERT_TRUE(absl::Base64Unescape(detail["value"].get<std::string>(), &bytes));
  google::rpc::BadRequest bad;
  ASSERT_TRUE(bad.ParseFromString(bytes));
  EXPECT_EQ(bad.field_violations(0).field(), "facts.country");
}

TEST(Connect, TheEndOfAStreamIsAnObjectToo) {
  EXPECT_EQ(ConnectEndOfStream(absl::OkStatus()), "{}");
  const json end = json::parse(ConnectEndOfStream(absl::NotFoundError("gone")));
  EXPECT_EQ(end["error"]["code"], "not_found");
}

TEST(Connect, TimeoutsAreDigits) {
  EXPECT_EQ(*ParseConnectTimeout("1"), absl::Milliseconds(1));
  EXPECT_EQ(*ParseConnectTimeout("0"), absl::ZeroDuration());
  EXPECT_EQ(*ParseConnectTimeout("9999999999"), absl::Milliseconds(9'999'999'999));
  for (const char* bad : {"", "-1", "+1", "1.5", "1e3", " 1", "1 ", "0x1", "10000000000", "now"}) {
    EXPECT_FAILS(ParseConnectTimeout(bad), kInvalidArgument, "INVALID_TIMEOUT");
  }
}

TEST(Connect, EnvelopesHoldOneMessage) {
  const std::string sealed = Envelope(kEnvelopeCompressed, "message");
  EXPECT_EQ(sealed, std::string("\x01\0\0\0\x07message", 12));
  const auto opened = OpenEnvelope(sealed);
  ASSERT_OK(opened);
  EXPECT_EQ(opened->flags, kEnvelopeCompressed);
  EXPECT_EQ(opened->bytes, "message");
  EXPECT_EQ(OpenEnvelope(Envelope(0, ""))->bytes, "");
  for (size_t size = 1; size < sealed.size(); ++size) {
    EXPECT_FAILS(OpenEnvelope(sealed.substr(0, size)), kInvalidArgument, "MALFORMED_ENVELOPE");
  }
  for (const std::string& other : {std::string(), sealed + "x", sealed + sealed}) {
    EXPECT_FAILS(OpenEnvelope(other), kUnimplemented, "NOT_ONE_MESSAGE");
  }
  EXPECT_FAILS(OpenEnvelope(std::string("\0\xff\xff\xff\xff", 5)), kInvalidArgument,
               "MALFORMED_ENVELOPE");
}

TEST(Connect, RetryAfterIsInWholeSeconds) {
  EXPECT_EQ(RetryAfterSeconds(OverloadError("X", "x", absl::Milliseconds(200))), 1);
  EXPECT_EQ(RetryAfterSeconds(OverloadError("X", "x", absl::Seconds(3))), 3);
  EXPECT_EQ(RetryAfterSeconds(OverloadError("X", "x", absl::Milliseconds(3'001))), 4);
  EXPECT_EQ(RetryAfterSeconds(absl::NotFoundError("")), std::nullopt);
}

}  // namespace
}  // namespace tiermark
