// Due dates follow a new policy in the background, over a restart, and beside other writes.
#include "service/account_jobs.h"

#include <functional>
#include <future>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "scoring/error.h"
#include "service/decide_jobs.h"
#include "service/settings.h"
#include "tests/service/support.h"
#include "tiermark/v1/admin_service.pb.h"

namespace tiermark {
namespace {

v1::UpdatePolicyRequest Rolling(bool rolling) {
  v1::UpdatePolicyRequest request;
  *request.mutable_policy() = PolicyOf(DefaultPolicy());
  request.mutable_policy()->mutable_reevaluation()->set_quarterly_interval(
      rolling ? v1::QUARTERLY_INTERVAL_ROLLING : v1::QUARTERLY_INTERVAL_CALENDAR);
  return request;
}

// Waits until the job is through.
v1::PolicyRecomputation AwaitFinish(TestService& service) {
  while (true) {
    const auto response = service.Call<v1::GetPolicyResponse>(v1::GetPolicyRequest());
    EXPECT_OK(response);
    if (!response.ok() || response->recomputation().has_finish_time()) {
      return response.ok() ? response->recomputation() : v1::PolicyRecomputation();
    }
    absl::SleepFor(absl::Milliseconds(2));
  }
}

int64_t DueSeconds(TestService& service, const std::string& account_id) {
  const auto account = service.Get(account_id);
  EXPECT_OK(account);
  return account.ok() && account->due_size() > 0 ? account->due(0).due_time().seconds() : 0;
}

int64_t SecondsAt(const std::string& time) { return MicrosAt(time) / 1'000'000; }

TEST(DecideRecomputation, ChangesDueReasonsAndNothingElse) {
  LivingAccount account;
  account.Evaluate("2026-05-20", BankFacts());
  v1::Policy policy = PolicyOf(DefaultPolicy());
  EXPECT_TRUE(DecideRecomputation(*CompilePolicy(policy), account.Input("2026-06-01"))->empty());
  policy.mutable_reevaluation()->set_quarterly_interval(v1::QUARTERLY_INTERVAL_ROLLING);
  const auto changes = DecideRecomputation(*CompilePolicy(policy), account.Input("2026-06-01"));
  ASSERT_OK(changes);
  EXPECT_TRUE(changes->state_only);
  EXPECT_TRUE(changes->entries.empty());
  EXPECT_FALSE(changes->facts.has_value());
  ASSERT_EQ(changes->state.due_size(), 1);
  EXPECT_EQ(changes->state.due(0).due_us(), MicrosAt("2026-08-20"));
  store::v1::AccountState before = account.state();
  store::v1::AccountState after = changes->state;
  before.clear_due();
  after.clear_due();
  EXPECT_EQ(after.SerializeAsString(), before.SerializeAsString());
}

TEST(DecideRecomputation, OfAnErasedAccount_WritesNothing) {
  EXPECT_TRUE(DecideRecomputation(DefaultPolicy(), LivingAccount().Input("2026-06-01"))->empty());
}

TEST(Recomputation, MovesTheDueDatesOfAllAccounts) {
  constexpr int kAccounts = 1'203;  // More than two pages.
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T12:00:00"));
  v1::BatchEvaluateAccountsRequest batch;
  for (int i = 0; i < kAccounts; ++i) {
    v1::EvaluateAccountRequest* request = batch.add_requests();
    request->set_account_id(absl::StrCat("account-", i));
    *request->mutable_facts() = BankFacts();
    if (batch.requests_size() == 500 || i + 1 == kAccounts) {
      ASSERT_OK(service.Call<v1::BatchEvaluateAccountsResponse>(batch));
      batch.clear_requests();
    }
  }
  EXPECT_EQ(DueSeconds(service, "account-0"), SecondsAt("2026-07-01"));
  ASSERT_OK(service.Call<v1::UpdatePolicyResponse>(Rolling(true)));
  const v1::PolicyRecomputation through = AwaitFinish(service);
  EXPECT_EQ(through.policy_version(), 1);
  EXPECT_EQ(through.accounts_done(), kAccounts);
  for (int i = 0; i < kAccounts; i += 7) {
    EXPECT_EQ(DueSeconds(service, absl::StrCat("account-", i)), SecondsAt("2026-08-20"));
  }
  v1::ListReevaluationDueRequest due;
  *due.mutable_as_of_time() = google::protobuf::Timestamp();
  due.mutable_as_of_time()->set_seconds(SecondsAt("2026-08-19"));
  EXPECT_EQ(service.Call<v1::ListReevaluationDueResponse>(due)->due_accounts_size(), 0);
  due.mutable_as_of_time()->set_seconds(SecondsAt("2026-08-20"));
  due.set_page_size(1'000);
  EXPECT_EQ(service.Call<v1::ListReevaluationDueResponse>(due)->due_accounts_size(), 1'000);
  // No evaluation was made by it.
  v1::ListEvaluationsRequest past;
  past.set_account_id("account-0");
  EXPECT_EQ(service.Call<v1::ListEvaluationsResponse>(past)->evaluations_size(), 1);
}

TEST(Recomputation, IsAbsentUntilDueDatesHaveToMove) {
  TestService service;
  v1::UpdatePolicyRequest request = Rolling(false);
  request.mutable_policy()->set_home_country("CO");
  ASSERT_OK(service.Call<v1::UpdatePolicyResponse>(request));
  const auto response = service.Call<v1::GetPolicyResponse>(v1::GetPolicyRequest());
  ASSERT_OK(response);
  EXPECT_FALSE(response->has_recomputation());
}

TEST(Recomputation, LeftHalfway_GoesOnAtTheNextStart) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T12:00:00"));
  ASSERT_OK(service.Evaluate("first", BankFacts()));
  ASSERT_OK(service.Evaluate("second", BankFacts()));
  ASSERT_OK(service.Call<v1::UpdatePolicyResponse>(Rolling(true)));
  AwaitFinish(service);
  // As a server that ended behind the first account leaves it, under a later policy.
  service.jobs().Stop();
  const auto first = service.store().ReadAccount(kDefaultTenant, "first");
  ASSERT_OK(first);
  ASSERT_OK(service.Call<v1::UpdatePolicyResponse>(Rolling(false)));
  auto job = ReadAccountJob(service.store(), kDefaultTenant, kRecomputationKey);
  ASSERT_OK(job);
  ASSERT_TRUE(job->has_value());
  EXPECT_EQ((*job)->version(), 2);
  EXPECT_EQ((*job)->finish_us(), 0);
  (*job)->set_account_no(first->account_no);
  (*job)->set_accounts_done(1);
  std::promise<void> written;
  TenantWrite write;
  write.decide = [&](const TenantRecordMap&, absl::Time) -> absl::StatusOr<TenantChangeSet> {
    TenantChangeSet changes;
    changes.records.emplace_back(kRecomputationKey, (*job)->SerializeAsString());
    return changes;
  };
  write.done = [&](absl::StatusOr<TenantCommit>) { written.set_value(); };
  service.store().ApplyTenant(std::move(write));
  written.get_future().wait();

  service.Restart();
  const v1::PolicyRecomputation through = AwaitFinish(service);
  EXPECT_EQ(through.policy_version(), 2);
  EXPECT_EQ(through.accounts_done(), 2);
  EXPECT_EQ(DueSeconds(service, "first"), SecondsAt("2026-08-20")) << "it was through already";
  EXPECT_EQ(DueSeconds(service, "second"), SecondsAt("2026-07-01"));
}

TEST(Recomputation, OfTheLastOfManyPolicies_IsTheOneThatHolds) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T12:00:00"));
  ASSERT_OK(service.Evaluate("bank", BankFacts()));
  for (int i = 0; i < 20; ++i) {
    ASSERT_OK(service.Call<v1::UpdatePolicyResponse>(Rolling(i % 2 == 0)));
  }
  EXPECT_EQ(AwaitFinish(service).policy_version(), 20);
  EXPECT_EQ(DueSeconds(service, "bank"), SecondsAt("2026-07-01"));
  ASSERT_OK(service.Call<v1::UpdatePolicyResponse>(Rolling(true)));
  EXPECT_EQ(AwaitFinish(service).policy_version(), 21);
  EXPECT_EQ(DueSeconds(service, "bank"), SecondsAt("2026-08-20"));
}

// Does something once, before accounts are listed.
class MeddlingStore : public ForwardingStore {
 public:
  MeddlingStore(Store& store, std::function<void()> meddle)
      : ForwardingStore(store), meddle_(std::move(meddle)) {}

