// Summaries against sums made by hand, and a count of every account by every group.
#include "service/portfolio_summary.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/service/filters.h"

namespace tiermark {
namespace {

using testing::ElementsAre;
using Strings = std::vector<std::string>;

class Summary : public testing::Test {
 protected:
  Summary() : catalog_(CatalogWithPolicy()), policy_(catalog_->policy()) {
    basis_ = {policy_.get(), &catalog_->active()->rates, nullptr, kToday};
    *state_.mutable_first_write_date() = FromText<google::type::Date>("year: 2020 month: 1 day: 1");
  }

  store::v1::AccountState Scored(int score, v1::Segment segment) const {
    store::v1::AccountState state = state_;
    state.add_scores()->set_score(score);
    state.mutable_scores(0)->set_segment(segment);
    state.mutable_scores(0)->set_counted(true);
    return state;
  }

  v1::SummarizePortfolioResponse Filled(const PortfolioSummary& summary) const {
    v1::SummarizePortfolioResponse response;
    summary.Fill(catalog_->active()->reference_currency, &response);
    return response;
  }

  std::unique_ptr<Catalog> catalog_;
  std::shared_ptr<const CompiledPolicy> policy_;
  DimensionBasis basis_;
  store::v1::AccountState state_;
};

v1::AccountFacts WithMrr(const std::string& currency, int64_t units, int nanos = 0) {
  v1::AccountFacts facts = Facts("country: 'CO' potential_mrr { country: 'CO' }");
  google::type::Money& amount = *facts.mutable_potential_mrr(0)->mutable_amount();
  amount.set_currency_code(currency);
  amount.set_units(units);
  amount.set_nanos(nanos);
  return facts;
}

TEST_F(Summary, Nothing_HasATotalOfNothing) {
  const auto response = Filled(PortfolioSummary({v1::DIMENSION_COUNTRY}, basis_));
  EXPECT_EQ(response.groups_size(), 0);
  EXPECT_EQ(response.total().accounts(), 0);
  EXPECT_FALSE(response.total().has_mean_score());
  EXPECT_EQ(response.total().potential_mrr_total().currency_code(), "USD");
  EXPECT_EQ(response.total().potential_mrr_total().units(), 0);
  EXPECT_EQ(response.total().segment_mix_size(), 5);
}

TEST_F(Summary, MeanScore_IsRoundedHalfUpInHundredths) {
  const std::tuple<Strings, int> rows[] = {
      {{"100"}, 10'000},
      {{"0", "1", "1"}, 67},                                      // 0.666…
      {{"0", "0", "1"}, 33},                                      // 0.333…
      {{"1", "0", "0", "0", "0", "0", "0", "0"}, 13},             // 0.125
      {{"50", "51", "51", "51", "51", "51", "51", "51"}, 5'088},  // 50.875
  };
  for (const auto& [scores, mean] : rows) {
    PortfolioSummary summary({v1::DIMENSION_COUNTRY}, basis_);
    for (const std::string& score : scores) {
      const auto state = Scored(std::stoi(score), v1::SEGMENT_SMB);
      ASSERT_OK(summary.Add({v1::AccountFacts::default_instance(), state}));
    }
    ASSERT_OK(summary.Add({v1::AccountFacts::default_instance(), state_})) << "never scored";
    const auto response = Filled(summary);
    EXPECT_EQ(response.total().mean_score(), mean) << absl::StrCat(scores.size());
    EXPECT_EQ(response.total().scored_accounts(), scores.size());
    EXPECT_EQ(response.total().accounts(), scores.size() + 1);
  }
}

TEST_F(Summary, Mrr_IsAddedUpByCurrencyAndInTheReferenceCurrency) {
  PortfolioSummary summary({v1::DIMENSION_COUNTRY}, basis_);
  const v1::AccountFacts list[] = {WithMrr("USD", 1, 999'999'999),
                                   WithMrr("USD", 0, 2),
                                   WithMrr("PEN", 7),
                                   WithMrr("COP", 5),
                                   Facts("country: 'CO'"),
                                   Facts("country: 'PE' potential_mrr { country: 'CO' amount "
                                         "{ currency_code: 'USD' units: 9 } }")};
  for (const v1::AccountFacts& facts : list) ASSERT_OK(summary.Add({facts, state_}));
  const auto response = Filled(summary);
  EXPECT_EQ(response.total().ShortDebugString(),
            FromText<v1::PortfolioGroup>(R"pb(
              accounts: 6
              scored_accounts: 0
              potential_mrr { currency_code: "COP" units: 5 }
              potential_mrr { currency_code: "PEN" units: 7 }
              potential_mrr { currency_code: "USD" units: 2 nanos: 1 }
              potential_mrr_total { currency_code: "USD" units: 2 nanos: 1 }
              accounts_without_rate: 2
              segment_mix { segment: SEGMENT_STRATEGIC accounts: 0 }
              segment_mix { segment: SEGMENT_ENTERPRISE accounts: 0 }
              segment_mix { segment: SEGMENT_COMMERCIAL accounts: 0 }
              segment_mix { segment: SEGMENT_SMB accounts: 0 }
              segment_mix { segment: SEGMENT_UNSPECIFIED accounts: 6 }
            )pb")
                .ShortDebugString());
}

TEST(MrrSums, BeyondWhatMoneySays_IsGivenAsTheMost) {
  MrrSums sums;
  const v1::AccountFacts facts = WithMrr("USD", int64_t{1'000'000'000'000});
  for (int i = 0; i < 9'223'373; ++i) ASSERT_TRUE(sums.Add(facts));
  google::protobuf::RepeatedPtrField<google::type::Money> filled;
  sums.Fill(&filled);
  ASSERT_EQ(filled.size(), 1);
  EXPECT_EQ(filled[0].units(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(filled[0].nanos(), 999'999'999);
}

TEST_F(Summary, SeveralValues_CountInEachGroupAndOnceInTheTotal) {
  PortfolioSummary summary({v1::DIMENSION_PRODUCT_LINE, v1::DIMENSION_CROSS_SELL}, basis_);
  const v1::AccountFacts one = Facts("product_lines: ['cards', 'other']");
  const v1::AccountFacts none;
  ASSERT_OK(summary.Add({one, state_}));
  ASSERT_OK(summary.Add({none, state_}));
  ASSERT_OK(summary.Add({none, state_}));
  const auto response = Filled(summary);
  Strings groups;
  for (const v1::PortfolioGroup& group : response.groups()) {
    groups.push_back(absl::StrCat(group.values(0), " ", group.values(1), " ", group.accounts()));
  }
  EXPECT_THAT(groups,
              ElementsAre("UNSPECIFIED cards 2", "UNSPECIFIED loans 2", "UNSPECIFIED scoring 2",
                          "cards loans 1", "cards scoring 1", "other loans 1", "other scoring 1"));
  EXPECT_EQ(response.total().accounts(), 3);
}

TEST_F(Summary, MoreThanTenThousandGroups_AreRefused) {
  PortfolioSummary summary({v1::DIMENSION_OWNER}, basis_);
  v1::AccountFacts facts;
  for (int i = 0; i < kGroupsMax; ++i) {
    facts.set_owner_id(absl::StrCat("owner-", i));
    ASSERT_OK(summary.Add({facts, state_}));
  }
  ASSERT_OK(summary.Add({facts, state_})) << "a group that is there";
  facts.set_owner_id("one more");
  EXPECT_FAILS(summary.Add({facts, state_}), kResourceExhausted, "TOO_MANY_GROUPS");
}

// What a group comes to, by going over all accounts.
struct Count {
  int64_t accounts = 0;
  int64_t scored = 0;
  int64_t scores = 0;
  int64_t usd = 0;
  std::map<v1::Segment, int64_t> mix;
};

TEST_F(Summary, RandomAccounts_AreCountedAsOneByOne) {
  uint64_t seed = std::random_device()();
  if (const char* given = std::getenv("TIERMARK_TEST_SEED")) {
    ASSERT_TRUE(absl::SimpleAtoi(given, &seed));
  }
  SCOPED_TRACE(absl::StrCat("again: TIERMARK_TEST_SEED=", seed,
                            " service_tests --gtest_filter=Summary.Random*"));
  std::mt19937_64 engine(seed);
  const auto below = [&engine](int n) { return static_cast<int>(engine() % n); };
  struct Account {
    v1::AccountFacts facts;
    store::v1::AccountState state;
  };
  std::vector<Account> accounts;
  PortfolioSummary summary(
      {v1::DIMENSION_COUNTRY, v1::DIMENSION_PRODUCT_LINE, v1::DIMENSION_SEGMENT}, basis_);
  const char* const countries[] = {"CO", "PE", "UNSPECIFIED"};
  const char* const lines[] = {"cards", "loans", "UNSPECIFIED"};
  for (int i = 0; i < 3'000; ++i) {
    Account account;
    if (const int at = below(3); at < 2) account.facts.set_country(countries[at]);
    if (below(2) == 0) account.facts.add_product_lines("cards");
    if (below(2) == 0) account.facts.add_product_lines("loans");
    if (below(2) == 0) {
      account.facts.add_potential_mrr()->set_country("CO");
      account.facts.mutable_potential_mrr(0)->mutable_amount()->set_currency_code("USD");
      account.facts.mutable_potential_mrr(0)->mutable_amount()->set_units(below(1'000));
    }
    account.state = below(3) == 0 ? state_ : Scored(below(101), v1::Segment(1 + below(4)));
    ASSERT_OK(summary.Add({account.facts, account.state}));
    accounts.push_back(std::move(account));
  }
  const auto response = Filled(summary);
  int groups = 0;
  for (const char* country : countries) {
    for (const char* line : lines) {
      for (const v1::Segment segment :
           {v1::SEGMENT_UNSPECIFIED, v1::SEGMENT_STRATEGIC, v1::SEGMENT_ENTERPRISE,
            v1::SEGMENT_COMMERCIAL, v1::SEGMENT_SMB}) {
        Count count;
        for (const Account& account : accounts) {
          const auto& used = account.facts.product_lines();
          const bool in_line = used.empty() ? std::string(line) == "UNSPECIFIED"
                                            : std::count(used.begin(), used.end(), line) > 0;
          const std::string home =
              account.facts.has_country() ? account.facts.country() : "UNSPECIFIED";
          const bool is_scored = account.state.scores_size() > 0;
          const v1::Segment its =
              is_scored ? account.state.scores(0).segment() : v1::SEGMENT_UNSPECIFIED;
          if (!in_line || home != country || its != segment) continue;
          ++count.accounts;
          if (is_scored) ++count.scored;
          if (is_scored) count.scores += account.state.scores(0).score();
          if (home == "CO" && account.facts.potential_mrr_size() > 0) {
            count.usd += account.facts.potential_mrr(0).amount().units();
          }
        }
        const std::string name = v1::Segment_Name(segment).substr(8);
        const auto found = std::find_if(response.groups().begin(), response.groups().end(),
                                        [&](const auto& group) {
                                          return group.values(0) == country &&
                                                 group.values(1) == line && group.values(2) == name;
                                        });
        ASSERT_EQ(found != response.groups().end(), count.accounts > 0);
        if (count.accounts == 0) continue;
        ++groups;
        EXPECT_EQ(found->accounts(), count.accounts);
        EXPECT_EQ(found->scored_accounts(), count.scored);
        EXPECT_EQ(found->potential_mrr_total().units(), count.usd);
        if (count.scored > 0) {
          EXPECT_NEAR(found->mean_score(), 100.0 * count.scores / count.scored, 0.5 + 1e-9);
        }
        for (const v1::SegmentCount& part : found->segment_mix()) {
          EXPECT_EQ(part.accounts(), part.segment() == segment ? count.accounts : 0);
        }
      }
    }
  }
  EXPECT_EQ(response.groups_size(), groups);
  for (int i = 1; i < response.groups_size(); ++i) {
    EXPECT_GE(response.groups(i - 1).accounts(), response.groups(i).accounts());
  }
  EXPECT_EQ(response.total().accounts(), 3'000);
}

}  // namespace
}  // namespace tiermark
