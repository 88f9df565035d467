// Models published and retired: which version scores, what stays as it was, and who becomes due.
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "scoring/shipped.h"
#include "service/model_settings.h"
#include "tests/service/models.h"

namespace tiermark {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::ElementsAre;
using testing::SizeIs;

TEST(PublishModel, MakesItTheActiveVersion_AndRetiresTheOneBefore) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T12:00:00"));
  const v1::ModelInfo info = PublishNow(service, CasesForNothing());
  EXPECT_EQ(info.version(), 2);
  EXPECT_EQ(info.state(), v1::MODEL_STATE_ACTIVE);
  EXPECT_EQ(info.publish_time().seconds(), MicrosAt("2026-05-20T12:00:00") / 1'000'000);
  v1::ScoringModel version = CasesForNothing();
  version.set_version(2);
  EXPECT_EQ(info.digest(), ModelDigest(version));
  for (int run = 0; run < 2; ++run) {
    const auto models = ModelsOf(service, "account-segmentation");
    ASSERT_THAT(models, SizeIs(2)) << "the draft is gone";
    EXPECT_TRUE(MessageDifferencer::Equals(models[0], info));
    EXPECT_EQ(models[1].version(), 1);
    EXPECT_EQ(models[1].state(), v1::MODEL_STATE_RETIRED);
    EXPECT_TRUE(models[1].shipped());
    EXPECT_EQ(models[1].retire_time().seconds(), info.publish_time().seconds());
    const auto scored = service.Evaluate("bank", BankFacts());
    ASSERT_OK(scored);
    EXPECT_EQ(scored->evaluation().model().version(), 2);
    EXPECT_EQ(scored->evaluation().model().digest(), info.digest());
    EXPECT_EQ(scored->evaluation().segment(), v1::SEGMENT_ENTERPRISE);
    service.Restart();
  }
}

