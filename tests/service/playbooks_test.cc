// Playbooks are edited as versions; evaluations keep the one they were given.
#include "gmock/gmock.h"
#include "scoring/error.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using testing::ElementsAre;

v1::UpdateSegmentPlaybookRequest Edit(v1::Segment segment, const std::string& word) {
  v1::UpdateSegmentPlaybookRequest request;
  v1::Playbook* playbook = request.mutable_playbook();
  playbook->set_segment(segment);
  playbook->set_relationship_owner(word + " owner");
  playbook->set_meeting_cadence(word + " cadence");
  playbook->set_commercial_approach(word + " approach");
  playbook->set_expansion_strategy(word + " expansion");
  playbook->set_support_model(word + " support");
  playbook->set_resource_allocation(word + " resources");
  playbook->set_prospect_action(word + " for prospects");
  playbook->set_client_action(word + " for clients");
  return request;
}

v1::Playbook PlaybookNow(TestService& service, v1::Segment segment) {
  v1::GetSegmentPlaybookRequest request;
  request.set_segment(segment);
  const auto response = service.Call<v1::GetSegmentPlaybookResponse>(request);
  EXPECT_OK(response);
  return response.ok() ? response->playbook() : v1::Playbook();
}

TEST(UpdateSegmentPlaybook, MakesANewVersion_AndEvaluationsKeepTheirs) {
  TestService service;
  const auto before = service.Evaluate("bank", BankFacts());
  ASSERT_OK(before);
  const auto updated =
      service.Call<v1::UpdateSegmentPlaybookResponse>(Edit(v1::SEGMENT_STRATEGIC, "second"));
  ASSERT_OK(updated);
  EXPECT_EQ(updated->playbook().version(), 2);
  EXPECT_EQ(updated->playbook().support_model(), "second support");
  const auto after = service.Evaluate("bank");
  ASSERT_OK(after);
  EXPECT_EQ(after->evaluation().playbook_version(), 2);
  EXPECT_EQ(after->recommended_action(), "second for clients");

  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_EQ(PlaybookNow(service, v1::SEGMENT_STRATEGIC).version(), 2);
    EXPECT_EQ(PlaybookNow(service, v1::SEGMENT_ENTERPRISE).version(), 1);
    const auto list =
        service.Call<v1::ListSegmentPlaybooksResponse>(v1::ListSegmentPlaybooksRequest());
    ASSERT_OK(list);
    ASSERT_EQ(list->playbooks_size(), 4);
    EXPECT_EQ(list->playbooks(0).version(), 2);
    v1::GetEvaluationRequest get;
    get.set_evaluation_id(before->evaluation().evaluation_id());
    const auto first = service.Call<v1::GetEvaluationResponse>(get);
    ASSERT_OK(first);
    EXPECT_EQ(first->evaluation().playbook_version(), 1);
    EXPECT_EQ(first->playbook().SerializeAsString(), before->playbook().SerializeAsString());
    EXPECT_EQ(first->recommended_action(), before->recommended_action());
    get.set_evaluation_id(after->evaluation().evaluation_id());
    const auto second = service.Call<v1::GetEvaluationResponse>(get);
    ASSERT_OK(second);
    EXPECT_EQ(second->playbook().version(), 2);
    EXPECT_EQ(second->recommended_action(), "second for clients");
    service.Restart();
  }
}

TEST(UpdateSegmentPlaybook, RepeatedEvaluation_StillShowsTheVersionItWasGiven) {
  TestService service;
  v1::EvaluateAccountRequest request;
  request.set_account_id("bank");
  *request.mutable_facts() = BankFacts();
  request.set_request_id("evaluate-1");
  const auto first = service.Call<v1::EvaluateAccountResponse>(request);
  ASSERT_OK(first);
  ASSERT_OK(service.Call<v1::UpdateSegmentPlaybookResponse>(Edit(v1::SEGMENT_STRATEGIC, "new")));
  const auto again = service.Call<v1::EvaluateAccountResponse>(request);
  ASSERT_OK(again);
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
}

TEST(UpdateSegmentPlaybook, ExpectedVersionAndValidateOnly) {
  TestService service;
  v1::UpdateSegmentPlaybookRequest request = Edit(v1::SEGMENT_SMB, "second");
  request.set_expected_version(2);
  EXPECT_FAILS(service.Call<v1::UpdateSegmentPlaybookResponse>(request), kAborted, "VERSION_STALE");
  request.set_expected_version(1);
  request.set_validate_only(true);
  const auto preview = service.Call<v1::UpdateSegmentPlaybookResponse>(request);
  ASSERT_OK(preview);
  EXPECT_EQ(preview->playbook().version(), 2);
  EXPECT_EQ(PlaybookNow(service, v1::SEGMENT_SMB).version(), 1);
  request.set_validate_only(false);
  ASSERT_OK(service.Call<v1::UpdateSegmentPlaybookResponse>(request));
  EXPECT_FAILS(service.Call<v1::UpdateSegmentPlaybookResponse>(request), kAborted, "VERSION_STALE");
  request.set_expected_version(0);
  EXPECT_EQ(service.Call<v1::UpdateSegmentPlaybookResponse>(request)->playbook().version(), 3);
}

TEST(UpdateSegmentPlaybook, SentAgain_GetsTheFirstAnswer) {
  TestService service;
  v1::UpdateSegmentPlaybookRequest request = Edit(v1::SEGMENT_SMB, "second");
  request.set_request_id("edit-1");
  ASSERT_OK(service.Call<v1::UpdateSegmentPlaybookResponse>(request));
  ASSERT_OK(service.Call<v1::UpdateSegmentPlaybookResponse>(Edit(v1::SEGMENT_SMB, "third")));
  const auto again = service.Call<v1::UpdateSegmentPlaybookResponse>(request);
  ASSERT_OK(again);
  EXPECT_EQ(again->playbook().version(), 2);
  EXPECT_EQ(PlaybookNow(service, v1::SEGMENT_SMB).version(), 3);
}

TEST(UpdateSegmentPlaybook, ListsEveryFault) {
  TestService service;
  v1::UpdateSegmentPlaybookRequest request = Edit(v1::SEGMENT_UNSPECIFIED, "second");
  request.mutable_playbook()->clear_meeting_cadence();
  request.mutable_playbook()->set_support_model(std::string(1'001, 'x'));
  request.mutable_playbook()->set_client_action("a\x01");
  request.set_expected_version(-1);
  const auto refused = service.Call<v1::UpdateSegmentPlaybookResponse>(request);
  EXPECT_FAILS(refused, kInvalidArgument, "INVALID_FIELDS");
  EXPECT_THAT(FieldsOf(refused.status()),
              ElementsAre("playbook.segment", "playbook.meeting_cadence", "playbook.support_model",
                          "playbook.client_action", "expected_version"));
  request = Edit(v1::SEGMENT_SMB, "second");
  request.mutable_playbook()->set_support_model(std::string(1'000, 'x'));
  EXPECT_OK(service.Call<v1::UpdateSegmentPlaybookResponse>(request));
}

}  // namespace
}  // namespace tiermark
