// Leases of due accounts: no two workers hold the same one at a time.
#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/time_util.h"
#include "scoring/error.h"
#include "service/decide_claims.h"
#include "service/holds.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using google::protobuf::util::TimeUtil;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

v1::ClaimReevaluationsRequest Claim(const std::string& worker, int accounts_max = 0,
                                    int lease_seconds = 0) {
  v1::ClaimReevaluationsRequest request;
  request.set_worker_id(worker);
  request.set_max_accounts(accounts_max);
  if (lease_seconds != 0) request.mutable_lease()->set_seconds(lease_seconds);
  return request;
}

std::vector<std::string> Claimed(TestService& service,
                                 const v1::ClaimReevaluationsRequest& request) {
  const auto response = service.Call<v1::ClaimReevaluationsResponse>(request);
  EXPECT_OK(response);
  std::vector<std::string> ids;
  if (!response.ok()) return ids;
  for (const v1::DueAccount& account : response->due_accounts()) {
    EXPECT_EQ(account.worker_id(), request.worker_id());
    EXPECT_TRUE(account.has_claimed_until());
    ids.push_back(account.account_id());
  }
  return ids;
}

std::vector<std::string> Released(TestService& service, const std::string& worker,
                                  const std::vector<std::string>& ids) {
  v1::ReleaseReevaluationsRequest request;
  request.set_worker_id(worker);
  for (const std::string& id : ids) request.add_account_ids(id);
  const auto response = service.Call<v1::ReleaseReevaluationsResponse>(request);
  EXPECT_OK(response);
  if (!response.ok()) return {};
  return {response->released_account_ids().begin(), response->released_account_ids().end()};
}

v1::ListReevaluationDueResponse Due(TestService& service) {
  auto response = service.Call<v1::ListReevaluationDueResponse>(v1::ListReevaluationDueRequest());
  EXPECT_OK(response);
  return response.ok() ? *std::move(response) : v1::ListReevaluationDueResponse();
}

