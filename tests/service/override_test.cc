// A person's decision to treat an account as one of another segment.
#include "gmock/gmock.h"
#include "google/protobuf/util/time_util.h"
#include "scoring/error.h"
#include "service/decide_override.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using google::protobuf::util::TimeUtil;
using testing::ElementsAre;

v1::OverrideSegmentRequest Override(const std::string& account_id, v1::Segment segment,
                                    const std::string& until = "") {
  v1::OverrideSegmentRequest request;
  request.set_account_id(account_id);
  request.set_segment(segment);
  request.set_reason("a strategic partner of the group");
  request.set_author("ana");
  if (!until.empty()) {
    *request.mutable_expire_time() = TimeUtil::MicrosecondsToTimestamp(MicrosAt(until));
  }
  return request;
}

v1::ClearOverrideRequest Clear(const std::string& account_id) {
  v1::ClearOverrideRequest request;
  request.set_account_id(account_id);
  return request;
}

absl::StatusOr<v1::GetSegmentPlaybookResponse> PlaybookOf(TestService& service,
                                                          const std::string& account_id) {
  v1::GetSegmentPlaybookRequest request;
  request.set_account_id(account_id);
  return service.Call<v1::GetSegmentPlaybookResponse>(request);
}

int Listed(TestService& service, v1::Segment segment) {
  v1::ListAccountsRequest request;
  request.mutable_filter()->add_segments(segment);
  const auto response = service.Call<v1::ListAccountsResponse>(request);
  EXPECT_OK(response);
  return response.ok() ? response->accounts_size() : -1;
}

TEST(OverrideSegment, DecidesThePlaybookAndLeavesTheSegment) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T10:00:00"));
  ASSERT_OK(service.Evaluate("fintech", FintechFacts()));
  const auto given =
      service.Call<v1::OverrideSegmentResponse>(Override("fintech", v1::SEGMENT_STRATEGIC));
  ASSERT_OK(given);
  EXPECT_EQ(given->override().author(), "ana");
  EXPECT_EQ(given->override().override_time(),
            TimeUtil::MicrosecondsToTimestamp(MicrosAt("2026-05-20T10:00:00")));
  EXPECT_EQ(given->playbook().segment(), v1::SEGMENT_STRATEGIC);
  EXPECT_EQ(given->recommended_action(), given->playbook().prospect_action());

  for (int pass = 0; pass < 2; ++pass) {
    const auto account = service.Get("fintech");
    ASSERT_OK(account);
    EXPECT_EQ(account->segment(), v1::SEGMENT_SMB);
    EXPECT_EQ(account->effective_segment(), v1::SEGMENT_STRATEGIC);
    EXPECT_EQ(account->override().reason(), "a strategic partner of the group");
    EXPECT_EQ(PlaybookOf(service, "fintech")->playbook().segment(), v1::SEGMENT_STRATEGIC);
    EXPECT_EQ(Listed(service, v1::SEGMENT_SMB), 1) << "filters go by the computed segment";
    EXPECT_EQ(Listed(service, v1::SEGMENT_STRATEGIC), 0);
    service.Restart();
  }

  const auto evaluated = service.Evaluate("fintech");
  ASSERT_OK(evaluated);
  EXPECT_EQ(evaluated->evaluation().segment(), v1::SEGMENT_SMB);
  EXPECT_EQ(evaluated->evaluation().effective_segment(), v1::SEGMENT_STRATEGIC);
  EXPECT_EQ(evaluated->evaluation().movement(), v1::MOVEMENT_UNCHANGED);
  EXPECT_EQ(evaluated->playbook().segment(), v1::SEGMENT_STRATEGIC);
  EXPECT_EQ(evaluated->recommended_action(), evaluated->playbook().prospect_action());
  EXPECT_EQ(service.Get("fintech")->effective_segment(), v1::SEGMENT_STRATEGIC) << "it goes on";

  const auto cleared = service.Call<v1::ClearOverrideResponse>(Clear("fintech"));
  ASSERT_OK(cleared);
  EXPECT_TRUE(cleared->cleared());
  EXPECT_EQ(cleared->segment(), v1::SEGMENT_SMB);
  EXPECT_EQ(service.Get("fintech")->effective_segment(), v1::SEGMENT_SMB);
  EXPECT_FALSE(service.Get("fintech")->has_override());
  v1::GetEvaluationRequest get;
  get.set_evaluation_id(evaluated->evaluation().evaluation_id());
  const auto past = service.Call<v1::GetEvaluationResponse>(get);
  ASSERT_OK(past);
  EXPECT_EQ(past->evaluation().effective_segment(), v1::SEGMENT_STRATEGIC)
      << "as it was when it was made";
  EXPECT_EQ(past->playbook().segment(), v1::SEGMENT_STRATEGIC);
}

