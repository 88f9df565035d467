// The demonstration's history, as a plan.
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "gmock/gmock.h"
#include "scoring/calendar.h"
#include "service/demo/accounts.h"
#include "service/demo/history.h"
#include "tests/service/support.h"

namespace tiermark::demo {
namespace {

constexpr absl::CivilDay kAsOf(2026, 5, 20);

std::string Written(const Step& step) {
  const std::string request =
      std::visit([](const auto& message) { return message.DebugString(); }, step.request);
  return absl::FormatTime(step.at, absl::UTCTimeZone()) + " " + step.account_id + " " + request;
}

TEST(DemoAccounts, AreAPortfolioOfTheRegion) {
  const std::vector<Account> accounts = Accounts();
  EXPECT_EQ(accounts.size(), 240u);
  std::set<std::string> ids;
  std::set<std::string> names;
  std::map<std::string, int> countries;
  std::map<std::string, int> owners;
  std::map<std::string, std::set<std::string>> groups;
  for (const Account& account : accounts) {
    EXPECT_TRUE(ids.insert(account.account_id).second) << account.account_id;
    EXPECT_TRUE(names.insert(account.display_name).second) << account.display_name;
    EXPECT_THAT(account.account_id, testing::MatchesRegex("[a-z-]+-[a-z]+"));
    ++countries[account.country];
    ++owners[account.owner_id];
    EXPECT_EQ(account.countries[0], account.country);
    if (!account.parent_id.empty()) {
      EXPECT_TRUE(groups[account.parent_id].insert(account.country).second);
    }
  }
  EXPECT_GE(countries.size(), 12u);
  EXPECT_GT(countries["MX"], countries["UY"]);
  EXPECT_GE(owners.size(), 8u);
  EXPECT_GE(groups.size(), 15u);
  for (const auto& [group, present] : groups) EXPECT_GE(present.size(), 3u) << group;
}

TEST(DemoHistory, IsTheSameEveryTime) {
  const std::vector<Step> once = Steps(kAsOf);
  const std::vector<Step> again = Steps(kAsOf);
  ASSERT_EQ(once.size(), again.size());
  for (size_t i = 0; i < once.size(); ++i) ASSERT_EQ(Written(once[i]), Written(again[i]));
}

// A library whose chance differs would show here.
TEST(DemoHistory, IsTheSameEverywhere) {
  const std::vector<Account> accounts = Accounts();
  EXPECT_EQ(accounts.front().account_id, "altiverra-bank-co");
  EXPECT_EQ(accounts.front().display_name, "Banco Altiverra Colombia");
  EXPECT_EQ(accounts.front().seed, 13640793580234415661u);
  EXPECT_EQ(accounts.back().account_id, "mizcuara-collection-agency-do");
  EXPECT_EQ(accounts.back().seed, 17108786193048262539u);
}

TEST(DemoHistory, CoversSixQuartersUpToTheDayBefore) {
  const std::vector<Step> steps = Steps(kAsOf);
  const absl::Time begin = absl::FromCivil(absl::CivilDay(2024, 10, 1), absl::UTCTimeZone());
  const absl::Time end = absl::FromCivil(kAsOf, absl::UTCTimeZone());
  EXPECT_GE(steps.front().at, begin);
  EXPECT_LT(steps.front().at, begin + absl::Hours(24));
  EXPECT_LT(steps.back().at, end);
  EXPECT_GE(steps.back().at, end - absl::Hours(24));
  for (size_t i = 1; i < steps.size(); ++i) EXPECT_LE(steps[i - 1].at, steps[i].at);
}

// On this an interrupted run relies when it asks what is done.
TEST(DemoHistory, NoAccountHasTwoStepsOnOneDay) {
  for (const absl::CivilDay as_of :
       {kAsOf, absl::CivilDay(2026, 1, 1), absl::CivilDay(2028, 2, 29)}) {
    std::map<std::string, absl::CivilDay> last;
    for (const Step& step : Steps(as_of)) {
      const absl::CivilDay day = absl::ToCivilDay(step.at, absl::UTCTimeZone());
      const auto known = last.find(step.account_id);
      if (known != last.end()) {
        EXPECT_LT(known->second, day) << step.account_id;
      }
      last[step.account_id] = day;
    }
    EXPECT_EQ(last.size(), Accounts().size()) << "every account has a history";
  }
}

TEST(DemoHistory, EveryWriteOfFacts_SaysItsDay) {
  const std::vector<Step> steps = Steps(kAsOf);
  const auto check = [](const Step& step, const v1::AccountFacts& facts) {
    const auto synced = facts.custom().find(kSyncedFact);
    ASSERT_NE(synced, facts.custom().end());
    EXPECT_EQ(DayOf(synced->second.date()), absl::ToCivilDay(step.at, absl::UTCTimeZone()));
  };
  for (const Step& step : steps) {
    if (const auto* evaluate = std::get_if<v1::EvaluateAccountRequest>(&step.request)) {
      // Other models score the facts that are there.
      EXPECT_EQ(evaluate->has_facts(), evaluate->model_id().empty());
      if (evaluate->has_facts()) check(step, evaluate->facts());
    }
    if (const auto* upsert = std::get_if<v1::UpsertAccountRequest>(&step.request)) {
      check(step, upsert->facts());
    }
  }
}

// From these an interrupted run tells which transactions were recorded.
TEST(DemoHistory, EveryStepOfTransactions_IssuesOnItsDayOrOnlyPlans) {
  int issuing = 0;
  int planning = 0;
  for (const absl::CivilDay as_of : {kAsOf, absl::CivilDay(2028, 2, 29)}) {
    std::map<std::string, bool> planned_only;
    for (const Step& step : Steps(as_of)) {
      const auto* record = std::get_if<v1::RecordTransactionsRequest>(&step.request);
      if (record == nullptr) continue;
      const absl::CivilDay day = absl::ToCivilDay(step.at, absl::UTCTimeZone());
      bool issues = false;
      for (const v1::Transaction& transaction : record->transactions()) {
        if (transaction.state() == v1::TRANSACTION_STATE_PLANNED) {
          EXPECT_GT(DayOf(transaction.issue_date()), day) << step.account_id;
        } else {
          EXPECT_EQ(DayOf(transaction.issue_date()), day) << step.account_id;
          issues = issues || transaction.state() == v1::TRANSACTION_STATE_ISSUED;
        }
      }
      EXPECT_FALSE(planned_only[step.account_id]) << "only the last step may do nothing but plan";
      planned_only[step.account_id] = !issues;
      ++(issues ? issuing : planning);
    }
  }
  EXPECT_GE(issuing, 800);
  EXPECT_GE(planning, 100);
}

// Nothing but later steps tells of an override that has ended, so they must tell it for certain.
TEST(DemoHistory, OverriddenAccounts_HaveOneOverrideAndNoStepThatOnlyPlans) {
  const std::vector<Step> steps = Steps(kAsOf);
  std::set<std::string> overridden;
  for (const Step& step : steps) {
    const auto* override = std::get_if<v1::OverrideSegmentRequest>(&step.request);
    if (override == nullptr) continue;
    EXPECT_FALSE(override->request_id().empty());
    EXPECT_TRUE(overridden.insert(step.account_id).second) << step.account_id;
  }
  EXPECT_EQ(overridden.size(), 3u);
  for (const Step& step : steps) {
    const auto* record = std::get_if<v1::RecordTransactionsRequest>(&step.request);
    if (record == nullptr || overridden.count(step.account_id) == 0) continue;
    EXPECT_EQ(record->transactions(0).state(), v1::TRANSACTION_STATE_ISSUED) << step.account_id;
  }
}

TEST(DemoHistory, BeginsAndEndsWithTheAccountThatKeepsItsState) {
  const std::vector<Step> steps = Steps(kAsOf);
  const std::string keeper = Accounts().front().account_id;
  EXPECT_EQ(steps.front().account_id, keeper);
  EXPECT_EQ(steps.back().account_id, keeper);
  const auto& first = std::get<v1::EvaluateAccountRequest>(steps.front().request).facts();
  EXPECT_EQ(DayOf(first.custom().at(kAsOfFact).date()), kAsOf);
  EXPECT_EQ(first.custom().count(kCompleteFact), 0u);
  const auto& last = std::get<v1::UpsertAccountRequest>(steps.back().request).facts();
  EXPECT_TRUE(last.custom().at(kCompleteFact).bool_());
}

}  // namespace
}  // namespace tiermark::demo