TEST(PublishModel, RescoresNothing_AndLeavesOldEvaluationsAsTheyWere) {
  TestService service;
  const auto first = service.Evaluate("bank", BankFacts());
  ASSERT_OK(first);
  v1::GetEvaluationRequest get;
  get.set_evaluation_id(first->evaluation().evaluation_id());
  const auto before = service.Call<v1::GetEvaluationResponse>(get);
  ASSERT_OK(before);
  // Ten versions on.
  for (int i = 0; i < 10; ++i) {
    v1::ScoringModel model = CasesForNothing();
    model.mutable_bands(2)->set_min_score(30 + i);
    EXPECT_EQ(PublishNow(service, model).version(), i + 2);
  }
  service.Restart();
  EXPECT_EQ(service.Get("bank")->segment(), v1::SEGMENT_STRATEGIC);
  const auto after = service.Call<v1::GetEvaluationResponse>(get);
  ASSERT_OK(after);
  EXPECT_EQ(after->SerializeAsString(), before->SerializeAsString());
  v1::ReplayEvaluationRequest replay;
  replay.set_evaluation_id(get.evaluation_id());
  const auto replayed = service.Call<v1::ReplayEvaluationResponse>(replay);
  ASSERT_OK(replayed);
  EXPECT_TRUE(replayed->identical());

  const auto last = service.Evaluate("bank");
  ASSERT_OK(last);
  EXPECT_EQ(last->evaluation().model().version(), 11);
  EXPECT_EQ(last->evaluation().movement(), v1::MOVEMENT_DOWNGRADE);
  v1::CompareEvaluationsRequest compare;
  compare.set_from_evaluation_id(get.evaluation_id());
  compare.set_to_evaluation_id(last->evaluation().evaluation_id());
  const auto compared = service.Call<v1::CompareEvaluationsResponse>(compare);
  ASSERT_OK(compared);
  EXPECT_EQ(compared->exact_difference(), -4'000);
  ASSERT_THAT(compared->parts(), SizeIs(1));
  EXPECT_EQ(compared->parts(0).cause(), v1::SCORE_CAUSE_MODEL);
}

TEST(PublishModel, OfANewId_IsScoredByName) {
  TestService service;
  const v1::ModelInfo info = PublishNow(service, InterestModel());
  EXPECT_EQ(info.version(), 1);
  v1::EvaluateAccountRequest request;
  request.set_account_id("bank");
  request.set_model_id("interest");
  *request.mutable_facts() = Facts("custom { key: 'interest' value { int64: 70 } }");
  const auto scored = service.Call<v1::EvaluateAccountResponse>(request);
  ASSERT_OK(scored);
  EXPECT_EQ(scored->evaluation().grade(), "A");
  EXPECT_TRUE(service.Get("bank")->segment() == v1::SEGMENT_UNSPECIFIED);
}

TEST(PublishModel, SentAgain_GetsTheFirstAnswer_ThoughTheDraftIsGone) {
  TestService service;
  v1::PublishModelRequest request = Publish(KeepDraft(service, CasesForNothing()));
  request.set_request_id("publish");
  const auto first = service.Call<v1::PublishModelResponse>(request);
  ASSERT_OK(first);
  ASSERT_EQ(PublishNow(service, DraftOfSegmentation()).version(), 3);
  service.Restart();
  const auto again = service.Call<v1::PublishModelResponse>(request);
  ASSERT_OK(again);
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(service.catalog().segmentation()->model().version(), 3) << "nothing goes back";
  request.clear_request_id();
  EXPECT_FAILS(service.Call<v1::PublishModelResponse>(request), kNotFound, "DRAFT_NOT_FOUND");
}

TEST(PublishModel, ValidateOnly_PublishesNothing) {
  TestService service;
  v1::PublishModelRequest request = Publish(KeepDraft(service, CasesForNothing()), true);
  request.set_validate_only(true);
  const auto preview = service.Call<v1::PublishModelResponse>(request);
  ASSERT_OK(preview);
  EXPECT_EQ(preview->info().version(), 2);
  EXPECT_EQ(service.catalog().segmentation()->model().version(), 1);
  EXPECT_THAT(ModelsOf(service, "account-segmentation"), SizeIs(2));
  request.set_expected_version(7);
  EXPECT_FAILS(service.Call<v1::PublishModelResponse>(request), kAborted, "VERSION_STALE");
}

TEST(PublishModel, MarksByTheSegmentationModelAlone) {
  TestService service;
  const auto refused =
      service.Call<v1::PublishModelResponse>(Publish(KeepDraft(service, InterestModel()), true));
  EXPECT_THAT(FieldsOf(refused.status()), ElementsAre("mark_moved_accounts"));
}

// The due reasons of an account.
std::vector<v1::ReevaluationReason> ReasonsOf(TestService& service, const std::string& account_id) {
  const auto account = service.Get(account_id);
  EXPECT_OK(account);
  std::vector<v1::ReevaluationReason> reasons;
  for (const v1::DueReason& due : account->due()) reasons.push_back(due.reason());
  return reasons;
}

TEST(Marking, MakesDueExactlyThoseThatMove_FromThePublicationOn) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T12:00:00"));
  ASSERT_OK(service.Evaluate("bank", BankFacts()));
  ASSERT_OK(service.Evaluate("fintech", FintechFacts()));
  ASSERT_OK(service.Upsert("never-scored", FintechFacts()));
  ASSERT_OK(service.Evaluate("lost", BankFacts()));
  v1::SetAccountStandingRequest lost;
  lost.set_account_id("lost");
  lost.set_standing(v1::STANDING_LOST);
  ASSERT_OK(service.Call<v1::SetAccountStandingResponse>(lost));
  service.clock().Set(MicrosAt("2026-05-21T12:00:00"));
  PublishNow(service, CasesForNothing(), true);
  const v1::ModelMarking marking = AwaitMarking(service);
  EXPECT_EQ(marking.accounts_done(), 4);
  EXPECT_EQ(marking.accounts_marked(), 2);
  EXPECT_THAT(ReasonsOf(service, "bank"), ElementsAre(v1::REEVALUATION_REASON_MODEL_CHANGED,
                                                      v1::REEVALUATION_REASON_QUARTERLY));
  EXPECT_THAT(ReasonsOf(service, "fintech"), ElementsAre(v1::REEVALUATION_REASON_MONTHLY));
  EXPECT_THAT(ReasonsOf(service, "never-scored"),
              ElementsAre(v1::REEVALUATION_REASON_FIRST_MEETING));
  EXPECT_THAT(ReasonsOf(service, "lost"), ElementsAre()) << "lost accounts are never due";
  v1::ListReevaluationDueRequest due;
  due.add_reasons(v1::REEVALUATION_REASON_MODEL_CHANGED);
  const auto listed = service.Call<v1::ListReevaluationDueResponse>(due);
  ASSERT_OK(listed);
  ASSERT_THAT(listed->due_accounts(), SizeIs(1));
  EXPECT_EQ(listed->due_accounts(0).account_id(), "bank");
  EXPECT_EQ(listed->due_accounts(0).due_time().seconds(),
            MicrosAt("2026-05-21T12:00:00") / 1'000'000);

  // Facts that come meanwhile leave the mark; an evaluation that counts settles it.
  ASSERT_OK(service.Upsert("bank", Facts("owner_id: 'ana'")));
  EXPECT_THAT(ReasonsOf(service, "bank"), ElementsAre(v1::REEVALUATION_REASON_MODEL_CHANGED,
                                                      v1::REEVALUATION_REASON_QUARTERLY));
  const auto evaluated = service.Evaluate("bank");
  ASSERT_OK(evaluated);
  EXPECT_THAT(evaluated->evaluation().closed_reasons(),
              ElementsAre(v1::REEVALUATION_REASON_MODEL_CHANGED));
  EXPECT_EQ(evaluated->evaluation().movement(), v1::MOVEMENT_DOWNGRADE);
  EXPECT_THAT(ReasonsOf(service, "bank"), ElementsAre(v1::REEVALUATION_REASON_QUARTERLY));
}