TEST(DecideEvaluation, RecordsThePlaybookVersionOfTheEffectiveSegment) {
  constexpr PlaybookVersions kVersions = {0, 5, 6, 7, 8};
  LivingAccount account;
  const v1::AccountFacts facts = FintechFacts();
  const auto evaluate = [&](const std::string& time) {
    return EvaluationOf(
               account.Keep(DecideEvaluation({&facts, nullptr}, *Segmentation(), true, kVersions,
                                             DefaultPolicy(), account.Input(time))))
        .playbook_version();
  };
  EXPECT_EQ(evaluate("2026-05-20"), 8);
  const GivenOverride given = {v1::SEGMENT_ENTERPRISE, "a partner", "ana", MicrosAt("2026-05-23")};
  const ChangeSet overridden =
      account.Keep(DecideOverride(given, kVersions, account.Input("2026-05-21")));
  EXPECT_EQ(overridden.entries.back().override().playbook_version(), 6);
  EXPECT_EQ(evaluate("2026-05-22"), 6);
  EXPECT_TRUE(account.state().has_override());
  EXPECT_EQ(evaluate("2026-05-23"), 8);
  EXPECT_FALSE(account.state().has_override()) << "it ran out, and is not kept";
}

TEST(OverrideSegment, HoldsUntilItsInstantAndNoLonger) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T10:00:00"));
  ASSERT_OK(service.Evaluate("fintech", FintechFacts()));
  ASSERT_OK(service.Call<v1::OverrideSegmentResponse>(
      Override("fintech", v1::SEGMENT_ENTERPRISE, "2026-05-21T00:00:00")));
  service.clock().Set(MicrosAt("2026-05-21T00:00:00") - 1);
  EXPECT_EQ(service.Get("fintech")->effective_segment(), v1::SEGMENT_ENTERPRISE);
  service.clock().Set(MicrosAt("2026-05-21T00:00:00"));
  EXPECT_EQ(service.Get("fintech")->effective_segment(), v1::SEGMENT_SMB);
  EXPECT_FALSE(service.Get("fintech")->has_override());
  EXPECT_EQ(PlaybookOf(service, "fintech")->playbook().segment(), v1::SEGMENT_SMB);
  const auto cleared = service.Call<v1::ClearOverrideResponse>(Clear("fintech"));
  ASSERT_OK(cleared);
  EXPECT_FALSE(cleared->cleared());
  EXPECT_EQ(cleared->segment(), v1::SEGMENT_SMB);
  const auto evaluated = service.Evaluate("fintech");
  ASSERT_OK(evaluated);
  EXPECT_EQ(evaluated->evaluation().effective_segment(), v1::SEGMENT_SMB);
  EXPECT_EQ(evaluated->playbook().segment(), v1::SEGMENT_SMB);
}

TEST(OverrideSegment, OfAnAccountNeverScored_GivesItAPlaybook) {
  TestService service;
  ASSERT_OK(service.Upsert("fintech", FintechFacts()));
  EXPECT_FAILS(PlaybookOf(service, "fintech"), kFailedPrecondition, "NOT_EVALUATED");
  ASSERT_OK(service.Call<v1::OverrideSegmentResponse>(Override("fintech", v1::SEGMENT_COMMERCIAL)));
  EXPECT_EQ(PlaybookOf(service, "fintech")->playbook().segment(), v1::SEGMENT_COMMERCIAL);
  EXPECT_EQ(service.Get("fintech")->segment(), v1::SEGMENT_UNSPECIFIED);
  const auto cleared = service.Call<v1::ClearOverrideResponse>(Clear("fintech"));
  ASSERT_OK(cleared);
  EXPECT_EQ(cleared->segment(), v1::SEGMENT_UNSPECIFIED);
}

