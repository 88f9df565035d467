// Pages: sizes, and tokens that belong to one query of one tenant.
#include "service/page.h"

#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using testing::ElementsAre;

TEST(PageSize, IsHeldToItsBounds) {
  Violations violations;
  EXPECT_EQ(PageSize(0, &violations), 50);
  EXPECT_EQ(PageSize(1, &violations), 1);
  EXPECT_EQ(PageSize(1'000, &violations), 1'000);
  EXPECT_EQ(PageSize(1'001, &violations), 1'000);
  EXPECT_EQ(PageSize(INT32_MAX, &violations), 1'000);
  EXPECT_TRUE(violations.empty());
  PageSize(-1, &violations);
  EXPECT_THAT(FieldsOf(violations.ToStatus()), ElementsAre("page_size"));
}

CallInfo InfoOf(TenantId tenant) {
  CallInfo info;
  info.rpc = "tiermark.v1.ScoringService/ListReevaluationDue";
  info.caller.tenant = tenant;
  return info;
}

TEST(QueryHash, IsOfAllButThePageFields) {
  v1::ListReevaluationDueRequest request;
  request.add_countries("CO");
  const uint64_t hash = QueryHash(InfoOf(1), request);
  v1::ListReevaluationDueRequest paged = request;
  paged.set_page_size(7);
  paged.set_page_token("token");
  EXPECT_EQ(QueryHash(InfoOf(1), paged), hash);
  EXPECT_NE(QueryHash(InfoOf(2), request), hash) << "another tenant";
  CallInfo other_rpc = InfoOf(1);
  other_rpc.rpc = "tiermark.v1.ScoringService/ListEvaluations";
  EXPECT_NE(QueryHash(other_rpc, request), hash) << "another RPC";
  v1::ListReevaluationDueRequest other = request;
  other.add_countries("PE");
  EXPECT_NE(QueryHash(InfoOf(1), other), hash) << "another filter";
}

class Pages : public testing::Test {
 protected:
  Pages() {
    service_.clock().Set(MicrosAt("2026-05-20"));
    for (int i = 0; i < 7; ++i) {
      EXPECT_OK(service_.Upsert(absl::StrCat("account-", i), FintechFacts()));
    }
  }

  v1::ListReevaluationDueRequest Due(int page_size) {
    v1::ListReevaluationDueRequest request;
    request.set_page_size(page_size);
    return request;
  }

  absl::StatusOr<v1::ListReevaluationDueResponse> List(
      const v1::ListReevaluationDueRequest& request) {
    return service_.Call<v1::ListReevaluationDueResponse>(request);
  }

  void ExpectTokenRefused(const google::protobuf::Message& request,
                          google::protobuf::Message* response) {
    const absl::Status status = service_.Call(request, response);
    EXPECT_FAILS(status, kInvalidArgument, "INVALID_FIELDS");
    EXPECT_THAT(FieldsOf(status), ElementsAre("page_token"));
  }

  TestService service_;
};

TEST_F(Pages, FollowedToTheEnd_GiveEveryAccountOnce) {
  std::set<std::string> seen;
  v1::ListReevaluationDueRequest request = Due(2);
  int pages = 0;
  do {
    const auto page = List(request);
    ASSERT_OK(page);
    for (const auto& account : page->due_accounts()) {
      EXPECT_TRUE(seen.insert(account.account_id()).second) << account.account_id();
    }
    request.set_page_token(page->next_page_token());
    ASSERT_LT(++pages, 10);
  } while (!request.page_token().empty());
  EXPECT_EQ(seen.size(), 7u);
}

TEST_F(Pages, AreAllAsOfTheInstantOfTheFirst) {
  v1::ListReevaluationDueRequest request = Due(5);
  const auto first = List(request);
  ASSERT_OK(first);
  // An account that comes due in between belongs to the next listing.
  service_.clock().Set(MicrosAt("2026-05-30"));
  ASSERT_OK(service_.Upsert("later", FintechFacts()));
  request.set_page_token(first->next_page_token());
  const auto second = List(request);
  ASSERT_OK(second);
  EXPECT_EQ(second->due_accounts_size(), 2);
  EXPECT_EQ(second->due_accounts(0).overdue_days(), 0) << "as of the first page, not of now";
}

TEST_F(Pages, AnotherPageSize_IsFine) {
  v1::ListReevaluationDueRequest request = Due(2);
  const auto first = List(request);
  ASSERT_OK(first);
  request.set_page_size(100);
  request.set_page_token(first->next_page_token());
  const auto rest = List(request);
  ASSERT_OK(rest);
  EXPECT_EQ(rest->due_accounts_size(), 5);
  EXPECT_TRUE(rest->next_page_token().empty());
}

TEST_F(Pages, ATokenOfAnotherQuery_IsRefused) {
  const auto first = List(Due(2));
  ASSERT_OK(first);
  v1::ListReevaluationDueRequest other = Due(2);
  other.add_countries("MX");
  other.set_page_token(first->next_page_token());
  v1::ListReevaluationDueResponse due;
  ExpectTokenRefused(other, &due);
  v1::ListAccountsRequest accounts;
  accounts.set_page_token(first->next_page_token());
  v1::ListAccountsResponse listed;
  ExpectTokenRefused(accounts, &listed);
}

TEST_F(Pages, ATokenOfAnotherTenant_IsRefused) {
  store::v1::PageToken token;
  CallInfo info = InfoOf(2);
  token.set_query_hash(QueryHash(info, Due(2)));
  v1::ListReevaluationDueRequest request = Due(2);
  request.set_page_token(EncodePageToken(token));
  v1::ListReevaluationDueResponse response;
  ExpectTokenRefused(request, &response);
}

TEST_F(Pages, Garbage_IsRefused) {
  for (const std::string token : {"x", "not base64!", "AAAA", "____", "%00"}) {
    SCOPED_TRACE(token);
    v1::ListReevaluationDueRequest due = Due(2);
    due.set_page_token(token);
    v1::ListReevaluationDueResponse due_response;
    ExpectTokenRefused(due, &due_response);
    v1::ListAccountsRequest accounts;
    accounts.set_page_token(token);
    v1::ListAccountsResponse accounts_response;
    ExpectTokenRefused(accounts, &accounts_response);
    v1::ListEvaluationsRequest evaluations;
    evaluations.set_account_id("account-0");
    evaluations.set_page_token(token);
    v1::ListEvaluationsResponse evaluations_response;
    ExpectTokenRefused(evaluations, &evaluations_response);
    v1::ListAccountEventsRequest events;
    events.set_account_id("account-0");
    events.set_page_token(token);
    v1::ListAccountEventsResponse events_response;
    ExpectTokenRefused(events, &events_response);
  }
}

// A caller can make a token of the right query; it must do no harm.
TEST_F(Pages, AForgedInstant_IsRefused) {
  for (const int64_t as_of_us : {INT64_MAX, INT64_MIN}) {
    v1::ListReevaluationDueRequest request = Due(2);
    request.mutable_horizon()->set_seconds(3'600);
    store::v1::PageToken token;
    token.set_query_hash(QueryHash(InfoOf(1), request));
    token.set_as_of_us(as_of_us);
    request.set_page_token(EncodePageToken(token));
    v1::ListReevaluationDueResponse response;
    ExpectTokenRefused(request, &response);
  }
}

TEST_F(Pages, EveryFault_IsListedAtOnce) {
  v1::ListReevaluationDueRequest request = Due(-1);
  request.set_page_token("garbage!");
  request.add_countries("Colombia");
  request.add_owner_ids(" ");
  const auto response = List(request);
  EXPECT_FAILS(response, kInvalidArgument, "INVALID_FIELDS");
  EXPECT_THAT(FieldsOf(response.status()),
              ElementsAre("owner_ids[0]", "countries[0]", "page_size", "page_token"));
}

}  // namespace
}  // namespace tiermark
