// The policy: read, replaced, kept, and put into effect for decisions at once.
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "scoring/error.h"
#include "service/settings.h"
#include "tests/service/support.h"
#include "tiermark/v1/admin_service.pb.h"

namespace tiermark {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::ElementsAre;

v1::UpdatePolicyRequest Update(const std::string& zone, int percent = 30) {
  v1::UpdatePolicyRequest request;
  *request.mutable_policy() = PolicyOf(DefaultPolicy());
  request.mutable_policy()->mutable_reevaluation()->set_time_zone(zone);
  request.mutable_policy()->mutable_reevaluation()->set_growth_threshold_percent(percent);
  return request;
}

v1::Policy PolicyNow(TestService& service) {
  const auto response = service.Call<v1::GetPolicyResponse>(v1::GetPolicyRequest());
  EXPECT_OK(response);
  return response.ok() ? response->policy() : v1::Policy();
}

TEST(UpdatePolicy, IsAnsweredWithItsVersion_AndHoldsFromThenOnAndAfterARestart) {
  TestService service;
  EXPECT_EQ(PolicyNow(service).version(), 0);
  v1::UpdatePolicyRequest request = Update("America/Bogota", 50);
  request.mutable_policy()->set_version(99);
  request.mutable_policy()->set_home_country("CO");
  request.mutable_policy()->set_high_value_mrr("025000.50");
  request.mutable_policy()->add_product_lines("collections");
  const auto updated = service.Call<v1::UpdatePolicyResponse>(request);
  ASSERT_OK(updated);
  v1::Policy expected = request.policy();
  expected.set_version(1);
  expected.set_high_value_mrr("25000.5");
  EXPECT_TRUE(MessageDifferencer::Equals(updated->policy(), expected));
  EXPECT_TRUE(MessageDifferencer::Equals(PolicyNow(service), expected));
  EXPECT_EQ(service.catalog().policy()->zone.name(), "America/Bogota");
  service.Restart();
  EXPECT_TRUE(MessageDifferencer::Equals(PolicyNow(service), expected));
  const auto second = service.Call<v1::UpdatePolicyResponse>(Update("UTC"));
  ASSERT_OK(second);
  EXPECT_EQ(second->policy().version(), 2);
}

TEST(UpdatePolicy, TakesEffectOnDecisions) {
  TestService service;
  ASSERT_OK(service.Evaluate("bank", BankFacts()));
  ASSERT_OK(service.Call<v1::UpdatePolicyResponse>(Update("UTC", 100)));
  const auto doubled = service.Upsert("bank", Facts("past_due_cases: 1000000"));
  ASSERT_OK(doubled);
  EXPECT_EQ(doubled->detected_events_size(), 0);
  ASSERT_OK(service.Call<v1::UpdatePolicyResponse>(Update("UTC", 30)));
  const auto grown = service.Upsert("bank", Facts("past_due_cases: 1000001"));
  ASSERT_OK(grown);
  EXPECT_EQ(grown->detected_events_size(), 1);
}

TEST(UpdatePolicy, WithAStaleVersion_IsAborted) {
  TestService service;
  v1::UpdatePolicyRequest request = Update("America/Bogota");
  request.set_expected_version(0);
  ASSERT_OK(service.Call<v1::UpdatePolicyResponse>(request));
  EXPECT_FAILS(service.Call<v1::UpdatePolicyResponse>(request), kAborted, "VERSION_STALE");
  request.set_validate_only(true);
  EXPECT_FAILS(service.Call<v1::UpdatePolicyResponse>(request), kAborted, "VERSION_STALE");
  request.set_expected_version(1);
  EXPECT_OK(service.Call<v1::UpdatePolicyResponse>(request));
}

TEST(UpdatePolicy, ValidateOnly_AnswersAndWritesNothing) {
  TestService service;
  v1::UpdatePolicyRequest request = Update("America/Bogota");
  request.set_validate_only(true);
  request.set_request_id("policy-1");
  const auto preview = service.Call<v1::UpdatePolicyResponse>(request);
  ASSERT_OK(preview);
  EXPECT_EQ(preview->policy().version(), 1);
  EXPECT_EQ(PolicyNow(service).version(), 0);
  request.set_validate_only(false);
  EXPECT_OK(service.Call<v1::UpdatePolicyResponse>(request)) << "the request id was not taken";
}

TEST(UpdatePolicy, SentAgain_GetsTheFirstAnswerAndChangesNothing) {
  TestService service;
  v1::UpdatePolicyRequest request = Update("America/Bogota");
  request.set_request_id("policy-1");
  const auto first = service.Call<v1::UpdatePolicyResponse>(request);
  ASSERT_OK(first);
  ASSERT_OK(service.Call<v1::UpdatePolicyResponse>(Update("Europe/Berlin")));
  service.Restart();
  const auto again = service.Call<v1::UpdatePolicyResponse>(request);
  ASSERT_OK(again);
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(PolicyNow(service).version(), 2);
  EXPECT_EQ(PolicyNow(service).reevaluation().time_zone(), "Europe/Berlin");
  request.mutable_policy()->set_home_country("CO");
  EXPECT_FAILS(service.Call<v1::UpdatePolicyResponse>(request), kAlreadyExists,
               "REQUEST_ID_REUSED");
}

TEST(UpdatePolicy, ListsEveryFault) {
  TestService service;
  v1::UpdatePolicyRequest request = Update("Mars/Olympus");
  request.mutable_policy()->set_home_country("Colombia");
  request.set_expected_version(-1);
  request.set_request_id(std::string(65, 'x'));
  const auto refused = service.Call<v1::UpdatePolicyResponse>(request);
  EXPECT_FAILS(refused, kInvalidArgument, "INVALID_FIELDS");
  EXPECT_THAT(FieldsOf(refused.status()),
              ElementsAre("policy.reevaluation.time_zone", "policy.home_country",
                          "expected_version", "request_id"));
}

TEST(DecidePolicy, StartsARecomputation_OnlyWhenDueDatesMayChange) {
  const CompiledPolicy initial = DefaultPolicy();
  const auto keys = [&](const v1::UpdatePolicyRequest& request, const TenantRecordMap& records) {
    const auto changes = DecidePolicy(request.policy(), std::nullopt, initial, records);
    EXPECT_OK(changes);
    std::vector<std::string> written;
    for (const auto& [key, value] : changes->records) written.push_back(key);
    return written;
  };
  EXPECT_THAT(keys(Update("UTC", 50), {}), ElementsAre(kPolicyKey));
  EXPECT_THAT(keys(Update("Europe/Berlin"), {}), ElementsAre(kPolicyKey, kRecomputationKey));
  // Against what is stored, and not against what was shipped.
  v1::Policy stored = Update("Europe/Berlin").policy();
  stored.set_version(4);
  const TenantRecordMap records = {{kPolicyKey, {kPolicyKey, 4, stored.SerializeAsString()}}};
  EXPECT_THAT(keys(Update("Europe/Berlin", 50), records), ElementsAre(kPolicyKey));
  EXPECT_THAT(keys(Update("UTC"), records), ElementsAre(kPolicyKey, kRecomputationKey));
}

TEST(Catalog, NeverGoesBackToAnEarlierPolicy) {
  TestService service;
  CompiledPolicy second = DefaultPolicy();
  second.version = 2;
  CompiledPolicy first = DefaultPolicy();
  first.version = 1;
  service.catalog().SetPolicy(second);
  service.catalog().SetPolicy(first);
  EXPECT_EQ(service.catalog().policy()->version, 2);
}

}  // namespace
}  // namespace tiermark