TEST(Marking, IsTakenBackByALaterVersionThatMovesNobody) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T12:00:00"));
  ASSERT_OK(service.Evaluate("bank", BankFacts()));
  PublishNow(service, CasesForNothing(), true);
  EXPECT_EQ(AwaitMarking(service).accounts_marked(), 1);
  PublishNow(service, DraftOfSegmentation(), true);
  EXPECT_EQ(AwaitMarking(service).accounts_done(), 1);
  EXPECT_THAT(ReasonsOf(service, "bank"), ElementsAre(v1::REEVALUATION_REASON_QUARTERLY));
}

TEST(Marking, IfNotAskedFor_IsNot) {
  TestService service;
  ASSERT_OK(service.Evaluate("bank", BankFacts()));
  PublishNow(service, CasesForNothing());
  EXPECT_FALSE(ModelsOf(service, "account-segmentation")[0].has_marking());
  EXPECT_EQ(ReasonsOf(service, "bank").size(), 1u);
}

TEST(Marking, LeftAtItsBeginning_GoesOnAtTheNextStart_AndReachesAllAccounts) {
  constexpr int kAccounts = 1'203;  // More than two pages.
  TestService service;
  v1::BatchEvaluateAccountsRequest batch;
  for (int i = 0; i < kAccounts; ++i) {
    v1::EvaluateAccountRequest* request = batch.add_requests();
    request->set_account_id(absl::StrCat("account-", i));
    *request->mutable_facts() = i % 3 == 0 ? FintechFacts() : BankFacts();
    if (batch.requests_size() == 500 || i + 1 == kAccounts) {
      ASSERT_OK(service.Call<v1::BatchEvaluateAccountsResponse>(batch));
      batch.clear_requests();
    }
  }
  service.jobs().Stop();
  PublishNow(service, CasesForNothing(), true);
  EXPECT_FALSE(ModelsOf(service, "account-segmentation")[0].marking().has_finish_time());
  service.Restart();
  const v1::ModelMarking marking = AwaitMarking(service);
  EXPECT_EQ(marking.accounts_done(), kAccounts);
  EXPECT_EQ(marking.accounts_marked(), 802);
  for (int i = 0; i < kAccounts; i += 7) {
    EXPECT_EQ(ReasonsOf(service, absl::StrCat("account-", i)).front() ==
                  v1::REEVALUATION_REASON_MODEL_CHANGED,
              i % 3 != 0)
        << i;
  }
}

// Whatever is evaluated while models are published: each evaluation names a version that was
// active, and in the end nobody is left due who does not move, or not due who does.
TEST(Marking, BesideEvaluations_LeavesNoAccountBehind) {
  TestService service;
  constexpr int kAccounts = 60;
  for (int i = 0; i < kAccounts; ++i) {
    ASSERT_OK(service.Evaluate(absl::StrCat("account-", i), BankFacts()));
  }
  std::atomic<bool> going = true;
  std::thread writer([&] {
    for (int i = 0; going; ++i) {
      EXPECT_OK(service.Evaluate(absl::StrCat("account-", i % kAccounts)));
    }
  });
  for (int i = 0; i < 8; ++i) {
    PublishNow(service, i % 2 == 0 ? CasesForNothing() : DraftOfSegmentation(), true);
    absl::SleepFor(absl::Milliseconds(5));
  }
  going = false;
  writer.join();
  AwaitMarking(service);
  for (int i = 0; i < kAccounts; ++i) {
    const std::string id = absl::StrCat("account-", i);
    const bool moves = service.Get(id)->segment() != v1::SEGMENT_STRATEGIC;
    EXPECT_EQ(ReasonsOf(service, id).front() == v1::REEVALUATION_REASON_MODEL_CHANGED, moves) << id;
  }
}