// Accounts that are due for their first meeting, in the order of their ids.
void AddProspects(TestService& service, int accounts) {
  for (int i = 0; i < accounts; ++i) {
    ASSERT_OK(service.Upsert(absl::StrCat("p", 1'000 + i), FintechFacts()));
  }
}

TEST(DecideClaim, TakesWhatIsDueAsAskedAndHeldByNobody) {
  LivingAccount account;
  account.Evaluate("2026-05-20", BankFacts());
  AskedClaim asked;
  asked.worker_id = "w1";
  asked.lease = absl::Minutes(10);
  EXPECT_TRUE(DecideClaim(asked, account.Input("2026-06-30"))->empty()) << "not due yet";
  const auto claimed = DecideClaim(asked, account.Input("2026-07-01"));
  ASSERT_OK(claimed);
  EXPECT_TRUE(claimed->state_only);
  EXPECT_TRUE(claimed->entries.empty());
  EXPECT_EQ(claimed->state.claim().until_us(), MicrosAt("2026-07-01T00:10:00"));
  asked.reasons = {v1::REEVALUATION_REASON_EVENT, v1::REEVALUATION_REASON_MONTHLY};
  EXPECT_TRUE(DecideClaim(asked, account.Input("2026-07-01"))->empty());
  asked.reasons = {v1::REEVALUATION_REASON_QUARTERLY};
  asked.segments = {v1::SEGMENT_SMB};
  EXPECT_TRUE(DecideClaim(asked, account.Input("2026-07-01"))->empty());
  asked.segments = {v1::SEGMENT_STRATEGIC};
  asked.owner_ids = {"rep-2"};
  EXPECT_TRUE(DecideClaim(asked, account.Input("2026-07-01"))->empty());
  asked.owner_ids = {"rep-2", "rep-1"};
  asked.countries = {"MX"};
  EXPECT_TRUE(DecideClaim(asked, account.Input("2026-07-01"))->empty());
  asked.countries = {"CO"};
  EXPECT_FALSE(DecideClaim(asked, account.Input("2026-07-01"))->empty());
  EXPECT_TRUE(DecideClaim(asked, LivingAccount().Input("2026-07-01"))->empty()) << "erased";
}

TEST(DueFor, LeavesOutWhatIsOver) {
  const auto state = FromText<store::v1::AccountState>(R"(
    due { reason: REEVALUATION_REASON_EVENT due_us: 10 until_us: 20 }
    due { reason: REEVALUATION_REASON_QUARTERLY due_us: 15 })");
  EXPECT_EQ(DueFor({}, state, 9), v1::REEVALUATION_REASON_UNSPECIFIED);
  EXPECT_EQ(DueFor({}, state, 10), v1::REEVALUATION_REASON_EVENT);
  EXPECT_EQ(DueFor({}, state, 19), v1::REEVALUATION_REASON_EVENT);
  EXPECT_EQ(DueFor({}, state, 20), v1::REEVALUATION_REASON_QUARTERLY);
}

TEST(ClaimReevaluations, TakesTheMostUrgentThatNobodyHolds) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T10:00:00"));
  AddProspects(service, 5);
  ASSERT_OK(service.Evaluate("bank", BankFacts()));
  v1::ReportAccountEventRequest event;
  event.set_account_id("bank");
  event.set_type(v1::ACCOUNT_EVENT_TYPE_ACQUISITION_OR_MERGER);
  ASSERT_OK(service.Call<v1::ReportAccountEventResponse>(event));
  EXPECT_THAT(Claimed(service, Claim("w1", 2)), ElementsAre("bank", "p1000"));
  EXPECT_THAT(Claimed(service, Claim("w1", 1)), ElementsAre("p1001")) << "again: others";
  EXPECT_THAT(Claimed(service, Claim("w2")), ElementsAre("p1002", "p1003", "p1004"));
  EXPECT_THAT(Claimed(service, Claim("w3")), IsEmpty());
  const auto due = Due(service);
  ASSERT_EQ(due.due_accounts_size(), 6) << "claimed accounts stay listed";
  EXPECT_EQ(due.due_accounts(0).worker_id(), "w1");
  EXPECT_EQ(due.due_accounts(5).worker_id(), "w2");
  EXPECT_EQ(due.due_accounts(5).claimed_until(),
            TimeUtil::MicrosecondsToTimestamp(MicrosAt("2026-05-20T10:10:00")));
  EXPECT_EQ(service.Get("p1004")->claimed_until(), due.due_accounts(5).claimed_until());
}

TEST(ClaimReevaluations, TellsWhatTheListWould) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T10:00:00"));
  ASSERT_OK(service.Evaluate("bank", BankFacts()));
  ASSERT_OK(service.Upsert("bank", Facts("past_due_cases: 900000")));
  service.clock().Set(MicrosAt("2026-10-03T10:00:00"));
  const auto response = service.Call<v1::ClaimReevaluationsResponse>(Claim("w1"));
  ASSERT_OK(response);
  const auto due = Due(service);
  ASSERT_EQ(response->due_accounts_size(), 1);
  ASSERT_EQ(due.due_accounts_size(), 1);
  EXPECT_EQ(response->due_accounts(0).DebugString(), due.due_accounts(0).DebugString());
  EXPECT_EQ(due.due_accounts(0).due_size(), 2) << "all its reasons";
  EXPECT_EQ(due.due_accounts(0).fact_changes_size(), 1);
}

TEST(ClaimReevaluations, ALeaseRunsOut) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T10:00:00"));
  AddProspects(service, 1);
  EXPECT_THAT(Claimed(service, Claim("w1", 1, 60)), ElementsAre("p1000"));
  service.clock().Set(MicrosAt("2026-05-20T10:01:00") - 1);
  EXPECT_THAT(Claimed(service, Claim("w2")), IsEmpty());
  service.clock().Set(MicrosAt("2026-05-20T10:01:00"));
  EXPECT_FALSE(Due(service).due_accounts(0).has_claimed_until());
  EXPECT_TRUE(Due(service).due_accounts(0).worker_id().empty());
  EXPECT_FALSE(service.Get("p1000")->has_claimed_until());
  EXPECT_THAT(Released(service, "w1", {"p1000"}), IsEmpty()) << "it holds nothing any more";
  EXPECT_THAT(Claimed(service, Claim("w2")), ElementsAre("p1000"));
}

TEST(ClaimReevaluations, ALeaseEndsByAnEvaluationThatCounts) {
  Catalog::Contents contents = Catalog::Shipped();
  contents.models.push_back(InterestModel());
  TestService service(contents);
  service.clock().Set(MicrosAt("2026-05-20T10:00:00"));
  AddProspects(service, 1);
  ASSERT_OK(service.Upsert("p1000", Facts(R"(custom { key: "interest" value { int64: 70 } })")));
  EXPECT_THAT(Claimed(service, Claim("w1")), ElementsAre("p1000"));
  v1::EvaluateAccountRequest other;
  other.set_account_id("p1000");
  other.set_model_id("interest");
  ASSERT_OK(service.Call<v1::EvaluateAccountResponse>(other));
  EXPECT_TRUE(service.Get("p1000")->has_claimed_until()) << "it does not count";
  service.Restart();
  EXPECT_TRUE(service.Get("p1000")->has_claimed_until());
  ASSERT_OK(service.Evaluate("p1000"));
  EXPECT_FALSE(service.Get("p1000")->has_claimed_until());
  EXPECT_THAT(Claimed(service, Claim("w2")), IsEmpty()) << "no longer due";
}