TEST(OverrideSegment, SentAgain_GetsTheFirstAnswer_EvenAfterItRanOut) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T10:00:00"));
  ASSERT_OK(service.Evaluate("fintech", FintechFacts()));
  auto request = Override("fintech", v1::SEGMENT_ENTERPRISE, "2026-05-20T11:00:00");
  request.set_request_id("override-1");
  const auto first = service.Call<v1::OverrideSegmentResponse>(request);
  ASSERT_OK(first);
  service.clock().Set(MicrosAt("2026-05-20T12:00:00"));
  const auto again = service.Call<v1::OverrideSegmentResponse>(request);
  ASSERT_OK(again);
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  request.set_author("bea");
  EXPECT_FAILS(service.Call<v1::OverrideSegmentResponse>(request), kAlreadyExists,
               "REQUEST_ID_REUSED");
  request.clear_request_id();
  const auto late = service.Call<v1::OverrideSegmentResponse>(request);
  EXPECT_FAILS(late, kInvalidArgument, "INVALID_FIELDS");
  EXPECT_THAT(FieldsOf(late.status()), ElementsAre("expire_time"));

  ASSERT_OK(service.Call<v1::OverrideSegmentResponse>(Override("fintech", v1::SEGMENT_SMB)));
  v1::ClearOverrideRequest clear = Clear("fintech");
  clear.set_request_id("clear-1");
  EXPECT_TRUE(service.Call<v1::ClearOverrideResponse>(clear)->cleared());
  EXPECT_TRUE(service.Call<v1::ClearOverrideResponse>(clear)->cleared()) << "the first answer";
}

TEST(OverrideSegment, ListsEveryFault) {
  TestService service;
  v1::OverrideSegmentRequest request;
  request.mutable_expire_time()->set_nanos(-1);
  const auto refused = service.Call<v1::OverrideSegmentResponse>(request);
  EXPECT_FAILS(refused, kInvalidArgument, "INVALID_FIELDS");
  EXPECT_THAT(FieldsOf(refused.status()),
              ElementsAre("account_id", "segment", "reason", "author", "expire_time"));
  request = Override("fintech", v1::SEGMENT_SMB);
  request.set_reason(std::string(1'001, 'x'));
  request.set_author(std::string(129, 'x'));
  EXPECT_THAT(FieldsOf(service.Call<v1::OverrideSegmentResponse>(request).status()),
              ElementsAre("reason", "author"));
  EXPECT_FAILS(service.Call<v1::OverrideSegmentResponse>(Override("nobody", v1::SEGMENT_SMB)),
               kNotFound, "ACCOUNT_NOT_FOUND");
  EXPECT_FAILS(service.Call<v1::ClearOverrideResponse>(Clear("nobody")), kNotFound,
               "ACCOUNT_NOT_FOUND");
}

TEST(OverrideSegment, SaysNothingOfModelsWithoutSegments) {
  Catalog::Contents contents = Catalog::Shipped();
  contents.models.push_back(InterestModel());
  TestService service(contents);
  ASSERT_OK(service.Upsert("fintech", Facts(R"(custom { key: "interest" value { int64: 70 } })")));
  ASSERT_OK(service.Call<v1::OverrideSegmentResponse>(Override("fintech", v1::SEGMENT_SMB)));
  v1::EvaluateAccountRequest request;
  request.set_account_id("fintech");
  request.set_model_id("interest");
  const auto evaluated = service.Call<v1::EvaluateAccountResponse>(request);
  ASSERT_OK(evaluated);
  EXPECT_EQ(evaluated->evaluation().effective_segment(), v1::SEGMENT_UNSPECIFIED);
  EXPECT_FALSE(evaluated->has_playbook());
}

}  // namespace
}  // namespace tiermark
