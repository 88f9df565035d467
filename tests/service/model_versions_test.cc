// Named models and versions, and a catalog that changes between two starts of the server.
#include "gmock/gmock.h"
#include "scoring/error.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using testing::ElementsAre;

v1::ScoringModel Version(int version) {
  v1::ScoringModel model = SegmentationModel();
  model.set_version(version);
  // The second version is another methodology: cases count for nothing under a million.
  if (version == 2) {
    auto* tiers = model.mutable_criteria(1)->mutable_numeric_tiers();
    tiers->mutable_tiers(0)->set_at_least("1000000");
    tiers->mutable_tiers(tiers->tiers_size() - 1)->set_points(0);
    for (int i = tiers->tiers_size() - 2; i > 0; --i) tiers->mutable_tiers()->DeleteSubrange(i, 1);
  }
  return model;
}

Catalog::Contents With(const std::vector<v1::ScoringModel>& models) {
  Catalog::Contents contents = Catalog::Shipped();
  contents.models = models;
  return contents;
}

v1::EvaluateAccountRequest Named(const std::string& account_id, const std::string& model_id,
                                 int version) {
  v1::EvaluateAccountRequest request;
  request.set_account_id(account_id);
  *request.mutable_facts() = BankFacts();
  request.set_model_id(model_id);
  request.set_model_version(version);
  return request;
}

v1::GetEvaluationRequest Get(const std::string& evaluation_id) {
  v1::GetEvaluationRequest request;
  request.set_evaluation_id(evaluation_id);
  return request;
}

TEST(ModelVersions, TheHighestVersion_IsTheActiveOne) {
  TestService service(With({Version(2), Version(1)}));
  const auto active = service.Evaluate("bank", BankFacts());
  ASSERT_OK(active);
  EXPECT_EQ(active->evaluation().model().version(), 2);
  EXPECT_EQ(active->evaluation().score(), 80);
  const auto by_id =
      service.Call<v1::EvaluateAccountResponse>(Named("bank", "account-segmentation", 0));
  ASSERT_OK(by_id);
  EXPECT_EQ(by_id->evaluation().model().version(), 2);
}

TEST(ModelVersions, ANamedOldVersion_IsScoredAndDoesNotCount) {
  TestService service(With({Version(1), Version(2)}));
  ASSERT_OK(service.Evaluate("bank", BankFacts()));
  const auto old =
      service.Call<v1::EvaluateAccountResponse>(Named("bank", "account-segmentation", 1));
  ASSERT_OK(old);
  EXPECT_EQ(old->evaluation().score(), 100);
  EXPECT_EQ(old->evaluation().previous_score(), 80);
  const auto account = service.Get("bank");
  ASSERT_OK(account);
  ASSERT_EQ(account->scores_size(), 1) << "the latest by each model";
  EXPECT_EQ(account->scores(0).model_version(), 1);
  v1::ListAccountsRequest list;
  list.mutable_filter()->set_max_score(80);
  const auto listed = service.Call<v1::ListAccountsResponse>(list);
  ASSERT_OK(listed);
  EXPECT_EQ(listed->accounts_size(), 1) << "lists go by the score that counts";
}

TEST(ModelVersions, AModelWithoutSegments_GivesNoPlaybook) {
  TestService service(With({Version(1), InterestModel()}));
  v1::EvaluateAccountRequest request = Named("bank", "interest", 1);
  *request.mutable_facts() = Facts(R"(custom { key: "interest" value { int64: 70 } })");
  const auto response = service.Call<v1::EvaluateAccountResponse>(request);
  ASSERT_OK(response);
  EXPECT_EQ(response->evaluation().grade(), "A");
  EXPECT_EQ(response->evaluation().segment(), v1::SEGMENT_UNSPECIFIED);
  EXPECT_EQ(response->evaluation().playbook_version(), 0);
  EXPECT_FALSE(response->has_playbook());
  EXPECT_TRUE(response->recommended_action().empty());
  const auto account = service.Get("bank");
  ASSERT_OK(account);
  EXPECT_EQ(account->segment(), v1::SEGMENT_UNSPECIFIED);
  ASSERT_EQ(account->scores_size(), 1);
  EXPECT_EQ(account->scores(0).grade(), "A");
}