TEST(ReleaseReevaluations, IsForTheHolderAlone) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T10:00:00"));
  AddProspects(service, 3);
  EXPECT_THAT(Claimed(service, Claim("w1", 2)), ElementsAre("p1000", "p1001"));
  EXPECT_THAT(Claimed(service, Claim("w2", 1)), ElementsAre("p1002"));
  EXPECT_THAT(Released(service, "w2", {"p1001", "p1002", "nobody"}), ElementsAre("p1002"));
  EXPECT_THAT(Released(service, "w2", {"p1002"}), IsEmpty());
  EXPECT_THAT(Claimed(service, Claim("w3")), ElementsAre("p1002"));
  EXPECT_THAT(Released(service, "w1", {"p1001", "p1000"}), ElementsAre("p1001", "p1000"));
}

TEST(ClaimReevaluations, ListsEveryFault) {
  TestService service;
  v1::ClaimReevaluationsRequest request;
  request.mutable_lease()->set_nanos(999'999'999);
  request.set_max_accounts(501);
  request.add_reasons(v1::REEVALUATION_REASON_UNSPECIFIED);
  request.add_segments(static_cast<v1::Segment>(9));
  request.add_owner_ids("");
  request.add_countries("XX");
  EXPECT_THAT(FieldsOf(service.Call<v1::ClaimReevaluationsResponse>(request).status()),
              UnorderedElementsAre("worker_id", "lease", "max_accounts", "reasons[0]",
                                   "segments[0]", "owner_ids[0]", "countries[0]"));
  request = Claim("w1", -1, 86'401);
  EXPECT_THAT(FieldsOf(service.Call<v1::ClaimReevaluationsResponse>(request).status()),
              ElementsAre("lease", "max_accounts"));
  EXPECT_OK(service.Call<v1::ClaimReevaluationsResponse>(Claim("w1", 500, 86'400)));
  EXPECT_OK(service.Call<v1::ClaimReevaluationsResponse>(Claim("w1", 1, 1)));
  v1::ReleaseReevaluationsRequest release;
  EXPECT_THAT(FieldsOf(service.Call<v1::ReleaseReevaluationsResponse>(release).status()),
              ElementsAre("worker_id", "account_ids"));
  release.set_worker_id("w1");
  for (const char* id : {"a", " b", "a"}) release.add_account_ids(id);
  EXPECT_THAT(FieldsOf(service.Call<v1::ReleaseReevaluationsResponse>(release).status()),
              ElementsAre("account_ids[1]", "account_ids[2]"));
}

TEST(ClaimReevaluations, OfManyWorkersAtOnce_NeverGivesAnAccountTwice) {
  constexpr int kAccounts = 300;
  constexpr int kWorkers = 6;
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T10:00:00"));
  AddProspects(service, kAccounts);
  std::mutex mutex;
  std::map<std::string, std::string> holders;
  std::set<std::string> settled;
  std::vector<std::thread> workers;
  for (int i = 0; i < kWorkers; ++i) {
    workers.emplace_back([&, i] {
      const std::string worker = absl::StrCat("w", i);
      std::mt19937 engine(seed + static_cast<unsigned>(i));
      while (true) {
        const std::vector<std::string> claimed =
            Claimed(service, Claim(worker, 1 + static_cast<int>(engine() % 20)));
        {
          const std::lock_guard lock(mutex);
          for (const std::string& id : claimed) {
            EXPECT_TRUE(holders.emplace(id, worker).second) << id << " is held by " << holders[id];
            EXPECT_EQ(settled.count(id), 0u) << id << " is settled";
          }
          if (settled.size() == kAccounts) return;
        }
        for (const std::string& id : claimed) {
          // What is given back is forgotten before, and what is settled is noted before: then it
          // may be somebody else's, or nobody's.
          const bool gives_back = engine() % 3 == 0;
          {
            const std::lock_guard lock(mutex);
            holders.erase(id);
            if (!gives_back) settled.insert(id);
          }
          if (gives_back) {
            EXPECT_THAT(Released(service, worker, {id}), ElementsAre(id));
          } else {
            EXPECT_OK(service.Evaluate(id));
          }
        }
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(Due(service).due_accounts_size(), 0);
}

}  // namespace
}  // namespace tiermark
