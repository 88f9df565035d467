// Scores that were, or could be, beside one another: through the whole service.
#include "gmock/gmock.h"
#include "scoring/error.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

v1::EstimateScoreRequest EstimateOf(const std::string& account_id, const std::string& facts) {
  v1::EstimateScoreRequest request;
  request.set_account_id(account_id);
  if (!facts.empty()) *request.mutable_facts() = Facts(facts);
  return request;
}

v1::CompareEvaluationsRequest Compare(const std::string& from, const std::string& to) {
  v1::CompareEvaluationsRequest request;
  request.set_from_evaluation_id(from);
  request.set_to_evaluation_id(to);
  return request;
}

v1::ReplayEvaluationRequest Replay(const std::string& evaluation_id) {
  v1::ReplayEvaluationRequest request;
  request.set_evaluation_id(evaluation_id);
  return request;
}

// The id of a new evaluation.
std::string Evaluated(TestService& service, const std::string& account_id,
                      const v1::AccountFacts& facts) {
  const auto response = service.Evaluate(account_id, facts);
  EXPECT_OK(response);
  return response.ok() ? response->evaluation().evaluation_id() : "";
}

// The segmentation model with more points for the least of the countries' tiers.
v1::ScoringModel Generous(int version) {
  v1::ScoringModel model = SegmentationModel();
  model.set_version(version);
  auto* tiers = model.mutable_criteria(3)->mutable_distinct_count_tiers();
  tiers->mutable_tiers(tiers->tiers_size() - 1)->set_points(10);
  return model;
}

Catalog::Contents With(const std::vector<v1::ScoringModel>& models) {
  Catalog::Contents contents = Catalog::Shipped();
  contents.models = models;
  return contents;
}

std::vector<std::string> DifferentIn(const v1::ReplayEvaluationResponse& response) {
  std::vector<std::string> fields;
  for (const auto& difference : response.differences()) fields.push_back(difference.field());
  return fields;
}