  absl::StatusOr<AccountPage> ListAccounts(const AccountQuery& query) override {
    if (std::function<void()> meddle = std::exchange(meddle_, nullptr)) meddle();
    return ForwardingStore::ListAccounts(query);
  }

 private:
  std::function<void()> meddle_;
};

TEST(Recomputation, ReplacedOnItsWay_GivesWayToTheNewOne) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T12:00:00"));
  ASSERT_OK(service.Evaluate("bank", BankFacts()));
  service.jobs().Stop();
  ASSERT_OK(service.Call<v1::UpdatePolicyResponse>(Rolling(true)));
  MeddlingStore store(service.store(), [&service] {
    EXPECT_OK(service.Call<v1::UpdatePolicyResponse>(Rolling(false)));
  });
  AccountJobs jobs(store, service.catalogs(), service.clock());
  const v1::PolicyRecomputation through = AwaitFinish(service);
  EXPECT_EQ(through.policy_version(), 2);
  EXPECT_EQ(through.accounts_done(), 1);
  EXPECT_EQ(DueSeconds(service, "bank"), SecondsAt("2026-07-01"));
}

TEST(Recomputation, WaitsUntilTheCatalogHasThePolicy) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T12:00:00"));
  ASSERT_OK(service.Evaluate("bank", BankFacts()));
  service.jobs().Stop();
  // A catalog that has yet to hear of the policy.
  auto catalogs = Catalogs::Make(Catalog::Shipped(), service.store());
  ASSERT_OK(catalogs);
  const auto catalog = (*catalogs)->Of(kDefaultTenant);
  ASSERT_OK(catalog);
  ASSERT_OK(service.Call<v1::UpdatePolicyResponse>(Rolling(true)));
  AccountJobs jobs(service.store(), **catalogs, service.clock());
  absl::SleepFor(absl::Milliseconds(50));
  EXPECT_EQ((*ReadAccountJob(service.store(), kDefaultTenant, kRecomputationKey))->finish_us(), 0);
  ASSERT_OK(LoadSettings(service.store(), kDefaultTenant, *catalog));
  jobs.Wake();
  EXPECT_EQ(AwaitFinish(service).policy_version(), 1);
  EXPECT_EQ(DueSeconds(service, "bank"), SecondsAt("2026-08-20"));
}

