// Who moved up and who moved down between two days.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "scoring/calendar.h"
#include "scoring/error.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

google::type::Date Day(const std::string& day) {
  return DateOf(absl::ToCivilDay(At(day), absl::UTCTimeZone()));
}

v1::ListSegmentMovementsRequest Between(const std::string& start, const std::string& end) {
  v1::ListSegmentMovementsRequest request;
  *request.mutable_start_date() = Day(start);
  *request.mutable_end_date() = Day(end);
  return request;
}

// Facts of each segment, from Strategic to SMB.
v1::AccountFacts FactsOf(v1::Segment segment) {
  v1::AccountFacts facts = segment == v1::SEGMENT_SMB ? FintechFacts() : BankFacts();
  if (segment == v1::SEGMENT_ENTERPRISE || segment == v1::SEGMENT_COMMERCIAL) {
    facts.set_past_due_cases(0);
    facts.set_industry_reference(v1::INDUSTRY_REFERENCE_RECOGNIZED);
  }
  if (segment == v1::SEGMENT_COMMERCIAL) {
    facts.mutable_potential_mrr(0)->mutable_amount()->set_units(3'000);
  }
  return facts;
}

void EvaluateAs(TestService& service, const std::string& time, const std::string& account_id,
                v1::Segment segment) {
  service.clock().Set(MicrosAt(time));
  v1::EvaluateAccountRequest request;
  request.set_account_id(account_id);
  *request.mutable_facts() = FactsOf(segment);
  request.mutable_update_mask()->add_paths("*");
  const auto response = service.Call<v1::EvaluateAccountResponse>(request);
  ASSERT_OK(response);
  ASSERT_EQ(response->evaluation().segment(), segment) << response->evaluation().score();
}

std::vector<v1::SegmentMovement> List(TestService& service,
                                      v1::ListSegmentMovementsRequest request) {
  std::vector<v1::SegmentMovement> movements;
  do {
    const auto page = service.Call<v1::ListSegmentMovementsResponse>(request);
    EXPECT_OK(page);
    if (!page.ok()) break;
    movements.insert(movements.end(), page->movements().begin(), page->movements().end());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return movements;
}

std::vector<std::string> Ids(const std::vector<v1::SegmentMovement>& movements) {
  std::vector<std::string> ids;
  for (const v1::SegmentMovement& movement : movements) ids.push_back(movement.account_id());
  return ids;
}

TEST(DecideEvaluation, RecordsTheSegmentThatCountedBefore) {
  LivingAccount account;
  const ChangeSet first = account.Evaluate("2026-05-20", BankFacts());
  EXPECT_EQ(EvaluationOf(first).segment_before(), v1::SEGMENT_UNSPECIFIED);
  EXPECT_FALSE(EvaluationOf(first).has_score_before());
  const ChangeSet second = account.Evaluate("2026-05-21", Facts("past_due_cases: 0"));
  EXPECT_EQ(EvaluationOf(second).segment_before(), v1::SEGMENT_STRATEGIC);
  EXPECT_EQ(EvaluationOf(second).score_before(), 100);
}

TEST(ListSegmentMovements, TellsNetMovementsLatestFirst) {
  TestService service;
  EvaluateAs(service, "2026-03-01", "up", v1::SEGMENT_SMB);
  EvaluateAs(service, "2026-03-02", "down", v1::SEGMENT_STRATEGIC);
  EvaluateAs(service, "2026-03-03", "back", v1::SEGMENT_STRATEGIC);
  EvaluateAs(service, "2026-03-04", "still", v1::SEGMENT_SMB);
  EvaluateAs(service, "2026-04-01", "up", v1::SEGMENT_COMMERCIAL);
  EvaluateAs(service, "2026-04-02", "back", v1::SEGMENT_SMB);
  EvaluateAs(service, "2026-04-03", "down", v1::SEGMENT_ENTERPRISE);
  EvaluateAs(service, "2026-04-04", "back", v1::SEGMENT_STRATEGIC);
  EvaluateAs(service, "2026-04-05", "still", v1::SEGMENT_SMB);
  EvaluateAs(service, "2026-06-30T23:59:59", "up", v1::SEGMENT_STRATEGIC);
  EvaluateAs(service, "2026-07-01", "down", v1::SEGMENT_SMB);
  const auto movements = List(service, Between("2026-04-01", "2026-06-30"));
  ASSERT_THAT(Ids(movements), ElementsAre("up", "down"));
  EXPECT_EQ(movements[0].movement(), v1::MOVEMENT_UPGRADE);
  EXPECT_EQ(movements[0].from_segment(), v1::SEGMENT_SMB);
  EXPECT_EQ(movements[0].from_score(), 16);
  EXPECT_EQ(movements[0].to_segment(), v1::SEGMENT_STRATEGIC);
  EXPECT_EQ(movements[0].to_score(), 100);
  EXPECT_EQ(movements[0].move_time().seconds(), MicrosAt("2026-06-30T23:59:59") / 1'000'000);
  EXPECT_EQ(movements[0].display_name(), "Banco Example");
  EXPECT_EQ(movements[0].recommended_action(),
            service.catalog().PlaybookOf(v1::SEGMENT_STRATEGIC).client_action());
  v1::GetEvaluationRequest get;
  get.set_evaluation_id(movements[0].evaluation_id());
  EXPECT_EQ(service.Call<v1::GetEvaluationResponse>(get)->evaluation().account_id(), "up");
  EXPECT_EQ(movements[1].movement(), v1::MOVEMENT_DOWNGRADE);
  EXPECT_EQ(movements[1].to_segment(), v1::SEGMENT_ENTERPRISE);

  auto upgrades = Between("2026-04-01", "2026-06-30");
  upgrades.add_movements(v1::MOVEMENT_UPGRADE);
  EXPECT_THAT(Ids(List(service, upgrades)), ElementsAre("up"));
  auto firsts = Between("2026-03-01", "2026-03-31");
  firsts.add_movements(v1::MOVEMENT_FIRST);
  const auto first = List(service, firsts);
  EXPECT_THAT(Ids(first), ElementsAre("still", "back", "down", "up"));
  EXPECT_EQ(first[0].from_segment(), v1::SEGMENT_UNSPECIFIED);
  EXPECT_FALSE(first[0].has_from_score());
  EXPECT_EQ(first[0].to_segment(), v1::SEGMENT_SMB);
}

TEST(ListSegmentMovements, DaysAreOfThePolicysZone) {
  Catalog::Contents contents = Catalog::Shipped();
  v1::Policy policy = PolicyOf(DefaultPolicy());
  policy.mutable_reevaluation()->set_time_zone("America/Bogota");
  contents.policy = *CompilePolicy(policy);
  TestService service(contents);
  EvaluateAs(service, "2026-03-01", "up", v1::SEGMENT_SMB);
  EvaluateAs(service, "2026-04-01T04:59:59", "up", v1::SEGMENT_STRATEGIC);
  EXPECT_THAT(Ids(List(service, Between("2026-03-31", "2026-03-31"))), ElementsAre("up"));
  EXPECT_TRUE(List(service, Between("2026-04-01", "2026-04-01")).empty());
}

TEST(ListSegmentMovements, ListsEveryFault) {
  TestService service;
  v1::ListSegmentMovementsRequest request;
  request.add_movements(v1::MOVEMENT_UNCHANGED);
  request.add_movements(v1::MOVEMENT_FIRST);
  request.add_movements(v1::MOVEMENT_FIRST);
  request.set_page_size(-1);
  request.set_page_token("!");
  EXPECT_THAT(FieldsOf(service.Call<v1::ListSegmentMovementsResponse>(request).status()),
              UnorderedElementsAre("start_date", "end_date", "movements[0]", "movements[2]",
                                   "page_size", "page_token"));
  const auto fields = [&](const std::string& start, const std::string& end) {
    return FieldsOf(service.Call<v1::ListSegmentMovementsResponse>(Between(start, end)).status());
  };
  EXPECT_THAT(fields("2026-01-02", "2026-01-01"), ElementsAre("end_date"));
  EXPECT_THAT(fields("2023-01-01", "2026-01-04"), ElementsAre()) << "1 100 days";
  EXPECT_THAT(fields("2023-01-01", "2026-01-05"), ElementsAre("end_date"));
}

TEST(ListSegmentMovements, AgreeWithTheHistoryOfEveryAccount) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 engine(seed);
  const auto between = [&](int least, int most) {
    return least + static_cast<int>(engine() % static_cast<unsigned>(most - least + 1));
  };
  TestService service;
  constexpr int kAccounts = 12;
  constexpr int kDays = 40;
  // What each account was after each day.
  std::map<std::string, std::vector<v1::Segment>> days;
  for (int day = 0; day < kDays; ++day) {
    for (int i = 0; i < kAccounts; ++i) {
      const std::string id = absl::StrCat("account-", i);
      std::vector<v1::Segment>& history = days[id];
      v1::Segment segment = history.empty() ? v1::SEGMENT_UNSPECIFIED : history.back();
      if (between(1, 4) == 1) {
        segment = static_cast<v1::Segment>(between(1, 4));
        EvaluateAs(service, absl::FormatCivilTime(absl::CivilDay(2026, 1, 1) + day), id, segment);
      }
      history.push_back(segment);
    }
  }
  for (int round = 0; round < 60; ++round) {
    const int start = between(0, kDays - 1);
    const int end = between(start, kDays - 1);
    auto request = Between(absl::FormatCivilTime(absl::CivilDay(2026, 1, 1) + start),
                           absl::FormatCivilTime(absl::CivilDay(2026, 1, 1) + end));
    for (const v1::Movement movement :
         {v1::MOVEMENT_UPGRADE, v1::MOVEMENT_DOWNGRADE, v1::MOVEMENT_FIRST}) {
      request.add_movements(movement);
    }
    request.set_page_size(between(1, 5));
    std::set<std::string> expected;
    for (const auto& [id, history] : days) {
      const v1::Segment from = start == 0 ? v1::SEGMENT_UNSPECIFIED : history[start - 1];
      const v1::Segment to = history[end];
      if (from == to) continue;
      const char* kind = from == v1::SEGMENT_UNSPECIFIED ? "first" : to < from ? "up" : "down";
      expected.insert(absl::StrCat(id, " ", kind, " ", from, " ", to));
    }
    std::set<std::string> told;
    int64_t later = std::numeric_limits<int64_t>::max();
    for (const v1::SegmentMovement& movement : List(service, request)) {
      const char* kind = movement.movement() == v1::MOVEMENT_FIRST     ? "first"
                         : movement.movement() == v1::MOVEMENT_UPGRADE ? "up"
                                                                       : "down";
      EXPECT_TRUE(told.insert(absl::StrCat(movement.account_id(), " ", kind, " ",
                                           movement.from_segment(), " ", movement.to_segment()))
                      .second);
      EXPECT_LE(movement.move_time().seconds(), later);
      later = movement.move_time().seconds();
    }
    ASSERT_EQ(told, expected) << start << " to " << end;
  }
}

}  // namespace
}  // namespace tiermark