TEST(EstimateScore, FactsAlone_NeedNoAccount) {
  TestService service;
  const auto estimate = service.Call<v1::EstimateScoreResponse>(EstimateOf("", R"(
      country: "MX" potential_mrr { country: "MX" amount { currency_code: "USD" units: 1000 } }
      industry_reference: INDUSTRY_REFERENCE_EMERGING operating_countries: "MX")"));
  ASSERT_OK(estimate);
  EXPECT_EQ(estimate->min_exact_score(), 1'200);
  EXPECT_EQ(estimate->max_exact_score(), 3'200);
  EXPECT_EQ(estimate->segment(), v1::SEGMENT_SMB);
  EXPECT_THAT(estimate->unknown_facts(), ElementsAre("past_due_cases"));
  EXPECT_EQ(estimate->model().version(), 1);
  // An account that is not there yet is as good.
  const auto named = service.Call<v1::EstimateScoreResponse>(
      EstimateOf("new", "industry_reference: INDUSTRY_REFERENCE_NONE"));
  ASSERT_OK(named);
  EXPECT_EQ(named->max_exact_score(), 8'000);
  EXPECT_FAILS(service.Get("new"), kNotFound, "ACCOUNT_NOT_FOUND");
}

TEST(EstimateScore, StoredFacts_AreMergedAndLeftAsTheyAre) {
  TestService service;
  v1::AccountFacts facts = BankFacts();
  facts.clear_past_due_cases();
  ASSERT_OK(service.Upsert("bank", facts));
  const auto stored = service.Call<v1::EstimateScoreResponse>(EstimateOf("bank", ""));
  ASSERT_OK(stored);
  EXPECT_EQ(stored->min_score(), 80);
  EXPECT_EQ(stored->max_score(), 100);
  EXPECT_EQ(stored->segment(), v1::SEGMENT_STRATEGIC);
  const auto merged =
      service.Call<v1::EstimateScoreResponse>(EstimateOf("bank", "past_due_cases: 100000"));
  ASSERT_OK(merged);
  EXPECT_EQ(merged->min_exact_score(), 9'600);
  EXPECT_EQ(merged->max_exact_score(), 9'600);

  v1::EstimateScoreRequest cleared = EstimateOf("bank", "");
  cleared.mutable_update_mask()->add_paths("industry_reference");
  const auto without = service.Call<v1::EstimateScoreResponse>(cleared);
  ASSERT_OK(without);
  EXPECT_EQ(without->min_score(), 60);
  EXPECT_THAT(without->unknown_facts(), ElementsAre("past_due_cases", "industry_reference"));

  const auto account = service.Get("bank");
  ASSERT_OK(account);
  EXPECT_FALSE(account->facts().has_past_due_cases());
  EXPECT_TRUE(account->facts().has_industry_reference());
}

TEST(EstimateScore, ANamedModel_IsTheOneThatIsAsked) {
  TestService service(With({SegmentationModel(), InterestModel()}));
  v1::EstimateScoreRequest request = EstimateOf("", "display_name: \"Anybody\"");
  request.set_model_id("interest");
  const auto estimate = service.Call<v1::EstimateScoreResponse>(request);
  ASSERT_OK(estimate);
  EXPECT_EQ(estimate->model().model_id(), "interest");
  EXPECT_EQ(estimate->segment(), v1::SEGMENT_UNSPECIFIED);
  EXPECT_EQ(estimate->possible_bands_size(), 2);
  request.set_model_id("no-such-model");
  EXPECT_FAILS(service.Call<v1::EstimateScoreResponse>(request), kNotFound, "MODEL_NOT_FOUND");
}

TEST(EstimateScore, WhatCannotBeEstimated_IsRefused) {
  TestService service;
  EXPECT_FAILS(service.Call<v1::EstimateScoreResponse>(EstimateOf("bank", "")), kNotFound,
               "ACCOUNT_NOT_FOUND");
  const auto nothing = service.Call<v1::EstimateScoreResponse>(EstimateOf("", ""));
  EXPECT_FAILS(nothing, kInvalidArgument, "INVALID_FIELDS");
  EXPECT_THAT(FieldsOf(nothing.status()), ElementsAre("account_id"));
  v1::EstimateScoreRequest faulty = EstimateOf(" bank", "past_due_cases: -1");
  faulty.set_model_version(2);
  EXPECT_THAT(FieldsOf(service.Call<v1::EstimateScoreResponse>(faulty).status()),
              ElementsAre("account_id", "facts.past_due_cases", "model_version"));
  EXPECT_FAILS(service.Call<v1::EstimateScoreResponse>(EstimateOf("", R"(
                   country: "CL" potential_mrr {
                     country: "CL" amount { currency_code: "CLP" units: 1000 } })")),
               kFailedPrecondition, "EXCHANGE_RATE_MISSING");
}

TEST(CompareEvaluations, AcrossVersionsAndFacts_AddsUp) {
  TestService service(With({SegmentationModel()}));
  const std::string first = Evaluated(service, "fintech", FintechFacts());
  service.Restart(With({SegmentationModel(), Generous(2)}));
  service.clock().Advance(absl::Hours(24 * 40));
  const std::string second = Evaluated(
      service, "fintech", Facts(R"(past_due_cases: 10000 industry_reference: INDUSTRY_REFERENCE_NONE
                         owner_id: "rep-7")"));
  const auto compared = service.Call<v1::CompareEvaluationsResponse>(Compare(first, second));
  ASSERT_OK(compared);
  EXPECT_EQ(compared->from().evaluation_id(), first);
  EXPECT_EQ(compared->from().exact_score(), 1'600);
  EXPECT_EQ(compared->to().exact_score(), 1'600);
  EXPECT_FALSE(compared->from().has_facts());
  EXPECT_TRUE(compared->has_exact_difference());
  EXPECT_EQ(compared->exact_difference(), 0);
  ASSERT_EQ(compared->parts_size(), 3) << compared->DebugString();
  EXPECT_THAT(compared->parts(0).facts(), ElementsAre("past_due_cases"));
  EXPECT_EQ(compared->parts(0).hundredths(), 400);
  EXPECT_THAT(compared->parts(1).facts(), ElementsAre("industry_reference"));
  EXPECT_EQ(compared->parts(1).hundredths(), -600);
  EXPECT_EQ(compared->parts(2).cause(), v1::SCORE_CAUSE_MODEL);
  EXPECT_EQ(compared->parts(2).hundredths(), 200);
  EXPECT_FALSE(compared->override_differs());

  const auto back = service.Call<v1::CompareEvaluationsResponse>(Compare(second, first));
  ASSERT_OK(back);
  EXPECT_EQ(back->parts(0).hundredths(), -400);
  const auto same = service.Call<v1::CompareEvaluationsResponse>(Compare(first, first));
  ASSERT_OK(same);
  EXPECT_THAT(same->parts(), IsEmpty());
}

TEST(CompareEvaluations, AnOverrideBetween_IsSaid) {
  TestService service;
  const std::string before = Evaluated(service, "fintech", FintechFacts());
  v1::OverrideSegmentRequest override;
  override.set_account_id("fintech");
  override.set_segment(v1::SEGMENT_ENTERPRISE);
  override.set_reason("A partner of the group.");
  override.set_author("head-of-sales");
  ASSERT_OK(service.Call<v1::OverrideSegmentResponse>(override));
  const std::string after = Evaluated(service, "fintech", FintechFacts());
  const auto compared = service.Call<v1::CompareEvaluationsResponse>(Compare(before, after));
  ASSERT_OK(compared);
  EXPECT_TRUE(compared->override_differs());
  EXPECT_THAT(compared->parts(), IsEmpty());
  EXPECT_EQ(compared->to().segment(), v1::SEGMENT_SMB);
}

TEST(CompareEvaluations, OfDifferentAccountsOrModels_IsInvalid) {
  TestService service(With({SegmentationModel(), InterestModel()}));
  const std::string bank = Evaluated(service, "bank", BankFacts());
  const std::string fintech = Evaluated(service, "fintech", FintechFacts());
  v1::EvaluateAccountRequest interest;
  interest.set_account_id("bank");
  *interest.mutable_facts() = Facts(R"(custom { key: "interest" value { int64: 70 } })");
  interest.set_model_id("interest");
  const auto other = service.Call<v1::EvaluateAccountResponse>(interest);
  ASSERT_OK(other);
  for (const std::string& to : {fintech, other->evaluation().evaluation_id()}) {
    const auto compared = service.Call<v1::CompareEvaluationsResponse>(Compare(bank, to));
    EXPECT_FAILS(compared, kInvalidArgument, "INVALID_FIELDS");
    EXPECT_THAT(FieldsOf(compared.status()), ElementsAre("to_evaluation_id"));
  }
}

TEST(CompareEvaluations, UnknownOrMalformedIds_AreRefused) {
  TestService service;
  const std::string bank = Evaluated(service, "bank", BankFacts());
  const auto malformed = service.Call<v1::CompareEvaluationsResponse>(Compare("", "x"));
  EXPECT_THAT(FieldsOf(malformed.status()), ElementsAre("from_evaluation_id", "to_evaluation_id"));
  EXPECT_FAILS(service.Call<v1::CompareEvaluationsResponse>(Compare(bank, EvaluationId(9'999))),
               kNotFound, "EVALUATION_NOT_FOUND");
}

TEST(CompareEvaluations, RatesThatAreGone_AreNotPaperedOver) {
  Catalog::Contents contents = Catalog::Shipped();
  TestService service(contents);
  const std::string before = Evaluated(service, "bank", BankFacts());
  contents.rates.set_version(2);
  service.Restart(contents);
  const std::string after = Evaluated(service, "bank", BankFacts());
  EXPECT_FAILS(service.Call<v1::CompareEvaluationsResponse>(Compare(before, after)), kDataLoss,
               "EXCHANGE_RATES_LOST");
}

TEST(ReplayEvaluation, AfterARestartWithANewerVersion_IsIdentical) {
  TestService service(With({SegmentationModel()}));
  const std::string id = Evaluated(service, "fintech", FintechFacts());
  service.clock().Advance(absl::Hours(24 * 100));
  service.Restart(With({SegmentationModel(), Generous(2)}));
  ASSERT_OK(service.Evaluate("fintech", Facts("past_due_cases: 0")));
  const auto replay = service.Call<v1::ReplayEvaluationResponse>(Replay(id));
  ASSERT_OK(replay);
  EXPECT_TRUE(replay->identical());
  EXPECT_THAT(replay->differences(), IsEmpty());
  EXPECT_EQ(replay->replayed().evaluation_id(), id);
  EXPECT_EQ(replay->replayed().exact_score(), 1'600);
  EXPECT_EQ(replay->replayed().model().version(), 1);
}

TEST(ReplayEvaluation, AnotherModelUnderTheSameVersion_ShowsWhereItDiffers) {
  TestService service(With({SegmentationModel()}));
  const std::string id = Evaluated(service, "fintech", FintechFacts());
  service.Restart(With({Generous(1)}));
  const auto replay = service.Call<v1::ReplayEvaluationResponse>(Replay(id));
  ASSERT_OK(replay);
  EXPECT_FALSE(replay->identical());
  EXPECT_THAT(DifferentIn(*replay), ElementsAre("model.digest", "score", "exact_score"));
  EXPECT_EQ(replay->differences(1).stored(), "16");
  EXPECT_EQ(replay->differences(1).replayed(), "18");
}

TEST(ReplayEvaluation, LostExchangeRates_AreSaid) {
  Catalog::Contents contents = Catalog::Shipped();
  TestService service(contents);
  const std::string id = Evaluated(service, "bank", BankFacts());
  contents.rates.set_version(2);
  service.Restart(contents);
  EXPECT_FAILS(service.Call<v1::ReplayEvaluationResponse>(Replay(id)), kDataLoss,
               "EXCHANGE_RATES_LOST");
}

TEST(ReplayEvaluation, ALostVersion_IsSaid) {
  TestService service(With({SegmentationModel()}));
  const std::string id = Evaluated(service, "fintech", FintechFacts());
  service.Restart(With({Generous(2)}));
  EXPECT_FAILS(service.Call<v1::ReplayEvaluationResponse>(Replay(id)), kDataLoss,
               "MODEL_VERSION_LOST");
}

TEST(ReplayEvaluation, UnknownOrMalformedId_IsRefused) {
  TestService service;
  EXPECT_FAILS(service.Call<v1::ReplayEvaluationResponse>(Replay("x")), kInvalidArgument,
               "INVALID_FIELDS");
  EXPECT_FAILS(service.Call<v1::ReplayEvaluationResponse>(Replay(EvaluationId(9'999))), kNotFound,
               "EVALUATION_NOT_FOUND");
}

}  // namespace
}  // namespace tiermark