TEST(ModelVersions, UnknownModelOrVersion_IsNotFoundAndWritesNothing) {
  TestService service;
  for (const auto& request : {Named("bank", "no-such-model", 0), Named("bank", "no-such-model", 1),
                              Named("bank", "account-segmentation", 9)}) {
    EXPECT_FAILS(service.Call<v1::EvaluateAccountResponse>(request), kNotFound, "MODEL_NOT_FOUND");
  }
  EXPECT_FAILS(service.Get("bank"), kNotFound, "ACCOUNT_NOT_FOUND");
}

TEST(ModelVersions, AVersionWithoutAModel_IsInvalid) {
  TestService service;
  const auto response = service.Call<v1::EvaluateAccountResponse>(Named("bank", "", 1));
  EXPECT_FAILS(response, kInvalidArgument, "INVALID_FIELDS");
  EXPECT_THAT(FieldsOf(response.status()), ElementsAre("model_version"));
  const auto negative = service.Call<v1::EvaluateAccountResponse>(Named("bank", "Not A Model", -1));
  EXPECT_THAT(FieldsOf(negative.status()), ElementsAre("model_id", "model_version"));
}

TEST(ModelVersions, APublishedVersion_LeavesOldEvaluationsAsTheyWere) {
  TestService service(With({Version(1)}));
  const auto old = service.Evaluate("bank", BankFacts());
  ASSERT_OK(old);
  const auto before =
      service.Call<v1::GetEvaluationResponse>(Get(old->evaluation().evaluation_id()));
  ASSERT_OK(before);

  service.Restart(With({Version(1), Version(2)}));
  const auto after =
      service.Call<v1::GetEvaluationResponse>(Get(old->evaluation().evaluation_id()));
  ASSERT_OK(after);
  EXPECT_EQ(after->SerializeAsString(), before->SerializeAsString());
  const auto account = service.Get("bank");
  ASSERT_OK(account);
  EXPECT_EQ(account->scores(0).score(), 100) << "publishing rescores nothing";
  const auto rescored = service.Evaluate("bank");
  ASSERT_OK(rescored);
  EXPECT_EQ(rescored->evaluation().score(), 80);
  EXPECT_EQ(rescored->evaluation().previous_evaluation_id(), old->evaluation().evaluation_id());
}

class LostVersion : public testing::TestWithParam<bool> {};

// The version is gone, or another stands under its name.
TEST_P(LostVersion, IsSaidAndNotPaperedOver) {
  TestService service(With({Version(1), Version(2)}));
  const auto old =
      service.Call<v1::EvaluateAccountResponse>(Named("bank", "account-segmentation", 1));
  ASSERT_OK(old);
  v1::ScoringModel changed = Version(1);
  changed.mutable_criteria(0)->set_description("Not what it was.");
  service.Restart(GetParam() ? With({Version(2)}) : With({changed, Version(2)}));

  EXPECT_FAILS(service.Call<v1::GetEvaluationResponse>(Get(old->evaluation().evaluation_id())),
               kDataLoss, "MODEL_VERSION_LOST");
  v1::ListEvaluationsRequest list;
  list.set_account_id("bank");
  EXPECT_FAILS(service.Call<v1::ListEvaluationsResponse>(list), kDataLoss, "MODEL_VERSION_LOST");
  ASSERT_OK(service.Evaluate("bank"));
}

INSTANTIATE_TEST_SUITE_P(GoneOrChanged, LostVersion, testing::Bool());

TEST(Catalog, RefusesWhatItCannotServe) {
  EXPECT_FALSE(Catalog::Make(With({})).ok()) << "no segmentation model";
  EXPECT_FALSE(Catalog::Make(With({Version(1), Version(1)})).ok()) << "a version twice";
  v1::ScoringModel faulty = Version(1);
  faulty.mutable_criteria(0)->set_weight_percent(41);
  EXPECT_FALSE(Catalog::Make(With({faulty})).ok()) << "weights of 101";
  v1::ScoringModel grades = InterestModel();
  grades.set_model_id("account-segmentation");
  EXPECT_FALSE(Catalog::Make(With({grades})).ok()) << "bands without segments";
  Catalog::Contents contents = Catalog::Shipped();
  contents.playbooks.pop_back();
  EXPECT_FALSE(Catalog::Make(contents).ok()) << "a segment without a playbook";
}

}  // namespace
}  // namespace tiermark