TEST(Recomputation, LeavesNoAccountBehindThatIsWrittenMeanwhile) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T12:00:00"));
  constexpr int kWriters = 3;
  constexpr int kPolicies = 10;
  std::atomic<bool> going = true;
  std::vector<std::thread> writers;
  std::vector<int> created(kWriters, 0);
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      while (going) {
        EXPECT_OK(service.Evaluate(absl::StrCat(writer, "-", created[writer]), BankFacts()));
        ++created[writer];
      }
    });
  }
  for (int i = 0; i < kPolicies; ++i) {
    ASSERT_OK(service.Call<v1::UpdatePolicyResponse>(Rolling(i % 2 == 0)));
    absl::SleepFor(absl::Milliseconds(10));
  }
  ASSERT_OK(service.Call<v1::UpdatePolicyResponse>(Rolling(true)));
  AwaitFinish(service);
  going = false;
  for (std::thread& writer : writers) writer.join();
  for (int writer = 0; writer < kWriters; ++writer) {
    for (int i = 0; i < created[writer]; ++i) {
      ASSERT_EQ(DueSeconds(service, absl::StrCat(writer, "-", i)), SecondsAt("2026-08-20"))
          << writer << " " << i << " of " << created[writer];
    }
  }
}

}  // namespace
}  // namespace tiermark
