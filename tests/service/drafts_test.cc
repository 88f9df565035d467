// Drafts: kept, changed, dropped, checked, read back as text, and told in words.
#include <thread>

#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "service/model_settings.h"
#include "tests/service/models.h"

namespace tiermark {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

v1::GetModelRequest ByDraft(const std::string& draft_id) {
  v1::GetModelRequest request;
  request.set_draft_id(draft_id);
  return request;
}

TEST(CreateDraft, IsKeptAsGiven_AndAfterARestart) {
  TestService service;
  v1::CreateDraftRequest request;
  *request.mutable_model() = CasesForNothing();
  request.mutable_model()->set_version(17);
  const auto created = service.Call<v1::CreateDraftResponse>(request);
  ASSERT_OK(created);
  EXPECT_EQ(created->info().draft_id(), "account-segmentation.1");
  EXPECT_EQ(created->info().state(), v1::MODEL_STATE_DRAFT);
  EXPECT_EQ(created->info().revision(), 1);
  EXPECT_EQ(created->info().version(), 0);
  EXPECT_TRUE(created->info().digest().empty());
  EXPECT_TRUE(MessageDifferencer::Equals(created->model(), CasesForNothing()));
  ASSERT_THAT(created->warnings(), SizeIs(2)) << "cases cannot matter, and nobody gets over 60";
  EXPECT_EQ(created->warnings(0).field(), "criteria[1]");
  EXPECT_EQ(created->warnings(1).field(), "bands[0]");
  service.Restart();
  const auto read = service.Call<v1::GetModelResponse>(ByDraft("account-segmentation.1"));
  ASSERT_OK(read);
  EXPECT_TRUE(MessageDifferencer::Equals(read->info(), created->info()));
  EXPECT_TRUE(MessageDifferencer::Equals(read->model(), created->model()));
  EXPECT_THAT(read->warnings(), SizeIs(2));
}

TEST(CreateDraft, ChangesNothingThatIsScored) {
  TestService service;
  KeepDraft(service, CasesForNothing());
  const auto scored = service.Evaluate("bank", BankFacts());
  ASSERT_OK(scored);
  EXPECT_EQ(scored->evaluation().score(), 100);
  EXPECT_EQ(scored->evaluation().model().version(), 1);
}

TEST(CreateDraft, OfAFaultyModel_ListsEveryFault) {
  TestService service;
  v1::CreateDraftRequest request;
  v1::ScoringModel* model = request.mutable_model();
  *model = DraftOfSegmentation();
  model->mutable_criteria(0)->set_weight_percent(41);
  model->mutable_criteria(0)->mutable_money_tiers()->mutable_tiers(1)->set_at_least("60000");
  model->mutable_criteria(1)->set_fact("favourite_colour");
  model->mutable_criteria(2)->set_fact("past_due_cases");
  model->mutable_bands(1)->set_min_score(90);
  request.set_request_id(std::string(65, 'x'));
  const auto refused = service.Call<v1::CreateDraftResponse>(request);
  EXPECT_FAILS(refused, kInvalidArgument, "INVALID_FIELDS");
  EXPECT_THAT(
      FieldsOf(refused.status()),
      testing::UnorderedElementsAre("request_id", "model.criteria[0].money_tiers.tiers[1].at_least",
                                    "model.criteria[1].fact", "model.criteria[2].category_points",
                                    "model.criteria[2].category_points.other_points",
                                    "model.criteria", "model.bands[1].min_score"));
  EXPECT_THAT(ModelsOf(service, "account-segmentation"), SizeIs(1)) << "nothing was kept";
}

TEST(CreateDraft, OfTheSegmentationModel_NeedsSegments) {
  TestService service;
  v1::CreateDraftRequest request;
  *request.mutable_model() = DraftOfSegmentation();
  for (v1::Band& band : *request.mutable_model()->mutable_bands()) band.clear_segment();
  const auto refused = service.Call<v1::CreateDraftResponse>(request);
  EXPECT_THAT(FieldsOf(refused.status()), ElementsAre("model.bands[0].segment"));
  request.mutable_model()->set_model_id("another");
  EXPECT_OK(service.Call<v1::CreateDraftResponse>(request));
}

TEST(CreateDraft, FromText_TellsWhereItsFaultsAre) {
  TestService service;
  v1::GetModelRequest get;
  get.set_model_id("account-segmentation");
  get.set_text_format(v1::MODEL_TEXT_FORMAT_TEXT_PROTO);
  const auto shipped = service.Call<v1::GetModelResponse>(get);
  ASSERT_OK(shipped);
  v1::CreateDraftRequest request;
  request.set_text_proto(shipped->text());
  auto created = service.Call<v1::CreateDraftResponse>(request);
  ASSERT_OK(created);
  EXPECT_TRUE(MessageDifferencer::Equals(created->model(), DraftOfSegmentation()));

  std::string faulty = shipped->text();
  const size_t weight = faulty.find("weight_percent: 40");
  ASSERT_NE(weight, std::string::npos);
  faulty.replace(weight, 18, "weight_percent: 140");
  request.set_text_proto(faulty);
  const auto refused = service.Call<v1::CreateDraftResponse>(request);
  EXPECT_THAT(FieldsOf(refused.status()), ElementsAre("text_proto.criteria[0].weight_percent"));
  EXPECT_THAT(DescriptionsOf(refused.status()), ElementsAre(HasSubstr("line ")));
  request.set_text_proto("model_id: \"x\"\nfavourite: 1\n");
  EXPECT_THAT(DescriptionsOf(service.Call<v1::CreateDraftResponse>(request).status()),
              ElementsAre(HasSubstr("line 2, column ")));

  get.set_text_format(v1::MODEL_TEXT_FORMAT_JSON);
  const auto json = service.Call<v1::GetModelResponse>(get);
  ASSERT_OK(json);
  request.set_json(json->text());
  created = service.Call<v1::CreateDraftResponse>(request);
  ASSERT_OK(created);
  EXPECT_TRUE(MessageDifferencer::Equals(created->model(), DraftOfSegmentation()));
  request.set_json(json->text() + ",");
  EXPECT_FAILS(service.Call<v1::CreateDraftResponse>(request), kInvalidArgument, "INVALID_FIELDS");
}

TEST(CreateDraft, CopiesAVersionOrADraft) {
  TestService service;
  v1::CreateDraftRequest request;
  request.mutable_copy_of()->set_model_id("lead-scoring");
  const auto of_version = service.Call<v1::CreateDraftResponse>(request);
  ASSERT_OK(of_version);
  EXPECT_EQ(of_version->info().draft_id(), "lead-scoring.1");
  EXPECT_GT(of_version->model().criteria_size(), 5);
  request.mutable_copy_of()->clear_model_id();
  request.mutable_copy_of()->set_draft_id("lead-scoring.1");
  request.set_request_id("copy");
  const auto of_draft = service.Call<v1::CreateDraftResponse>(request);
  ASSERT_OK(of_draft);
  EXPECT_EQ(of_draft->info().draft_id(), "lead-scoring.2");
  EXPECT_TRUE(MessageDifferencer::Equals(of_draft->model(), of_version->model()));

  v1::DeleteDraftRequest drop;
  drop.set_draft_id("lead-scoring.1");
  ASSERT_OK(service.Call<v1::DeleteDraftResponse>(drop));
  const auto again = service.Call<v1::CreateDraftResponse>(request);
  ASSERT_OK(again);
  EXPECT_EQ(again->SerializeAsString(), of_draft->SerializeAsString()) << "the first answer";
  request.set_request_id("another");
  EXPECT_FAILS(service.Call<v1::CreateDraftResponse>(request), kNotFound, "DRAFT_NOT_FOUND");
  request.mutable_copy_of()->clear_draft_id();
  request.mutable_copy_of()->set_model_id("lead-scoring");
  request.mutable_copy_of()->set_model_version(2);
  EXPECT_FAILS(service.Call<v1::CreateDraftResponse>(request), kNotFound, "MODEL_NOT_FOUND");
}

TEST(CreateDraft, ValidateOnly_KeepsNothing) {
  TestService service;
  v1::CreateDraftRequest request;
  *request.mutable_model() = CasesForNothing();
  request.set_validate_only(true);
  const auto preview = service.Call<v1::CreateDraftResponse>(request);
  ASSERT_OK(preview);
  EXPECT_TRUE(preview->info().draft_id().empty());
  EXPECT_THAT(preview->warnings(), SizeIs(2));
  EXPECT_THAT(ModelsOf(service, "account-segmentation"), SizeIs(1));
}

TEST(CreateDraft, WithoutAModel_IsInvalid) {
  TestService service;
  const auto none = service.Call<v1::CreateDraftResponse>(v1::CreateDraftRequest());
  EXPECT_THAT(FieldsOf(none.status()), ElementsAre("model"));
  v1::CreateDraftRequest both;
  both.mutable_copy_of()->set_draft_id("lead-scoring.1");
  both.mutable_copy_of()->set_model_id("lead-scoring");
  both.mutable_copy_of()->set_model_version(-1);
  EXPECT_THAT(FieldsOf(service.Call<v1::CreateDraftResponse>(both).status()),
              ElementsAre("copy_of.model_id", "copy_of.model_version", "copy_of.model_version"));
}

TEST(CreateDraft, BeyondTheMost_IsRefused_UntilOneIsDropped) {
  TestService service;
  v1::CreateDraftRequest request;
  *request.mutable_model() = InterestModel();
  for (int i = 0; i < kDraftsMax; ++i) ASSERT_OK(service.Call<v1::CreateDraftResponse>(request));
  EXPECT_FAILS(service.Call<v1::CreateDraftResponse>(request), kFailedPrecondition,
               "TOO_MANY_DRAFTS");
  v1::DeleteDraftRequest drop;
  drop.set_draft_id("interest.7");
  ASSERT_OK(service.Call<v1::DeleteDraftResponse>(drop));
  const auto created = service.Call<v1::CreateDraftResponse>(request);
  ASSERT_OK(created);
  EXPECT_EQ(created->info().draft_id(), "interest.101") << "no id is given twice";
}

TEST(UpdateDraft, ReplacesTheModel_AndCountsRevisions) {
  TestService service;
  const std::string draft_id = KeepDraft(service, DraftOfSegmentation());
  v1::UpdateDraftRequest request;
  request.set_draft_id(draft_id);
  *request.mutable_model() = CasesForNothing();
  request.set_expected_version(1);
  const auto updated = service.Call<v1::UpdateDraftResponse>(request);
  ASSERT_OK(updated);
  EXPECT_EQ(updated->info().revision(), 2);
  EXPECT_THAT(updated->warnings(), SizeIs(2));
  EXPECT_FAILS(service.Call<v1::UpdateDraftResponse>(request), kAborted, "VERSION_STALE");
  request.set_expected_version(0);
  request.mutable_model()->set_model_id("another");
  const auto other = service.Call<v1::UpdateDraftResponse>(request);
  EXPECT_FAILS(other, kInvalidArgument, "INVALID_FIELDS");
  EXPECT_THAT(FieldsOf(other.status()), ElementsAre("model_id"));
  const auto read = service.Call<v1::GetModelResponse>(ByDraft(draft_id));
  ASSERT_OK(read);
  EXPECT_TRUE(MessageDifferencer::Equals(read->model(), CasesForNothing()));
}

TEST(DeleteDraft, IsGone_AndSentAgainFindsItsAnswer) {
  TestService service;
  v1::DeleteDraftRequest request;
  request.set_draft_id(KeepDraft(service, DraftOfSegmentation()));
  request.set_expected_version(2);
  EXPECT_FAILS(service.Call<v1::DeleteDraftResponse>(request), kAborted, "VERSION_STALE");
  request.set_expected_version(1);
  request.set_request_id("drop");
  ASSERT_OK(service.Call<v1::DeleteDraftResponse>(request));
  EXPECT_OK(service.Call<v1::DeleteDraftResponse>(request));
  EXPECT_FAILS(service.Call<v1::GetModelResponse>(ByDraft(request.draft_id())), kNotFound,
               "DRAFT_NOT_FOUND");
  request.clear_request_id();
  EXPECT_FAILS(service.Call<v1::DeleteDraftResponse>(request), kNotFound, "DRAFT_NOT_FOUND");
}

TEST(DraftIds, ThatAreNone_AreInvalid) {
  TestService service;
  for (const std::string id : {"x", "x.", ".1", "X.1", "x.1a", "x.1234567890123456789", "a b.1"}) {
    const auto response = service.Call<v1::GetModelResponse>(ByDraft(id));
    EXPECT_THAT(FieldsOf(response.status()), ElementsAre("draft_id")) << id;
  }
  EXPECT_FAILS(service.Call<v1::GetModelResponse>(ByDraft("x.1")), kNotFound, "DRAFT_NOT_FOUND");
}

TEST(CheckModel, ListsFaultsOrWarnings_AndKeepsNothing) {
  TestService service;
  v1::CheckModelRequest request;
  *request.mutable_model() = CasesForNothing();
  auto checked = service.Call<v1::CheckModelResponse>(request);
  ASSERT_OK(checked);
  EXPECT_THAT(checked->faults(), IsEmpty());
  EXPECT_THAT(checked->warnings(), SizeIs(2));
  // More than the trailers of a call hold.
  for (auto& tier :
       *request.mutable_model()->mutable_criteria(0)->mutable_money_tiers()->mutable_tiers()) {
    tier.set_points(101);
  }
  request.mutable_model()->set_reference_currency("EUR");
  checked = service.Call<v1::CheckModelResponse>(request);
  ASSERT_OK(checked);
  EXPECT_THAT(checked->warnings(), IsEmpty());
  ASSERT_THAT(checked->faults(), SizeIs(8));
  EXPECT_EQ(checked->faults(0).field(), "criteria[0].money_tiers.tiers[0].points");
  EXPECT_EQ(checked->faults(7).field(), "reference_currency");
  request.set_json("{\"model_id\": \"x\", }");
  checked = service.Call<v1::CheckModelResponse>(request);
  ASSERT_OK(checked);
  ASSERT_THAT(checked->faults(), SizeIs(testing::Ge(1)));
  EXPECT_EQ(checked->faults(0).line(), 1);
  EXPECT_THAT(ModelsOf(service, "account-segmentation"), SizeIs(1));
  EXPECT_THAT(FieldsOf(service.Call<v1::CheckModelResponse>(v1::CheckModelRequest()).status()),
              ElementsAre("model"));
}

TEST(CompareModels, SaysWhatDiffersInWords) {
  TestService service;
  v1::CompareModelsRequest request;
  request.mutable_from()->set_model_id("account-segmentation");
  request.mutable_to()->set_draft_id(KeepDraft(service, CasesForNothing()));
  const auto compared = service.Call<v1::CompareModelsResponse>(request);
  ASSERT_OK(compared);
  ASSERT_FALSE(compared->differences().empty());
  EXPECT_EQ(compared->differences(0).field(), "criteria[0].weight_percent");
  EXPECT_EQ(compared->differences(0).message(), "weight of Potential MRR: 40 % → 20 %");
  *request.mutable_to() = request.from();
  EXPECT_THAT(service.Call<v1::CompareModelsResponse>(request)->differences(), IsEmpty());
  const auto neither = service.Call<v1::CompareModelsResponse>(v1::CompareModelsRequest());
  EXPECT_THAT(FieldsOf(neither.status()),
              ElementsAre("from.draft_id", "from.model_id", "to.draft_id", "to.model_id"));
}

TEST(GetMethodology, TellsTheModel_ThePlaybooksAndThePolicy) {
  TestService service;
  v1::GetMethodologyRequest request;
  request.set_model_id("account-segmentation");
  const auto told = service.Call<v1::GetMethodologyResponse>(request);
  ASSERT_OK(told);
  EXPECT_THAT(told->markdown(), HasSubstr("Potential MRR"));
  EXPECT_THAT(told->markdown(), HasSubstr("Among the three largest of its industry"));
  EXPECT_THAT(told->methodology().sections(), SizeIs(testing::Ge(4)));
  request.clear_model_id();
  request.set_draft_id(KeepDraft(service, CasesForNothing()));
  const auto of_draft = service.Call<v1::GetMethodologyResponse>(request);
  ASSERT_OK(of_draft);
  EXPECT_NE(of_draft->markdown(), told->markdown());
  for (const char* id : {"lead-scoring", "risk-profile"}) {
    request.clear_draft_id();
    request.set_model_id(id);
    EXPECT_OK(service.Call<v1::GetMethodologyResponse>(request));
  }
}

}  // namespace
}  // namespace tiermark
