// Transactions, and the activity that is told from them.
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "scoring/calendar.h"
#include "scoring/error.h"
#include "service/decide_transactions.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using absl::CivilDay;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

v1::Transaction Invoice(const std::string& id, CivilDay day,
                        v1::TransactionState state = v1::TRANSACTION_STATE_ISSUED) {
  v1::Transaction transaction;
  transaction.set_transaction_id(id);
  *transaction.mutable_issue_date() = DateOf(day);
  transaction.set_state(state);
  return transaction;
}

v1::Transaction Planned(const std::string& id, CivilDay day) {
  return Invoice(id, day, v1::TRANSACTION_STATE_PLANNED);
}

v1::RecordTransactionsRequest Request(std::vector<v1::Transaction> transactions) {
  v1::RecordTransactionsRequest request;
  request.set_account_id("bank");
  for (v1::Transaction& transaction : transactions) {
    *request.add_transactions() = std::move(transaction);
  }
  return request;
}

// A service with one account, a client; days count from the service's today.
class ActivityRpc : public testing::Test {
 protected:
  ActivityRpc() {
    today_ = absl::ToCivilDay(service_.clock().Now(), absl::UTCTimeZone());
    v1::AccountFacts facts = BankFacts();
    facts.set_lifecycle_stage(v1::LIFECYCLE_STAGE_CLIENT);
    *facts.mutable_created_date() = DateOf(today_ - 1'000);
    EXPECT_OK(service_.Upsert("bank", facts));
  }

  absl::StatusOr<v1::RecordTransactionsResponse> Record(std::vector<v1::Transaction> transactions) {
    return service_.Call<v1::RecordTransactionsResponse>(Request(std::move(transactions)));
  }

  v1::Account Get(std::optional<CivilDay> as_of = std::nullopt) {
    v1::GetAccountRequest request;
    request.set_account_id("bank");
    if (as_of.has_value()) *request.mutable_as_of_date() = DateOf(*as_of);
    const auto response = service_.Call<v1::GetAccountResponse>(request);
    EXPECT_OK(response);
    return response.ok() ? response->account() : v1::Account();
  }

  TestService service_;
  CivilDay today_;
};

TEST_F(ActivityRpc, RecordTransactions_AnswersTheActivityOfToday) {
  const auto response = Record({Invoice("a", today_ - 10), Planned("b", today_ + 30)});
  ASSERT_OK(response);
  EXPECT_EQ(response->created(), 2);
  EXPECT_EQ(response->replaced(), 0);
  EXPECT_THAT(response->notices(), IsEmpty());
  EXPECT_EQ(response->activity().status(), v1::ACTIVITY_STATUS_ACTIVE);
  EXPECT_EQ(DayOf(response->activity().activity_date()), today_);
  EXPECT_EQ(DayOf(response->activity().last_issue_date()), today_ - 10);
  EXPECT_EQ(response->activity().next_status(), v1::ACTIVITY_STATUS_SLEEPING_AWAY);
  EXPECT_EQ(DayOf(response->activity().next_change_date()), AddMonths(today_ - 10, 4) + 1);
  EXPECT_THAT(response->activity().advice(), Not(IsEmpty()));
  EXPECT_EQ(Get().activity().SerializeAsString(), response->activity().SerializeAsString());
}

TEST_F(ActivityRpc, AKnownId_ReplacesTheTransactionThere) {
  ASSERT_OK(Record({Planned("a", today_ - 5), Invoice("b", today_ - 300)}));
  EXPECT_EQ(Get().activity().status(), v1::ACTIVITY_STATUS_HIBERNATING);
  const auto issued = Record({Invoice("a", today_ - 5), Invoice("c", today_ - 400)});
  ASSERT_OK(issued);
  EXPECT_EQ(issued->created(), 1);
  EXPECT_EQ(issued->replaced(), 1);
  EXPECT_EQ(issued->activity().status(), v1::ACTIVITY_STATUS_ACTIVE);
  const auto cancelled = Record({Invoice("a", today_ - 5, v1::TRANSACTION_STATE_CANCELLED),
                                 Invoice("b", today_ - 300, v1::TRANSACTION_STATE_CANCELLED)});
  ASSERT_OK(cancelled);
  EXPECT_EQ(DayOf(cancelled->activity().last_issue_date()), today_ - 400);
  EXPECT_EQ(cancelled->activity().status(), v1::ACTIVITY_STATUS_LEAVING);
}

TEST_F(ActivityRpc, WhatIsThereAsGiven_IsNotWrittenAgain) {
  ASSERT_OK(Record({Invoice("a", today_ - 5)}));
  const auto before = service_.store().ReadAccount(kDefaultTenant, "bank");
  ASSERT_OK(before);
  v1::Transaction same = Invoice("a", today_ - 5);
  same.set_kind(v1::TRANSACTION_KIND_INVOICE);
  const auto again = Record({same});
  ASSERT_OK(again);
  EXPECT_TRUE(again->has_created());
  EXPECT_EQ(again->created() + again->replaced(), 0);
  EXPECT_EQ(again->activity().status(), v1::ACTIVITY_STATUS_ACTIVE);
  const auto after = service_.store().ReadAccount(kDefaultTenant, "bank");
  ASSERT_OK(after);
  EXPECT_EQ(after->last_position, before->last_position);
}

TEST_F(ActivityRpc, OfAnEarlierDay_IsToldFromTheTransactionsOfThen) {
  ASSERT_OK(Record({Invoice("a", today_ - 500), Invoice("b", today_ - 20)}));
  EXPECT_EQ(Get().activity().status(), v1::ACTIVITY_STATUS_ACTIVE);
  const v1::Activity then = Get(today_ - 260).activity();
  EXPECT_EQ(then.status(), v1::ACTIVITY_STATUS_SLEEPING_AWAY);
  EXPECT_EQ(DayOf(then.activity_date()), today_ - 260);
  EXPECT_EQ(DayOf(then.last_issue_date()), today_ - 500);
  EXPECT_EQ(Get(today_ - 501).activity().status(), v1::ACTIVITY_STATUS_NEW);
  EXPECT_EQ(Get(today_ + 381).activity().status(), v1::ACTIVITY_STATUS_LOST);
}

TEST_F(ActivityRpc, IssuedInTimeToCome_CountsAsPlannedUntilThen) {
  ASSERT_OK(Record({Invoice("a", today_ - 10), Invoice("b", today_ + 10)}));
  const v1::Activity activity = Get().activity();
  EXPECT_EQ(activity.status(), v1::ACTIVITY_STATUS_ACTIVE);
  EXPECT_EQ(DayOf(activity.last_issue_date()), today_ - 10);
  EXPECT_EQ(DayOf(activity.next_change_date()), AddMonths(today_ + 10, 4) + 1);
  v1::BatchGetAccountsRequest batch;
  batch.add_account_ids("bank");
  const auto batched = service_.Call<v1::BatchGetAccountsResponse>(batch);
  ASSERT_OK(batched);
  EXPECT_EQ(batched->accounts(0).activity().SerializeAsString(), activity.SerializeAsString());
  const auto listed = service_.Call<v1::ListAccountsResponse>(v1::ListAccountsRequest());
  ASSERT_OK(listed);
  EXPECT_EQ(listed->accounts(0).activity().SerializeAsString(), activity.SerializeAsString());
}

TEST_F(ActivityRpc, AStageBehindItsInvoices_IsNoticed) {
  v1::SetLifecycleStageRequest back;
  back.set_account_id("bank");
  back.set_stage(v1::LIFECYCLE_STAGE_PROSPECT);
  ASSERT_OK(service_.Call<v1::SetLifecycleStageResponse>(back));
  const auto planned = Record({Planned("a", today_ + 5)});
  ASSERT_OK(planned);
  EXPECT_THAT(planned->notices(), IsEmpty());
  EXPECT_THAT(planned->activity().advice(), IsEmpty()) << "advice is for clients";
  const auto issued = Record({Invoice("b", today_ - 5)});
  ASSERT_OK(issued);
  ASSERT_EQ(issued->notices_size(), 1);
  EXPECT_EQ(issued->notices(0).code(), "STAGE_BEHIND_INVOICES");
  EXPECT_EQ(Get().lifecycle_stage(), v1::LIFECYCLE_STAGE_PROSPECT);

  const auto behind = service_.Evaluate("bank");
  ASSERT_OK(behind);
  ASSERT_EQ(behind->evaluation().notices_size(), 1);
  EXPECT_EQ(behind->evaluation().notices(0).code(), "STAGE_BEHIND_INVOICES");
  const auto client = service_.Evaluate("bank", Facts("lifecycle_stage: LIFECYCLE_STAGE_CLIENT"));
  ASSERT_OK(client);
  EXPECT_THAT(client->evaluation().notices(), IsEmpty());
}

TEST_F(ActivityRpc, SegmentPlaybookOfAClient_HasItsAdvice) {
  ASSERT_OK(service_.Evaluate("bank"));
  ASSERT_OK(Record({Invoice("a", today_ - 10)}));
  v1::GetSegmentPlaybookRequest request;
  request.set_account_id("bank");
  const auto of_client = service_.Call<v1::GetSegmentPlaybookResponse>(request);
  ASSERT_OK(of_client);
  EXPECT_THAT(of_client->advice(), testing::ElementsAreArray(Get().activity().advice()));
  EXPECT_THAT(of_client->advice(), Not(IsEmpty()));
  ASSERT_OK(service_.Upsert("bank", Facts("lifecycle_stage: LIFECYCLE_STAGE_LEAD")));
  const auto of_lead = service_.Call<v1::GetSegmentPlaybookResponse>(request);
  ASSERT_OK(of_lead);
  EXPECT_THAT(of_lead->advice(), IsEmpty());
}

TEST_F(ActivityRpc, RequestSentAgain_WritesNothingAndCountsAsAtFirst) {
  v1::RecordTransactionsRequest request = Request({Invoice("a", today_ - 10)});
  request.set_request_id("once");
  ASSERT_OK(service_.Call<v1::RecordTransactionsResponse>(request));
  ASSERT_OK(Record({Invoice("a", today_ - 1)}));
  const auto again = service_.Call<v1::RecordTransactionsResponse>(request);
  ASSERT_OK(again);
  EXPECT_EQ(again->created(), 1);
  EXPECT_EQ(DayOf(again->activity().last_issue_date()), today_ - 1);
}

TEST_F(ActivityRpc, ListTransactions_PagesByIdBytewise) {
  v1::Transaction credit = Invoice("b", today_);
  credit.set_kind(v1::TRANSACTION_KIND_CREDIT_NOTE);
  credit.mutable_amount()->set_currency_code("MXN");
  credit.mutable_amount()->set_units(-12);
  ASSERT_OK(Record({Invoice("c", today_), credit, Invoice("B", today_)}));
  v1::ListTransactionsRequest request;
  request.set_account_id("bank");
  request.set_page_size(2);
  const auto first = service_.Call<v1::ListTransactionsResponse>(request);
  ASSERT_OK(first);
  ASSERT_EQ(first->transactions_size(), 2);
  EXPECT_EQ(first->transactions(0).transaction_id(), "B");
  EXPECT_EQ(first->transactions(0).kind(), v1::TRANSACTION_KIND_INVOICE);
  EXPECT_EQ(first->transactions(1).SerializeAsString(), credit.SerializeAsString());
  request.set_page_token(first->next_page_token());
  const auto second = service_.Call<v1::ListTransactionsResponse>(request);
  ASSERT_OK(second);
  ASSERT_EQ(second->transactions_size(), 1);
  EXPECT_EQ(second->transactions(0).transaction_id(), "c");
  EXPECT_EQ(second->next_page_token(), "");
}

TEST_F(ActivityRpc, FaultsOfARequest_AreListedByTheirPaths) {
  v1::RecordTransactionsRequest request;
  EXPECT_THAT(FieldsOf(StatusFrom(service_.Call<v1::RecordTransactionsResponse>(request))),
              ElementsAre("account_id", "transactions"));
  v1::Transaction bad;
  bad.set_transaction_id("a");
  bad.mutable_amount()->set_currency_code("XXQ");
  bad.mutable_amount()->set_units(2'000'000'000'000);
  bad.set_kind(static_cast<v1::TransactionKind>(9));
  request = Request({Invoice("a", today_), bad});
  EXPECT_THAT(FieldsOf(StatusFrom(service_.Call<v1::RecordTransactionsResponse>(request))),
              ElementsAre("transactions[1].issue_date", "transactions[1].amount.currency_code",
                          "transactions[1].amount.units", "transactions[1].kind",
                          "transactions[1].state", "transactions[1].transaction_id"));
  request = Request({Invoice("a", today_)});
  request.set_account_id("nobody");
  EXPECT_FAILS(service_.Call<v1::RecordTransactionsResponse>(request), kNotFound,
               "ACCOUNT_NOT_FOUND");
  v1::GetAccountRequest get;
  get.set_account_id("bank");
  get.mutable_as_of_date()->set_year(2026);
  EXPECT_THAT(FieldsOf(StatusFrom(service_.Call<v1::GetAccountResponse>(get))),
              ElementsAre("as_of_date"));
}

TEST(DecideTransactions, BeyondTheMost_AreRefusedButReplacingGoesOn) {
  AccountRecord record;
  ItemMap items;
  for (int i = 0; i < kTransactionsMax; ++i) {
    const std::string id = absl::StrCat("t", i);
    items[id] = Invoice(id, CivilDay(2026, 1, 1)).SerializeAsString();
  }
  const DecideInput input = {&record, At("2026-05-20"), &items};
  EXPECT_FAILS(
      DecideTransactions(Request({Invoice("new", CivilDay(2026, 5, 1))}).transactions(), input),
      kFailedPrecondition, "TOO_MANY_TRANSACTIONS");
  const auto replaced =
      DecideTransactions(Request({Invoice("t5", CivilDay(2026, 5, 1))}).transactions(), input);
  ASSERT_OK(replaced);
  EXPECT_EQ(replaced->state.issue_dates().transactions(), kTransactionsMax);
  EXPECT_EQ(replaced->state.issue_dates().last_issued(), EpochDay(CivilDay(2026, 5, 1)));
  EXPECT_FALSE(replaced->facts.has_value());
  EXPECT_THAT(replaced->entries.back().transactions().transaction_ids(), ElementsAre("t5"));
}

}  // namespace
}  // namespace tiermark
