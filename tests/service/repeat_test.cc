// Requests that are sent again, and requests that only ask what would be.
#include "gmock/gmock.h"
#include "scoring/error.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

v1::EvaluateAccountRequest EvaluateBank(const std::string& request_id) {
  v1::EvaluateAccountRequest request;
  request.set_account_id("bank");
  *request.mutable_facts() = BankFacts();
  (*request.mutable_facts()->mutable_custom())["region"].set_text("north");
  (*request.mutable_facts()->mutable_custom())["budget"].set_int64(7);
  request.set_request_id(request_id);
  return request;
}

int EvaluationsOf(TestService& service, const std::string& account_id) {
  v1::ListEvaluationsRequest request;
  request.set_account_id(account_id);
  request.set_page_size(1'000);
  const auto response = service.Call<v1::ListEvaluationsResponse>(request);
  EXPECT_OK(response);
  return response.ok() ? response->evaluations_size() : -1;
}

TEST(RequestId, SentAgain_GetsTheFirstAnswerByteForByte) {
  TestService service;
  const v1::EvaluateAccountRequest request = EvaluateBank("evaluate-1");
  const auto first = service.Call<v1::EvaluateAccountResponse>(request);
  ASSERT_OK(first);
  service.clock().Advance(absl::Hours(20));
  // What happened since does not show.
  ASSERT_OK(service.Evaluate("bank", Facts("past_due_cases: 0")));
  const auto again = service.Call<v1::EvaluateAccountResponse>(request);
  ASSERT_OK(again);
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  service.Restart();
  const auto restarted = service.Call<v1::EvaluateAccountResponse>(request);
  ASSERT_OK(restarted);
  EXPECT_EQ(restarted->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(EvaluationsOf(service, "bank"), 2);
}

TEST(RequestId, WithAnotherBody_IsRefused) {
  TestService service;
  ASSERT_OK(service.Call<v1::EvaluateAccountResponse>(EvaluateBank("evaluate-1")));
  v1::EvaluateAccountRequest other = EvaluateBank("evaluate-1");
  other.mutable_facts()->set_past_due_cases(1);
  EXPECT_FAILS(service.Call<v1::EvaluateAccountResponse>(other), kAlreadyExists,
               "REQUEST_ID_REUSED");
  service.Restart();
  EXPECT_FAILS(service.Call<v1::EvaluateAccountResponse>(other), kAlreadyExists,
               "REQUEST_ID_REUSED");
  EXPECT_EQ(EvaluationsOf(service, "bank"), 1);
}

TEST(RequestId, OfACallThatFailed_IsFree) {
  TestService service;
  v1::EvaluateAccountRequest request = EvaluateBank("evaluate-1");
  request.mutable_facts()->clear_past_due_cases();
  EXPECT_FAILS(service.Call<v1::EvaluateAccountResponse>(request), kFailedPrecondition,
               "FACTS_MISSING");
  EXPECT_OK(service.Call<v1::EvaluateAccountResponse>(EvaluateBank("evaluate-1")));
}

TEST(RequestId, IsOfItsRpcAlone) {
  TestService service;
  ASSERT_OK(service.Call<v1::EvaluateAccountResponse>(EvaluateBank("same")));
  v1::UpsertAccountRequest upsert;
  upsert.set_account_id("bank");
  upsert.mutable_facts()->set_past_due_cases(900'000);
  upsert.set_request_id("same");
  const auto first = service.Call<v1::UpsertAccountResponse>(upsert);
  ASSERT_OK(first);
  EXPECT_EQ(first->detected_events_size(), 1);
  v1::ReportAccountEventRequest report;
  report.set_account_id("bank");
  report.set_type(v1::ACCOUNT_EVENT_TYPE_ACQUISITION_OR_MERGER);
  report.set_request_id("same");
  const auto reported = service.Call<v1::ReportAccountEventResponse>(report);
  ASSERT_OK(reported);

  service.Restart();
  const auto upsert_again = service.Call<v1::UpsertAccountResponse>(upsert);
  ASSERT_OK(upsert_again);
  EXPECT_EQ(upsert_again->SerializeAsString(), first->SerializeAsString());
  const auto reported_again = service.Call<v1::ReportAccountEventResponse>(report);
  ASSERT_OK(reported_again);
  EXPECT_EQ(reported_again->SerializeAsString(), reported->SerializeAsString());
}

TEST(RequestId, OfAnItem_WorksInABatch) {
  TestService service;
  v1::BatchEvaluateAccountsRequest batch;
  *batch.add_requests() = EvaluateBank("item-1");
  *batch.add_requests() = EvaluateBank("item-1");
  const auto response = service.Call<v1::BatchEvaluateAccountsResponse>(batch);
  ASSERT_OK(response);
  EXPECT_EQ(response->results(0).response().SerializeAsString(),
            response->results(1).response().SerializeAsString());
  EXPECT_EQ(EvaluationsOf(service, "bank"), 1);
}

TEST(ValidateOnly, AnswersAsTheWriteWouldButForIds) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-01"));
  ASSERT_OK(service.Evaluate("bank", BankFacts()));
  service.clock().Set(MicrosAt("2026-07-02T12:00:00"));
  v1::EvaluateAccountRequest request = EvaluateBank("");
  request.mutable_facts()->set_past_due_cases(5);
  request.set_validate_only(true);
  const auto preview = service.Call<v1::EvaluateAccountResponse>(request);
  ASSERT_OK(preview);
  EXPECT_TRUE(preview->evaluation().evaluation_id().empty());
  EXPECT_EQ(EvaluationsOf(service, "bank"), 1) << "nothing was written";
  EXPECT_EQ(service.Get("bank")->facts().past_due_cases(), 500'000);

  request.set_validate_only(false);
  auto written = service.Call<v1::EvaluateAccountResponse>(request);
  ASSERT_OK(written);
  EXPECT_FALSE(written->evaluation().evaluation_id().empty());
  EXPECT_EQ(written->evaluation().movement(), v1::MOVEMENT_UNCHANGED);
  EXPECT_FALSE(written->evaluation().closed_reasons().empty());
  written->mutable_evaluation()->clear_evaluation_id();
  EXPECT_EQ(preview->SerializeAsString(), written->SerializeAsString());
}

TEST(ValidateOnly, OfAnUnknownAccount_CreatesNothing) {
  TestService service;
  v1::EvaluateAccountRequest request = EvaluateBank("preview");
  request.set_validate_only(true);
  const auto preview = service.Call<v1::EvaluateAccountResponse>(request);
  ASSERT_OK(preview);
  EXPECT_EQ(preview->evaluation().movement(), v1::MOVEMENT_FIRST);
  EXPECT_FAILS(service.Get("bank"), kNotFound, "ACCOUNT_NOT_FOUND");
  // Nor does it take the request id.
  request.set_validate_only(false);
  EXPECT_OK(service.Call<v1::EvaluateAccountResponse>(request));
}

TEST(ValidateOnly, FailsAsTheWriteWould) {
  TestService service;
  v1::EvaluateAccountRequest request;
  request.set_account_id("bank");
  request.set_validate_only(true);
  EXPECT_FAILS(service.Call<v1::EvaluateAccountResponse>(request), kNotFound, "ACCOUNT_NOT_FOUND");
  request.mutable_facts()->set_country("CO");
  const auto missing = service.Call<v1::EvaluateAccountResponse>(request);
  request.set_validate_only(false);
  const auto missing_too = service.Call<v1::EvaluateAccountResponse>(request);
  EXPECT_FAILS(missing, kFailedPrecondition, "FACTS_MISSING");
  EXPECT_EQ(FieldsOf(missing.status()), FieldsOf(missing_too.status()));
  EXPECT_EQ(missing.status().message(), missing_too.status().message());
}

}  // namespace
}  // namespace tiermark
