// The shipped points models as a caller uses them: beside the segmentation, and without touching
// it.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "scoring/error.h"
#include "scoring/shipped.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

absl::StatusOr<v1::EvaluateAccountResponse> EvaluateBy(const std::string& model_id,
                                                       const std::string& account_id,
                                                       const std::string& facts,
                                                       TestService* service) {
  v1::EvaluateAccountRequest request;
  request.set_account_id(account_id);
  request.set_model_id(model_id);
  if (!facts.empty()) *request.mutable_facts() = Facts(facts);
  return service->Call<v1::EvaluateAccountResponse>(request);
}

std::vector<std::string> ScoresOf(const v1::Account& account) {
  std::vector<std::string> scores;
  for (const v1::ModelScore& score : account.scores()) {
    scores.push_back(absl::StrCat(score.model_id(), " ", score.score()));
  }
  std::sort(scores.begin(), scores.end());
  return scores;
}

TEST(LeadScoring, AnAccountWithoutSegmentationFacts_IsGraded) {
  TestService service;
  const auto first =
      EvaluateBy(kLeadScoringModelId, "lead",
                 "contact_role: CONTACT_ROLE_DECISION_MAKER employees: 50", &service);
  ASSERT_OK(first);
  EXPECT_EQ(first->evaluation().score(), 20);
  EXPECT_EQ(first->evaluation().grade(), "C");
  EXPECT_EQ(first->evaluation().movement(), v1::MOVEMENT_FIRST);
  EXPECT_EQ(first->evaluation().segment(), v1::SEGMENT_UNSPECIFIED);
  EXPECT_FALSE(first->has_playbook());
  EXPECT_EQ(first->evaluation().criteria_size(), 18);

  const auto second =
      EvaluateBy(kLeadScoringModelId, "lead",
                 "budget { currency_code: 'USD' units: 100000 } specific_request_made: true "
                 "expected_product: 'collections suite' lead_origin: LEAD_ORIGIN_INTERNET",
                 &service);
  ASSERT_OK(second);
  EXPECT_EQ(second->evaluation().score(), 45);
  EXPECT_EQ(second->evaluation().grade(), "B");
  EXPECT_EQ(second->evaluation().movement(), v1::MOVEMENT_UPGRADE);
  EXPECT_EQ(second->evaluation().previous_score(), 20);

  const auto third = EvaluateBy(kLeadScoringModelId, "lead", "employees: 4", &service);
  ASSERT_OK(third);
  EXPECT_EQ(third->evaluation().score(), 25);
  EXPECT_EQ(third->evaluation().movement(), v1::MOVEMENT_DOWNGRADE);
  EXPECT_EQ(third->evaluation().criteria(1).points(), -10);

  const auto account = service.Get("lead");
  ASSERT_OK(account);
  EXPECT_EQ(account->segment(), v1::SEGMENT_UNSPECIFIED);
  EXPECT_EQ(ScoresOf(*account), std::vector<std::string>{"lead-scoring 25"});
}

TEST(LeadScoring, WhatCounts_StaysAsItWas) {
  TestService service;
  ASSERT_OK(service.Evaluate("bank", BankFacts()));
  const auto before = service.Get("bank");
  ASSERT_OK(before);

  ASSERT_OK(EvaluateBy(kLeadScoringModelId, "bank", "employees: 50", &service));
  ASSERT_OK(EvaluateBy(kRiskProfileModelId, "bank", "payment_defaults: 1", &service));
  const auto after = service.Get("bank");
  ASSERT_OK(after);
  EXPECT_EQ(after->segment(), v1::SEGMENT_STRATEGIC);
  EXPECT_EQ(ScoresOf(*after), (std::vector<std::string>{"account-segmentation 100",
                                                        "lead-scoring 10", "risk-profile 32"}));
  ASSERT_EQ(after->due_size(), before->due_size());
  for (int i = 0; i < after->due_size(); ++i) {
    EXPECT_EQ(after->due(i).SerializeAsString(), before->due(i).SerializeAsString());
  }
}

// Growth of cases is an event against the last evaluation that counts: a lead score in between
// neither becomes what it is measured against nor settles it.
TEST(LeadScoring, DetectedEvents_AreMeasuredAgainstWhatCounts) {
  TestService service;
  ASSERT_OK(service.Evaluate("fintech", FintechFacts()));
  ASSERT_OK(EvaluateBy(kLeadScoringModelId, "fintech", "past_due_cases: 2500", &service));
  ASSERT_OK(EvaluateBy(kLeadScoringModelId, "fintech", "past_due_cases: 2700", &service));
  v1::ListAccountEventsRequest list;
  list.set_account_id("fintech");
  const auto open = service.Call<v1::ListAccountEventsResponse>(list);
  ASSERT_OK(open);
  ASSERT_EQ(open->events_size(), 1) << "2700 is a third above 2000, not above 2500";
  EXPECT_TRUE(open->events(0).closing_evaluation_id().empty());
  ASSERT_OK(EvaluateBy(kLeadScoringModelId, "fintech", "", &service));
  const auto later = service.Call<v1::ListAccountEventsResponse>(list);
  ASSERT_OK(later);
  EXPECT_TRUE(later->events(0).closing_evaluation_id().empty()) << "a lead score settles nothing";
}

TEST(LeadScoring, FaultyFacts_AreNamedAndNothingIsWritten) {
  TestService service;
  const auto response =
      EvaluateBy(kLeadScoringModelId, "lead",
                 "late_payment_percent: 101 contact_role: 9 interests: ''", &service);
  EXPECT_FAILS(response, kInvalidArgument, "INVALID_FIELDS");
  EXPECT_THAT(FieldsOf(response.status()),
              testing::ElementsAre("facts.late_payment_percent", "facts.contact_role",
                                   "facts.interests[0]"));
  EXPECT_FAILS(service.Get("lead"), kNotFound, "ACCOUNT_NOT_FOUND");
}

}  // namespace
}  // namespace tiermark