TEST(RetireModel, LeavesItsVersionsToThoseWhoNameThem) {
  TestService service;
  v1::RetireModelRequest retire;
  retire.set_model_id("lead-scoring");
  retire.set_expected_version(2);
  EXPECT_FAILS(service.Call<v1::RetireModelResponse>(retire), kAborted, "VERSION_STALE");
  retire.set_expected_version(1);
  retire.set_request_id("retire");
  const auto retired = service.Call<v1::RetireModelResponse>(retire);
  ASSERT_OK(retired);
  EXPECT_EQ(retired->info().state(), v1::MODEL_STATE_RETIRED);
  EXPECT_EQ(service.Call<v1::RetireModelResponse>(retire)->SerializeAsString(),
            retired->SerializeAsString());
  service.Restart();
  v1::EvaluateAccountRequest request;
  request.set_account_id("bank");
  *request.mutable_facts() = BankFacts();
  request.set_model_id("lead-scoring");
  EXPECT_FAILS(service.Call<v1::EvaluateAccountResponse>(request), kFailedPrecondition,
               "MODEL_RETIRED");
  request.set_model_version(1);
  EXPECT_OK(service.Call<v1::EvaluateAccountResponse>(request));
  retire.clear_request_id();
  retire.clear_expected_version();
  EXPECT_FAILS(service.Call<v1::RetireModelResponse>(retire), kFailedPrecondition, "MODEL_RETIRED");
  v1::CreateDraftRequest copy;
  copy.mutable_copy_of()->set_model_id("lead-scoring");
  copy.mutable_copy_of()->set_model_version(1);
  const auto draft = service.Call<v1::CreateDraftResponse>(copy);
  ASSERT_OK(draft);
  ASSERT_OK(service.Call<v1::PublishModelResponse>(Publish(draft->info().draft_id())));
  request.clear_model_version();
  EXPECT_EQ(service.Call<v1::EvaluateAccountResponse>(request)->evaluation().model().version(), 2);
}

TEST(RetireModel, NeverLeavesAccountsWithoutSegments) {
  TestService service;
  v1::RetireModelRequest retire;
  retire.set_model_id(kSegmentationModelId);
  EXPECT_FAILS(service.Call<v1::RetireModelResponse>(retire), kFailedPrecondition,
               "SEGMENTATION_NEEDED");
  retire.set_model_id("no-such-model");
  EXPECT_FAILS(service.Call<v1::RetireModelResponse>(retire), kNotFound, "MODEL_NOT_FOUND");
  retire.clear_model_id();
  EXPECT_THAT(FieldsOf(service.Call<v1::RetireModelResponse>(retire).status()),
              ElementsAre("model_id"));
}

TEST(RetireModel, OfTheRiskModel_LeavesNoRiskLevel) {
  TestService service;
  ASSERT_OK(service.Upsert("bank", Facts("payment_terms: PAYMENT_TERMS_NET_90")));
  EXPECT_NE(service.Get("bank")->dimensions().risk_profile().level(), v1::RISK_LEVEL_UNSPECIFIED);
  v1::RetireModelRequest retire;
  retire.set_model_id("risk-profile");
  ASSERT_OK(service.Call<v1::RetireModelResponse>(retire));
  EXPECT_EQ(service.Get("bank")->dimensions().risk_profile().level(), v1::RISK_LEVEL_UNSPECIFIED);
}

TEST(ListModels, PagesThroughAllOfThem_DraftsFirst_NewestFirst) {
  TestService service;
  PublishNow(service, CasesForNothing());
  KeepDraft(service, DraftOfSegmentation());
  v1::ListModelsRequest request;
  request.set_page_size(2);
  std::vector<std::string> found;
  do {
    const auto page = service.Call<v1::ListModelsResponse>(request);
    ASSERT_OK(page);
    EXPECT_LE(page->models_size(), 2);
    for (const v1::ModelInfo& model : page->models()) {
      found.push_back(model.draft_id().empty()
                          ? absl::StrCat(model.model_id(), " ", model.version())
                          : model.draft_id());
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(found, ElementsAre("account-segmentation.2", "account-segmentation 2",
                                 "account-segmentation 1", "lead-scoring 1", "risk-profile 1"));
  request.add_states(v1::MODEL_STATE_ACTIVE);
  EXPECT_THAT(service.Call<v1::ListModelsResponse>(request)->models(), SizeIs(2));
  request.add_states(v1::MODEL_STATE_UNSPECIFIED);
  request.set_model_id("Not A Model");
  request.set_page_size(-1);
  EXPECT_THAT(FieldsOf(service.Call<v1::ListModelsResponse>(request).status()),
              ElementsAre("model_id", "states[1]", "page_size"));
}

}  // namespace
}  // namespace tiermark
