// ListAccounts with whole filters, SummarizePortfolio and GetAccountGroup, on a real store.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Strings = std::vector<std::string>;

Catalog::Contents WithPolicy() {
  Catalog::Contents contents = Catalog::Shipped();
  contents.policy.home_country = "CO";
  contents.policy.high_value_mrr = Nanos(5'000) * kNanosPerUnit;
  contents.policy.product_lines = {"scoring", "loans"};
  return contents;
}

class Portfolio : public testing::Test {
 protected:
  Portfolio() : service_(WithPolicy()) {}

  void Upserted(const std::string& account_id, const std::string& facts) {
    ASSERT_OK(service_.Upsert(account_id, Facts(facts)));
  }

  // All pages of the list, each of `page_size`.
  Strings Listed(const std::string& request_text, int page_size = 2) {
    auto request = FromText<v1::ListAccountsRequest>(request_text);
    request.set_page_size(page_size);
    Strings ids;
    do {
      const auto page = service_.Call<v1::ListAccountsResponse>(request);
      EXPECT_OK(page);
      if (!page.ok()) break;
      for (const v1::Account& account : page->accounts()) ids.push_back(account.account_id());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }

  absl::StatusOr<v1::SummarizePortfolioResponse> Summarized(const std::string& request) {
    return service_.Call<v1::SummarizePortfolioResponse>(
        FromText<v1::SummarizePortfolioRequest>(request));
  }

  absl::StatusOr<v1::GetAccountGroupResponse> Group(const std::string& parent_id) {
    v1::GetAccountGroupRequest request;
    request.set_parent_id(parent_id);
    return service_.Call<v1::GetAccountGroupResponse>(request);
  }

  TestService service_;
};

std::string Mrr(const std::string& country, const std::string& currency, int units) {
  return absl::StrCat(" potential_mrr { country: '", country, "' amount { currency_code: '",
                      currency, "' units: ", units, " } }");
}

TEST_F(Portfolio, Lists_FindByFactsAndDimensionsAcrossPages) {
  for (int i = 0; i < 7; ++i) {
    Upserted(absl::StrCat("a", i),
             absl::StrCat("country: '", i % 2 == 0 ? "CO" : "PE", "' employees: ", i * 10,
                          " display_name: 'n", 9 - i, "' custom { key: 'tier' value { int64: ", i,
                          " } }"));
  }
  EXPECT_THAT(Listed("filter { facts { fact: 'employees' at_least { int64: 20 } } } "
                     "order_by: ACCOUNT_ORDER_ACCOUNT_ID"),
              ElementsAre("a2", "a3", "a4", "a5", "a6"));
  EXPECT_THAT(Listed("filter { dimensions { dimension: DIMENSION_CUSTOMER_ORIGIN values: "
                     "'DOMESTIC' } facts { fact: 'custom.tier' at_most { int64: 4 } } } "
                     "order_by: ACCOUNT_ORDER_DISPLAY_NAME",
                     1),
              ElementsAre("a4", "a2", "a0"));
  EXPECT_THAT(Listed("filter { dimensions { dimension: DIMENSION_SIZE_BAND values: ['MICRO', "
                     "'MEDIUM'] } }"),
              UnorderedElementsAre("a0", "a5", "a6"));
}

TEST_F(Portfolio, ListByLastEvaluation_LeavesOutThoseNeverEvaluated) {
  ASSERT_OK(service_.Evaluate("early", BankFacts()));
  ASSERT_OK(service_.Evaluate("late", FintechFacts()));
  Upserted("never", "country: 'CO'");
  EXPECT_THAT(Listed("order_by: ACCOUNT_ORDER_LAST_EVALUATION", 1), ElementsAre("late", "early"));
  ASSERT_OK(service_.Evaluate("early"));
  EXPECT_THAT(Listed("order_by: ACCOUNT_ORDER_LAST_EVALUATION", 1), ElementsAre("early", "late"));
}

TEST_F(Portfolio, EveryPage_IsAsOfTheFirst) {
  for (int i = 0; i < 3; ++i) Upserted(absl::StrCat("a", i), "");
  auto request = FromText<v1::ListAccountsRequest>(
      "page_size: 2 filter { dimensions { dimension: DIMENSION_ACTIVITY values: 'NO_ACTIVITY' } }");
  const auto first = service_.Call<v1::ListAccountsResponse>(request);
  ASSERT_OK(first);
  ASSERT_EQ(first->accounts_size(), 2);
  service_.clock().Advance(absl::Hours(24 * 500));
  EXPECT_THAT(
      Listed("filter { dimensions { dimension: DIMENSION_ACTIVITY values: 'NO_ACTIVITY' } }"),
      IsEmpty());
  request.set_page_token(first->next_page_token());
  const auto second = service_.Call<v1::ListAccountsResponse>(request);
  ASSERT_OK(second);
  ASSERT_EQ(second->accounts_size(), 1);
  EXPECT_EQ(second->accounts(0).activity().status(), v1::ACTIVITY_STATUS_NO_ACTIVITY);
}

TEST_F(Portfolio, Answers_CarryTheDimensions) {
  Upserted("a", absl::StrCat("country: 'PE' employees: 60 product_lines: 'loans'",
                             Mrr("PE", "USD", 5'000), " payment_defaults: 4"));
  const auto account = service_.Get("a");
  ASSERT_OK(account);
  const v1::AccountDimensions& dimensions = account->dimensions();
  EXPECT_EQ(dimensions.customer_type().origin(), v1::CUSTOMER_ORIGIN_INTERNATIONAL);
  EXPECT_EQ(dimensions.customer_type().value(), v1::CUSTOMER_VALUE_HIGH);
  EXPECT_EQ(dimensions.account_size().band(), v1::SIZE_BAND_MEDIUM);
  EXPECT_THAT(dimensions.product_line().not_adopted(), ElementsAre("scoring"));
  EXPECT_NE(dimensions.risk_profile().level(), v1::RISK_LEVEL_UNSPECIFIED);
  EXPECT_TRUE(dimensions.risk_profile().has_score());
}

TEST_F(Portfolio, FaultyFilters_AreRefusedEverywhere) {
  v1::ListAccountsRequest list;
  list.mutable_filter()->add_dimensions()->set_dimension(v1::DIMENSION_REGION);
  v1::SummarizePortfolioRequest summary;
  *summary.mutable_filter() = list.filter();
  EXPECT_THAT(FieldsOf(service_.Call<v1::ListAccountsResponse>(list).status()),
              ElementsAre("filter.dimensions[0].values"));
  EXPECT_THAT(FieldsOf(service_.Call<v1::SummarizePortfolioResponse>(summary).status()),
              ElementsAre("filter.dimensions[0].values", "group_by"));
  EXPECT_THAT(FieldsOf(Summarized("group_by: [DIMENSION_COUNTRY, DIMENSION_UNSPECIFIED, "
                                  "DIMENSION_COUNTRY]")
                           .status()),
              ElementsAre("group_by[1]", "group_by[2]"));
  EXPECT_THAT(FieldsOf(Summarized("group_by: [DIMENSION_COUNTRY, DIMENSION_REGION, "
                                  "DIMENSION_OWNER, DIMENSION_PARENT]")
                           .status()),
              ElementsAre("group_by"));
}

TEST_F(Portfolio, Summary_GroupsWhatTheFilterFinds) {
  ASSERT_OK(service_.Evaluate("bank", BankFacts()));
  ASSERT_OK(service_.Evaluate("fintech", FintechFacts()));
  for (int i = 0; i < 2'500; ++i) {
    if (i % 250 == 0) Upserted(absl::StrCat("a", i), "region: 'Andes' country: 'CO'");
  }
  const auto summary = Summarized(
      "group_by: [DIMENSION_SEGMENT, DIMENSION_REGION] filter { dimensions { dimension: "
      "DIMENSION_EFFECTIVE_SEGMENT values: ['STRATEGIC', 'UNSPECIFIED'] } }");
  ASSERT_OK(summary);
  ASSERT_EQ(summary->groups_size(), 2);
  EXPECT_THAT(summary->groups(0).values(), ElementsAre("UNSPECIFIED", "Andes"));
  EXPECT_EQ(summary->groups(0).accounts(), 10);
  EXPECT_THAT(summary->groups(1).values(), ElementsAre("STRATEGIC", "UNSPECIFIED"));
  EXPECT_EQ(summary->groups(1).mean_score(), 10'000);
  EXPECT_EQ(summary->total().accounts(), 11);
  EXPECT_EQ(summary->total().segment_mix(0).accounts(), 1);
  EXPECT_EQ(summary->total().segment_mix(4).accounts(), 10);
}

TEST_F(Portfolio, SummaryByActivityOfAPastDay_LooksIntoTheTransactions) {
  Upserted("a", "created_date { year: 2020 month: 1 day: 1 }");
  Upserted("b", "created_date { year: 2020 month: 1 day: 1 }");
  ASSERT_OK(
      service_.Call<v1::RecordTransactionsResponse>(FromText<v1::RecordTransactionsRequest>(R"pb(
        account_id: "a"
        transactions {
          transaction_id: "t1"
          issue_date { year: 2024 month: 1 day: 10 }
          state: TRANSACTION_STATE_ISSUED
        }
        transactions {
          transaction_id: "t2"
          issue_date { year: 2024 month: 12 day: 10 }
          state: TRANSACTION_STATE_ISSUED
        }
      )pb")));
  const auto summary = Summarized(
      "group_by: DIMENSION_ACTIVITY filter { as_of_date { year: 2024 month: 2 day: 1 } }");
  ASSERT_OK(summary);
  ASSERT_EQ(summary->groups_size(), 2);
  EXPECT_THAT(summary->groups(0).values(), ElementsAre("ACTIVE"));
  EXPECT_THAT(summary->groups(1).values(), ElementsAre("LOST"));
  EXPECT_EQ(summary->as_of_date().year(), 2024);
  EXPECT_THAT(Listed("filter { as_of_date { year: 2024 month: 2 day: 1 } dimensions { dimension: "
                     "DIMENSION_ACTIVITY values: 'ACTIVE' } }"),
              ElementsAre("a"));
}

TEST_F(Portfolio, Group_RollsUpItsAccountsWithoutForeignMrr) {
  const std::string parent = "parent_id: 'p' ";
  Upserted("a", parent + "country: 'PE' display_name: 'A'" + Mrr("PE", "PEN", 10) +
                    Mrr("CO", "USD", 999));
  Upserted("b", parent + "country: 'CO'" + Mrr("CO", "USD", 4));
  Upserted("c", parent + "country: 'CO'" + Mrr("CO", "USD", 5));
  Upserted("d", parent + "country: 'CO'" + Mrr("PE", "USD", 77));
  Upserted("elsewhere", "parent_id: 'q' country: 'AR'");
  v1::AccountFacts bank = BankFacts();
  bank.set_parent_id("p");
  ASSERT_OK(service_.Evaluate("bank", bank));
  const auto group = Group("p");
  ASSERT_OK(group);
  EXPECT_EQ(group->parent_id(), "p");
  EXPECT_EQ(group->accounts(), 5);
  Strings members;
  for (const v1::GroupMember& member : group->members()) members.push_back(member.account_id());
  EXPECT_THAT(members, ElementsAre("a", "b", "c", "d", "bank"));
  EXPECT_EQ(group->members(0).display_name(), "A");
  EXPECT_EQ(group->members(0).potential_mrr().currency_code(), "PEN");
  EXPECT_FALSE(group->members(3).has_potential_mrr());
  EXPECT_FALSE(group->members(3).has_score());
  EXPECT_EQ(group->members(4).score(), 100);
  EXPECT_EQ(group->best_segment(), v1::SEGMENT_STRATEGIC);
  EXPECT_EQ(group->accounts_without_mrr(), 1);
  ASSERT_EQ(group->potential_mrr_size(), 2);
  EXPECT_EQ(group->potential_mrr(0).units(), 10);
  EXPECT_EQ(group->potential_mrr(1).units(), 9 + 60'000);
}

TEST_F(Portfolio, Group_OfNobody_IsNotFound) {
  Upserted("a", "parent_id: 'p'");
  EXPECT_FAILS(Group("q").status(), kNotFound, "PARENT_NOT_FOUND");
  EXPECT_THAT(FieldsOf(Group("").status()), ElementsAre("parent_id"));
}

// Lists as many accounts of one parent as it is told to, and takes a second for each page.
class CountingStore : public ForwardingStore {
 public:
  CountingStore(Store& store, FakeClock& clock, int accounts)
      : ForwardingStore(store), clock_(clock), accounts_(accounts) {}

  absl::StatusOr<AccountPage> ListAccounts(const AccountQuery& query) override {
    EXPECT_EQ(query.order, AccountListOrder::kAge);
    clock_.Advance(absl::Seconds(1));
    AccountPage page;
    int64_t account_no = query.after.has_value() ? query.after->account_no : 0;
    while (account_no < accounts_ && static_cast<int>(page.accounts.size()) < query.limit) {
      AccountRecord& record = page.accounts.emplace_back();
      record.account_no = ++account_no;
      record.account_id = absl::StrCat("a", account_no);
    }
    if (account_no < accounts_) page.next.emplace().account_no = account_no;
    return page;
  }

 private:
  FakeClock& clock_;
  const int accounts_;
};

// What the handler says to a request, with so many accounts to read and so much time.
template <typename Response, typename Request>
absl::StatusOr<Response> Handled(TestService& service, const std::string& rpc,
                                 const Request& request, int accounts, absl::Duration time) {
  CountingStore store(service.store(), service.clock(), accounts);
  MethodTable methods;
  AddPortfolioHandlers(service.ContextWith(store), &methods);
  CallInfo info;
  info.deadline = service.clock().Now() + time;
  Response response;
  absl::Status status;
  methods.Find(absl::StrCat(kAccountService, "/", rpc))
      ->handle(info, request, &response, [&status](absl::Status ended) { status = ended; });
  if (!status.ok()) return status;
  return response;
}

TEST_F(Portfolio, Group_CountsTenThousandAndNamesAThousand) {
  v1::GetAccountGroupRequest request;
  request.set_parent_id("p");
  const auto handled = [&](int accounts) {
    return Handled<v1::GetAccountGroupResponse>(service_, "GetAccountGroup", request, accounts,
                                                absl::Minutes(1));
  };
  const auto largest = handled(10'000);
  ASSERT_OK(largest);
  EXPECT_EQ(largest->accounts(), 10'000);
  EXPECT_EQ(largest->members_size(), 1'000);
  EXPECT_EQ(largest->members(999).account_id(), "a1000");
  EXPECT_FAILS(handled(10'001), kResourceExhausted, "GROUP_TOO_LARGE");
}

TEST_F(Portfolio, Summary_EndsWhenItsTimeIsUp) {
  v1::SummarizePortfolioRequest request;
  request.add_group_by(v1::DIMENSION_COUNTRY);
  const auto handled = [&](absl::Duration time) {
    return Handled<v1::SummarizePortfolioResponse>(service_, "SummarizePortfolio", request, 3'500,
                                                   time);
  };
  const auto whole = handled(absl::Seconds(4));
  ASSERT_OK(whole);
  EXPECT_EQ(whole->total().accounts(), 3'500);
  EXPECT_EQ(handled(absl::Seconds(3)).status().code(), absl::StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace tiermark
